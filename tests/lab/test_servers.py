"""The servers answer as the story needs, through the gateway, with nothing of ours in between."""

import struct
from collections.abc import Iterator

import pytest

from enforcer.lab import zone
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import CAPTURE, LOG_SOCKET, SLOW, SLOW_RATE, Servers, until
from enforcer.model.errors import EdgeError

pytestmark = pytest.mark.lab

Lab = tuple[Hosts, Servers]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        yield hosts, servers


@pytest.mark.parametrize("name", zone.LAST_OCTET)
@pytest.mark.parametrize("family", [4, 6])
def test_each_name_resolves_and_serves(lab: Lab, name: str, family: int) -> None:
    client = lab[0].client
    kind = "A" if family == 4 else "AAAA"
    assert client.run("dig", "+short", name, kind).stdout == f"{zone.address(name, family)}\n"
    got = client.run("curl", "-sS", f"-{family}", f"https://{name}/")
    assert got.stdout == f"you reached {name} at {zone.address(name, family)}\n", got.stderr
    got = client.run("curl", "-sS", f"-{family}", f"http://{name}/")
    assert got.stdout == f"you reached {name} at {zone.address(name, family)}\n", got.stderr


def test_the_alias_leads_over_two_links(lab: Lab) -> None:
    answer = lab[0].client.run("dig", "+short", zone.ALIAS, "A").stdout
    assert answer == f"edge.example-free.test.\n{zone.UPDATE}.\n{zone.address(zone.UPDATE)}\n"


def test_a_name_of_nobody_is_nxdomain(lab: Lab) -> None:
    assert "status: NXDOMAIN" in lab[0].client.run("dig", "nobody.example.org").stdout


def test_dns_over_tcp_too(lab: Lab) -> None:
    assert lab[0].client.run("dig", "+tcp", "+short", zone.OTHER).stdout == f"{zone.address(zone.OTHER)}\n"


def test_the_slow_download_is_slow(lab: Lab) -> None:
    url = f"http://{zone.OTHER}{SLOW}"
    got = lab[0].client.run("curl", "-s", "-m", "3", "-o", "/dev/null", "-w", "%{size_download}", url)
    assert got.returncode == 28  # the time is over, not the file
    assert SLOW_RATE <= int(got.stdout) <= 5 * SLOW_RATE


def test_rsyslog_reads_structured_data(lab: Lab) -> None:
    hosts, servers = lab
    logger = ("logger", "--rfc5424=notq", "-u", LOG_SOCKET, "-p", "local4.warning")
    hosts.gateway.must(*logger, "--msgid", "M", "--sd-id", "a@32473", "--sd-param", 'k="v\\]"', "words")
    until(lambda: bool(servers.log()), "the line", hosts.gateway, "rsyslog.log")
    line = servers.log()[-1]
    assert (line["facility"], line["severity"], line["msgid"], line["msg"]) == ("local4", "warning", "M", "words")
    assert line["data"] == {"a@32473": {"k": "v]"}}


def test_a_server_that_does_not_come_is_named_with_its_words(lab: Lab) -> None:
    hosts, _ = lab
    hosts.client.start("sh", "-c", "echo no such luck; exit 1", output="luck.log")
    with pytest.raises(EdgeError, match="luck has ended; it said: no such luck"):
        until(lambda: False, "luck", hosts.client, "luck.log")
    hosts.client.start("sh", "-c", "echo no such luck; sleep 9", output="luck.log")
    with pytest.raises(EdgeError, match="luck is not ready after 0 s; it said: no such luck"):
        until(lambda: False, "luck", hosts.client, "luck.log", seconds=0.3)


def test_the_capture_holds_every_packet(lab: Lab) -> None:
    hosts, servers = lab
    count = servers.stop_capture().split()
    assert count[0::2] == ["captured", "dropped"]
    data = hosts.internet.file(CAPTURE).read_bytes()
    at, packets = 24, 0
    while at < len(data):
        at += 16 + struct.unpack_from("=I", data, at + 8)[0]
        packets += 1
    assert at == len(data)
    assert packets == int(count[1])
    assert int(count[3]) == 0
    assert b"\x07opentip\x09kaspersky\x03com\x00" in data
