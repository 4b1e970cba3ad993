from functools import partial

import pytest
from decode_fixtures import work

from enforcer.pipeline import flows
from enforcer.pipeline.flows import MAX_IDLE, Flows, QuicFlow, TcpFlow


def grown(table: Flows[TcpFlow], key: bytes, size: int, at: float) -> None:
    flow = table.get(key) or table.add(key, TcpFlow(0, at))
    flow.stream.add(1, bytes(size))
    table.heard(key, flow, at)


def test_bytes_are_given_back() -> None:
    table = Flows[TcpFlow]()
    grown(table, b"a", 1000, 0)
    grown(table, b"b", 500, 0)
    assert (len(table), table.size) == (2, 1500)
    table.forget(b"a")
    table.forget(b"a")
    assert (len(table), table.size) == (1, 500)


def test_a_flow_that_lost_its_bytes_says_why() -> None:
    table = Flows[QuicFlow]()
    flow = table.add(b"a", QuicFlow(0))
    table.lose(flow, "why")
    assert (flow.lost, table.size, table.get(b"a")) == ("why", 0, flow)


def test_at_the_limit_of_flows_the_oldest_goes_and_is_counted() -> None:
    table = Flows[TcpFlow]()
    for number in range(flows.MAX_FLOWS + 2):
        table.add(number.to_bytes(4, "big"), TcpFlow(0, 0))
    assert len(table) == flows.MAX_FLOWS
    assert table.evicted == 2
    assert table.get((1).to_bytes(4, "big")) is None
    assert table.get((2).to_bytes(4, "big")) is not None


def test_at_the_limit_of_bytes_the_oldest_keeps_its_place_but_not_its_bytes() -> None:
    table = Flows[TcpFlow]()
    count = flows.MAX_BYTES // 20_000 + 1
    for number in range(count):
        grown(table, number.to_bytes(4, "big"), 20_000, 0)
    assert table.size <= flows.MAX_BYTES
    oldest = table.get((0).to_bytes(4, "big"))
    assert oldest is not None
    assert oldest.lost == "too many first messages at once"
    assert len(table) == count


def test_room_is_made_without_looking_at_all_that_have_lost_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MAX_BYTES", 1000)
    table = Flows[TcpFlow]()
    for number in range(2_000):
        grown(table, number.to_bytes(4, "big"), 100, 0)
    assert table.size == 1000
    assert work(partial(grown, table, b"next", 100, 0)) < 500


def test_a_slow_flow_loses_its_bytes_and_later_its_place() -> None:
    table = Flows[TcpFlow]()
    grown(table, b"slow", 10, 0)
    grown(table, b"quick", 10, MAX_IDLE)
    table.expire(MAX_IDLE)
    slow = table.get(b"slow")
    assert slow is not None
    assert "no complete first message" in slow.lost
    assert table.size == 10
    table.expire(2 * MAX_IDLE)
    assert table.get(b"slow") is None
