"""A second ClientHello over QUIC, with the server of ngtcp2: it serves the name in it (GnuTLS does not compare)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, in_force, within
from quic_server_fixtures import CLIENTS, PATIENT, asked_of_ngtcp2, recorded_of, serve_ngtcp2

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts

pytestmark = pytest.mark.lab

PROGRAM = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("quic_hellos_program.py")))
PORT, RARE = 4433, 4434
"""At the second the server agrees to one group only, of which clients send no key share unasked."""


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    hosts.internet.must("sh", "-c", f"mkdir {SPOOL}/pages {SPOOL}/got && echo a page of theirs >{SPOOL}/pages/page")
    for family in (4, 6):
        serve_ngtcp2(hosts, zone.address(zone.OTHER, family), PORT)
        serve_ngtcp2(hosts, zone.address(zone.LOOK_ALIKE, family), RARE, "--groups=-GROUP-ALL:+GROUP-SECP384R1")
    return hosts


@pytest.fixture(scope="module")
def after(hosts: Hosts) -> Iterator[Daemon]:
    address = zone.address(zone.OTHER)
    assert say(hosts, "asked", zone.OTHER, zone.UPDATE, address) == ["asked", "served"], "where nobody looks"
    assert asked_of_ngtcp2(hosts, address)[-1] == zone.UPDATE
    with in_force(Daemon(hosts.gateway, at=AFTER)) as daemon:
        yield daemon


def say(hosts: Hosts, when: str, one: str, other: str, address: str) -> list[str]:
    return hosts.client.run(*PROGRAM, when, one, other, address, str(PORT), timeout=100).stdout.split()


@pytest.mark.parametrize(("when", "family"), [("asked", 4), ("cut", 6), ("at-once", 4)])
def test_a_blocked_name_in_the_second_hello_reaches_nobody(hosts: Hosts, after: Daemon, when: str, family: int) -> None:
    address = zone.address(zone.OTHER, family)
    before, recorded = len(asked_of_ngtcp2(hosts, address)), len(recorded_of(after, zone.UPDATE))
    told = say(hosts, when, zone.OTHER, zone.UPDATE, address)
    assert told[-1] == "rejected"
    assert told[0] == "asked" or when == "at-once"
    assert say(hosts, when, zone.OTHER, zone.RESEARCH, address) == ["asked", "served"]
    # The server is one process: what came before the last name was seen before it.
    assert set(asked_of_ngtcp2(hosts, address)[before:]) == {zone.OTHER, zone.RESEARCH}
    assert within(20, lambda: len(recorded_of(after, zone.UPDATE)) > recorded)
    assert set(recorded_of(after, zone.UPDATE)[recorded:]) == {(CLIENTS[family], "block", "rejected")}


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
    asked = [name for family in (4, 6) for name in asked_of_ngtcp2(hosts, zone.address(zone.LOOK_ALIKE, family))]
    assert asked == [zone.LOOK_ALIKE, zone.LOOK_ALIKE], "two hellos"
    assert within(20, lambda: recorded_of(after, zone.LOOK_ALIKE))
    ((client, verdict, action),) = recorded_of(after, zone.LOOK_ALIKE)
    assert client in CLIENTS.values()
    assert (verdict, action) == ("observe", "passed")
