"""What the kernel took by its address, as records: by the name that taught it, by the lane where that is not kept."""

from collections.abc import Mapping
from ipaddress import ip_address

import pytest
from acme_fixtures import network
from test_inspector import (
    AFTER,
    BAN,
    BEFORE,
    BOUNDARY,
    BYSTANDERS,
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    STAMP,
    VENDOR,
    datagram,
    policy,
    segment,
)

from enforcer.pipeline.contacts import Contacts
from enforcer.pipeline.cuts import Cuts
from enforcer.pipeline.stamp import LOCAL, Arrival
from enforcer.policy.load import load

LANE = "acme/update@"
NAME = "s07.upd.acme.test"


def contacts(names: Mapping[tuple[str, str], str]) -> Contacts:
    known = {(ip_address(client).packed, ip_address(server).packed): name for (client, server), name in names.items()}
    return Contacts(STAMP, lambda client, server: known.get((client, server)))


def turned(packet: bytes) -> bytes:
    back = bytearray(packet)
    back[12:16], back[16:20] = back[16:20], back[12:16]
    back[20:22], back[22:24] = back[22:24], back[20:22]
    return bytes(back)


@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])
def test_a_contact_is_judged_by_the_name_that_taught_its_address(client: str, server: str) -> None:
    packet = segment(b"x", client=client, server=server)[:128]
    event = contacts({(client, server): NAME}).learned(policy(), LANE, packet, LOCAL, AFTER)
    assert event is not None
    assert (event.how, event.verdict, event.action, event.name) == ("address", "block", "reset", NAME)
    assert (event.client, event.client_port, event.server, event.server_port) == (client, 40000, server, 443)
    assert (event.vendor, event.service, event.ban, event.phase) == ("acme", "update", "acme-2024", "full")
    assert event.reason.startswith(f"no name in the flow; this address was the answer for {NAME}: update host of Acme")


def test_before_its_date_it_passes_and_the_record_says_from_when_not() -> None:
    event = contacts({(CLIENT, SERVER): NAME}).learned(policy(), LANE, segment(b"x"), LOCAL, BEFORE)
    assert event is not None
    assert (event.verdict, event.action, event.would_block_from) == ("observe", "passed", BOUNDARY)


def test_a_server_that_spoke_first_is_not_taken_for_the_client() -> None:
    event = contacts({(CLIENT, SERVER): NAME}).learned(policy(), LANE, turned(segment(b"x")), Arrival("02:00"), AFTER)
    assert event is not None
    assert (event.client, event.server, event.server_port) == (CLIENT, SERVER, 443)


def test_a_datagram_is_rejected() -> None:
    event = contacts({(CLIENT, SERVER): NAME}).learned(policy(), LANE, datagram(b"x"), LOCAL, AFTER)
    assert event is not None
    assert (event.protocol, event.action) == ("udp", "rejected")


@pytest.mark.parametrize(("at", "said"), [(AFTER, ("block", "reset")), (BEFORE, ("observe", "passed"))])
@pytest.mark.parametrize("names", [{}, {(CLIENT, SERVER): ""}])
def test_without_a_name_the_lane_tells(names: Mapping[tuple[str, str], str], at: float, said: tuple[str, str]) -> None:
    event = contacts(names).learned(policy(), LANE, segment(b"x"), LOCAL, at)
    assert event is not None
    assert (event.verdict, event.action) == said
    assert (event.vendor, event.service, event.client, event.server) == ("acme", "update", CLIENT, SERVER)


def test_what_is_allowed_by_now_and_what_has_no_ports_is_not_told() -> None:
    known = contacts({(CLIENT, SERVER): "free.test"})
    assert known.learned(policy(), LANE, segment(b"x"), LOCAL, AFTER) is None
    assert known.learned(policy(), LANE, b"\x45\0", LOCAL, AFTER) is None


def test_the_cut_of_what_is_told_as_blocked_is_not_told_again_and_of_what_passed_it_is() -> None:
    known, cuts = contacts({(CLIENT, SERVER): NAME}), Cuts(STAMP)
    for at, cut in ((AFTER, False), (BEFORE, True)):
        event = known.learned(policy(), LANE, segment(b"x"), LOCAL, at)
        assert event is not None
        cuts.note(event)
        told = cuts.cut(policy(), LANE, segment(b"y"), AFTER)
        assert (told is not None and told.name == NAME) is cut


@pytest.mark.parametrize(("exclusive", "verdict", "action"), [(True, "block", "reset"), (False, "observe", "passed")])
def test_without_a_pair_a_vendors_network_is_judged_by_its_address(exclusive: bool, verdict: str, action: str) -> None:
    vendor = VENDOR + network("update", "192.0.2.0/24", exclusive=exclusive)
    files = {"vendors/acme.toml": vendor, "acme-2024.toml": BAN, "bystanders.toml": BYSTANDERS}
    event = contacts({}).learned(load(files), LANE, segment(b"x")[:128], LOCAL, AFTER)
    assert event is not None
    assert (event.how, event.verdict, event.action, event.name) == ("address", verdict, action, "")
    assert (event.vendor, event.service, event.pattern) == ("acme", "update", "192.0.2.0/24")
    assert event.reason.startswith("no name in the flow; its address is in 192.0.2.0/24: ")
