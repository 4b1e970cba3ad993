"""The `[[collector]]` tables of site files."""

import pytest
from policy_fixtures import faults, small

from enforcer.model.destination import Destination

WANTED = (
    'wanted one like "tls://siem.example:6514", "tcp://192.0.2.7:601", "udp://[2001:db8::7]:514" or "unix:///dev/log"'
)


def table(*lines: str, name: str = "siem") -> str:
    return "\n".join(("[[collector]]", f'name = "{name}"', *lines, ""))


BROKEN = {
    "no scheme": (table('address = "siem.example:514"'), "collector[0].address: 'siem.example:514' is no address of"),
    "another scheme": (table('address = "http://siem.example"'), WANTED),
    "bare IPv6": (table('address = "udp://2001:db8::7"'), WANTED),
    "no address": (table(), "collector[0].address: is missing"),
    "TCP without a port": (
        table('address = "tcp://siem.example"'),
        "names no port, and TCP has no usual one: write 'tcp://siem.example:514' or 'tcp://siem.example:601'",
    ),
    "port 0": (table('address = "udp://siem.example:0"'), "port 0 is not between 1 and 65535"),
    "large port": (table('address = "tls://siem.example:70000"'), "port 70000 is not between 1 and 65535"),
    "long path": (table(f'address = "unix:///{"x" * 107}"'), "at most 107 bytes, this has 108"),
    "unknown form": (table('address = "udp://a"', 'format = "xml"'), "collector[0].format: 'xml' is none of rfc5424"),
    "unknown severity": (
        table('address = "udp://a"', 'up_to = "err"'),
        "'err' is none of error, warning, notice, info",
    ),
    "a file for UDP": (table('address = "udp://a"', 'ca = "/etc/ca.pem"'), "collector[0].ca: is for tls:// only"),
    "relative": (table('address = "tls://a"', 'ca = "ca.pem"'), "collector[0].ca: 'ca.pem' is no absolute path"),
    "no key": (table('address = "tls://a"', 'certificate = "/c.pem"'), "collector[0].key: is missing"),
    "no certificate": (table('address = "tls://a"', 'key = "/k.pem"'), "collector[0].certificate: is missing"),
    "too short": (table('address = "udp://a"', "max_bytes = 480"), "480 is not between 2048 and 65000"),
    "twice": (table('address = "udp://a"') * 2, "collector[1].name: 'siem' is the name of another collector already"),
    "misspelt": (table('address = "udp://a"', 'adress = "x"'), "unknown key; did you mean 'address'?"),
    "no id": (table('address = "udp://a"', name="the siem"), "'the siem' is no id"),
    "one table": ('[collector]\naddress = "udp://a"', "write `[[collector]]`"),
}


@pytest.mark.parametrize(("site", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(site: str, why: str) -> None:
    told = faults(site=site)
    assert len(told) == 1
    assert why in told[0]


@pytest.mark.parametrize(
    ("address", "transport", "host", "port", "again"),
    [
        ("tls://siem.example", "tls", "siem.example", 6514, "tls://siem.example:6514"),
        ("udp://192.0.2.7", "udp", "192.0.2.7", 514, "udp://192.0.2.7:514"),
        ("tcp://[2001:db8::7]:601", "tcp", "2001:db8::7", 601, "tcp://[2001:db8::7]:601"),
        ("udp://[fe80::1%eth0]:514", "udp", "fe80::1%eth0", 514, "udp://[fe80::1%eth0]:514"),
        ("unix:///dev/log", "unix", "/dev/log", 0, "unix:///dev/log"),
    ],
)
def test_reads_addresses(address: str, transport: str, host: str, port: int, again: str) -> None:
    (read,) = small(site=table(f'address = "{address}"')).settings.collectors
    assert (read.transport, read.host, read.port, read.address) == (transport, host, port, again)


def test_a_collector_has_the_facility_of_the_output_and_bounds_for_its_transport() -> None:
    site = '[output]\nfacility = "local2"\n' + table('address = "udp://a"') + table('address = "tls://a"', name="b")
    udp, tls = small(site=site).settings.collectors
    assert (udp.facility, udp.max_bytes, udp.form, udp.up_to) == ("local2", 2048, "rfc5424", "notice")
    assert tls.max_bytes == 8192


def test_reads_all_keys() -> None:
    keys = ('address = "tls://siem.example"', 'format = "rfc5424"', 'up_to = "info"', 'facility = "user"', "spool = 9")
    files = ('ca = "/ca.pem"', 'certificate = "/c.pem"', 'key = "/k.pem"', 'server_name = "log.example"')
    assert small(site=table(*keys, *files, "max_bytes = 4096")).settings.collectors == (
        Destination(
            name="siem",
            transport="tls",
            host="siem.example",
            port=6514,
            form="rfc5424",
            up_to="info",
            facility="user",
            max_bytes=4096,
            spool=9,
            ca="/ca.pem",
            certificate="/c.pem",
            key="/k.pem",
            server_name="log.example",
        ),
    )
