from dataclasses import replace

import pytest
from quic_fixtures import aioquic_datagrams
from test_inspector import (
    AFTER,
    BEFORE,
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    STAMP,
    datagram,
    hello,
    inspector,
    policy,
    segment,
    syn,
)

from enforcer.model.event import Event
from enforcer.pipeline import cuts
from enforcer.pipeline.cuts import Cuts


def passed(client: str, server: str) -> Event:
    inspect = inspector()
    inspect.packet(syn(0, client, server), BEFORE)
    [record] = inspect.packet(segment(hello("s07.upd.acme.test"), client=client, server=server), BEFORE).commands
    return record.event  # type: ignore[union-attr]


@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])
def test_a_cut_is_told_once_with_the_name_that_was_let_pass(client: str, server: str) -> None:
    table = Cuts(STAMP)
    table.note(passed(client, server))
    packet = segment(b"data", client=client, server=server)[:128]
    event = table.cut(policy(), "acme/update@", packet, AFTER)
    assert event is not None
    assert (event.verdict, event.action, event.name, event.phase) == ("block", "cut", "s07.upd.acme.test", "full")
    assert (event.at, event.client, event.server_port, event.would_block_from) == (AFTER, client, 443, None)
    assert event.reason.startswith("live connection cut at its date: update host of Acme")
    assert table.cut(policy(), "acme/update@", packet, AFTER) is None


def test_either_end_may_have_sent_the_packet() -> None:
    table = Cuts(STAMP)
    table.note(passed(CLIENT, SERVER))
    back = bytearray(segment(b"data"))
    back[12:16], back[16:20] = back[16:20], back[12:16]
    back[20:22], back[22:24] = back[22:24], back[20:22]
    event = table.cut(policy(), "acme/update@", bytes(back), AFTER)
    assert event is not None
    assert (event.client, event.name) == (CLIENT, "s07.upd.acme.test")
    assert table.cut(policy(), "acme/update@", segment(b"data"), AFTER) is None


def test_an_unknown_flow_is_told_by_its_lane() -> None:
    event = Cuts(STAMP).cut(policy(), "acme/update@", segment(b"data"), AFTER)
    assert event is not None
    assert (event.vendor, event.service, event.name, event.action) == ("acme", "update", "", "cut")


def test_a_new_connection_on_the_same_ports_is_told_again() -> None:
    table = Cuts(STAMP)
    for _ in range(2):
        table.note(passed(CLIENT, SERVER))
        assert table.cut(policy(), "acme/update@", segment(b"data"), AFTER) is not None


def test_quic_is_cut_like_tcp() -> None:
    inspect = inspector()
    for piece in aioquic_datagrams("s07.upd.acme.test"):
        outcome = inspect.packet(datagram(piece), BEFORE)
    table = Cuts(STAMP)
    [record] = outcome.commands
    table.note(record.event)  # type: ignore[union-attr]
    event = table.cut(policy(), "acme/update@", datagram(b"\x40" + bytes(40)), AFTER)
    assert event is not None
    assert (event.protocol, event.how, event.name, event.action) == ("udp", "quic", "s07.upd.acme.test", "cut")


def test_what_is_no_flow_is_nothing() -> None:
    assert Cuts(STAMP).cut(policy(), "x", b"\x45\0", AFTER) is None


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "REMEMBERED", 2)
    table = Cuts(STAMP)
    for port in range(5):
        table.note(
            Event(at=1.0, protocol="tcp", how="tls", action="passed", vendor="acme", client_port=port, server_port=443)
        )
    assert len(table._passed) == 2


def test_a_cut_is_judged_for_the_group_that_the_hardware_address_tells() -> None:
    site = '[[group]]\nname = "lab"\nmacs = ["02:00:5e:10:00:01"]\nsubjects = []\n'
    table = Cuts(STAMP)
    for mac, ban in (("02:00:5e:10:00:01", ""), ("02:00:5e:10:00:02", "acme-2024")):
        table.note(replace(passed(CLIENT, SERVER), mac=mac))
        event = table.cut(policy(site), "acme/update@", segment(b"data"), AFTER)
        assert event is not None
        assert (event.mac, event.ban) == (mac, ban)
