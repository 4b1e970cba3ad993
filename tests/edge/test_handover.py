"""What is handed over, to whom, and what is said of it; in front of real hosts: tests/lab/test_handover_lab.py."""

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

import pytest

from enforcer.edge.charge import Charge
from enforcer.edge.clock import Clock
from enforcer.edge.crew import Crew
from enforcer.edge.handover import WAIT, hand_over
from enforcer.edge.legacy import NOTHING, Legacy, read
from enforcer.edge.rules import Rules
from enforcer.edge.systemd import ServiceManager
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings

ADDRESS = f"@enforcer-test-handover-{os.getpid()}"


class Parts:
    """Stand for the crew and the rules: what was asked of them, in order."""

    def __init__(self, *queues: int, stand: bool = True) -> None:
        self.done: list[str] = []
        self.until = 0.0
        self._queues = queues
        self._stand = stand

    def hand_over(self) -> dict[int, int]:
        self.done.append("ended")
        return {queue: os.open("/dev/null", os.O_RDONLY) for queue in self._queues}

    def legacy(self, shares: Mapping[str, int]) -> Legacy:
        return replace(NOTHING, text="as it stood", shares=shares)

    def queue_until(self, instant: float, _now: float) -> None:
        if not self._stand:
            raise EdgeError("the rules do not stand", cure="none")
        self.done.append("bounded")
        self.until = instant


@pytest.fixture
def ears() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        ears.bind(ADDRESS.replace("@", "\0"))
        ears.setblocking(False)
        yield ears


def handed(parts: Parts, *, fail: str = "open", address: str = ADDRESS, inspectors: int = 2) -> str:
    charge = Charge(
        load=lambda: pytest.fail("not asked for"),
        accept=str,
        clock=Clock(),
        gateway="gw",
        lane_numbers=lambda _: {},
        manager=ServiceManager(address),
    )
    settings = Settings(fail=fail, inspectors=inspectors)
    try:
        return hand_over(charge, settings, cast("Crew", parts), cast("Rules", parts), {"held_dropped": 3})
    finally:
        charge.manager.close()


def kept(ears: socket.socket) -> list[str]:
    """The names of the queues; the rules came first, if anything did."""
    names: list[str] = []
    while True:
        try:
            told, descriptors, _, _ = socket.recv_fds(ears, 1000, 4)
        except BlockingIOError:
            assert not names or names.pop(0) == "rules"
            return names
        assert len(descriptors) == 1
        if not names:
            left = read(descriptors[0])
            assert (left.text, left.shares) == ("as it stood", {"held_dropped": 3})
        os.close(descriptors[0])
        names += [line.removeprefix("FDNAME=") for line in told.decode().splitlines() if line.startswith("FDNAME=")]


def test_the_waiting_is_bounded_before_anything_waits(ears: socket.socket) -> None:
    parts, before = Parts(4010, 4011), Clock().now()
    assert handed(parts).startswith("waits for the next start, until ")
    assert parts.done == ["bounded", "ended"]
    assert before + WAIT <= parts.until <= Clock().now() + WAIT
    assert kept(ears) == ["queue-4010", "queue-4011"]


def test_where_it_fails_closed_there_is_no_bound(ears: socket.socket) -> None:
    parts = Parts(4010, 4011)
    assert handed(parts, fail="closed") == "waits for the next start"
    assert parts.done == ["ended"]
    assert kept(ears) == ["queue-4010", "queue-4011"]


def test_without_a_manager_nothing_waits() -> None:
    assert handed(parts := Parts(4010), address="") == ""
    assert parts.done == []


def test_rules_that_cannot_be_bounded_let_nothing_wait(ears: socket.socket) -> None:
    with pytest.raises(EdgeError):
        handed(parts := Parts(4010, stand=False))
    assert (parts.done, kept(ears)) == ([], [])


@pytest.mark.parametrize(("queues", "address"), [((4010,), ADDRESS), ((4010, 4011), "@enforcer-test-nobody")])
def test_an_inspector_or_a_manager_that_does_not_take_part_promises_nothing(
    ears: socket.socket, queues: tuple[int, ...], address: str
) -> None:
    assert handed(Parts(*queues), address=address) == ""
    assert kept(ears) == [f"queue-{queue}" for queue in queues if address == ADDRESS]
