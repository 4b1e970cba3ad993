"""A second ClientHello over QUIC, with the server of ngtcp2: it serves the name in it (GnuTLS does not compare)."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import in_force, within

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

PROGRAM = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("quic_hellos_program.py")))
AFTER = "2024-10-01T12:00:00Z"
CLIENTS = {4: "10.77.1.2", 6: "fd77:1::2"}
PORT, RARE = 4433, 4434
"""At the second the server agrees to one group only, of which clients send no key share unasked."""
PATIENT = ("--timeout=90s", "--handshake-timeout=90s")
FILES = (f"{SPOOL}/ca.key", f"{SPOOL}/ca.pem")


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    internet = hosts.internet
    internet.must("sh", "-c", "echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind")
    internet.must("sh", "-c", f"mkdir {SPOOL}/pages {SPOOL}/got && echo a page of theirs >{SPOOL}/pages/page")
    for family in (4, 6):
        serve(hosts, zone.address(zone.OTHER, family), PORT)
        serve(hosts, zone.address(zone.LOOK_ALIKE, family), RARE, "--groups=-GROUP-ALL:+GROUP-SECP384R1")
    return hosts


def serve(hosts: Hosts, address: str, port: int, *options: str) -> None:
    """GnuTLS says for each hello which name it asks for."""
    internet, log = hosts.internet, log_of(address)
    said = {"GNUTLS_DEBUG_LEVEL": "4"}
    where = ("-q", *PATIENT, "-d", f"{SPOOL}/pages", *options, address, str(port), *FILES)
    internet.start("gtlsserver", *where, output=log, more=said)
    here = f"[{address}]" if ":" in address else address
    until(lambda: f"{here}:{port} " in internet.must("ss", "-Hlun"), "ngtcp2's server", internet, log)


def log_of(address: str) -> str:
    return f"gtlsserver-{address.replace(':', '-')}.log"


def names(hosts: Hosts, address: str) -> list[str]:
    """What the server was asked for, hello by hello."""
    log = hosts.internet.file(log_of(address)).read_text(errors="replace")
    return re.findall(r"Requested server name: '([^']*)'", log)


@pytest.fixture(scope="module")
def after(hosts: Hosts) -> Iterator[Daemon]:
    address = zone.address(zone.OTHER)
    assert say(hosts, "asked", zone.OTHER, zone.UPDATE, address) == ["asked", "served"], "where nobody looks"
    assert names(hosts, address)[-1] == zone.UPDATE
    with in_force(Daemon(hosts.gateway, at=AFTER)) as daemon:
        yield daemon


def of(daemon: Daemon, name: str) -> list[tuple[str, str, str]]:
    """What was recorded of a name over QUIC: whose, verdict, action."""
    seen = [event for event in daemon.events() if event.get("name") == name and event["how"] == "quic"]
    return [(event["client"], event["verdict"], event["action"]) for event in seen]


def say(hosts: Hosts, when: str, one: str, other: str, address: str) -> list[str]:
    return hosts.client.run(*PROGRAM, when, one, other, address, str(PORT), timeout=100).stdout.split()


@pytest.mark.parametrize(("when", "family"), [("asked", 4), ("cut", 6), ("at-once", 4)])
def test_a_blocked_name_in_the_second_hello_reaches_nobody(hosts: Hosts, after: Daemon, when: str, family: int) -> None:
    address = zone.address(zone.OTHER, family)
    before, recorded = len(names(hosts, address)), len(of(after, zone.UPDATE))
    told = say(hosts, when, zone.OTHER, zone.UPDATE, address)
    assert told[-1] == "rejected"
    assert told[0] == "asked" or when == "at-once"
    assert say(hosts, when, zone.OTHER, zone.RESEARCH, address) == ["asked", "served"]
    # The server is one process: what came before the last name was seen before it.
    assert set(names(hosts, address)[before:]) == {zone.OTHER, zone.RESEARCH}
    assert within(20, lambda: len(of(after, zone.UPDATE)) > recorded)
    assert set(of(after, zone.UPDATE)[recorded:]) == {(CLIENTS[family], "block", "rejected")}


def test_a_client_that_is_asked_for_another_key_share_is_served_and_recorded_once(hosts: Hosts, after: Daemon) -> None:
    get = (
        "gtlsclient",
        "-q",
        *PATIENT,
        "--exit-on-all-streams-close",
        f"--download={SPOOL}/got",
        zone.LOOK_ALIKE,
        str(RARE),
    )
    hosts.client.run(*get, f"https://{zone.LOOK_ALIKE}:{RARE}/page", timeout=100)
    assert hosts.client.file("got/page").read_text() == "a page of theirs\n"
    asked = [name for family in (4, 6) for name in names(hosts, zone.address(zone.LOOK_ALIKE, family))]
    assert asked == [zone.LOOK_ALIKE, zone.LOOK_ALIKE], "two hellos"
    assert within(20, lambda: of(after, zone.LOOK_ALIKE))
    ((client, verdict, action),) = of(after, zone.LOOK_ALIKE)
    assert client in CLIENTS.values()
    assert (verdict, action) == ("observe", "passed")
