"""An inspector process obeys, shows that it lives, and ends with its supervisor, whatever it watches."""

import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from socket import socket

import pytest
from policy_verbs_fixtures import changed, written

from enforcer.edge import parcels, reports
from enforcer.edge.clock import Clock
from enforcer.edge.loop import Loop, answered, live
from enforcer.edge.orders import Failed, HandOver, Ready, Replace, Reteach, Settle, Work
from enforcer.edge.policy_source import read_source
from enforcer.edge.pulse import Pulse, Tally
from enforcer.model.errors import EdgeError
from enforcer.model.marks import Marks
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.compiled import Policy

STAMP = Stamp(gateway="gw", mode="inline", simulated=False)
PATIENCE = 60.0


class Echo(Loop):
    """Watches a pipe, and tells the events that a real judge would: one for each thing that befell it."""

    def __init__(self, work: Work, control: Connection, writer: socket, pulse: Pulse) -> None:
        super().__init__(work, control, writer, pulse)
        self.watch(SOURCE[0])

    def drain(self, ready: Set[object]) -> None:
        if SOURCE[0] in ready:
            self._tell(f"read {SOURCE[0].recv()}")

    def tick(self, now: float) -> None:
        self.reporter.report([self.work.stamp.event(now, "tick", kind="error")])

    def clock_stepped(self, step: float) -> None:
        self._tell(f"step {step:.0f}")

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        self._tell(f"{policy.revision} with {sorted(lane_numbers)}")

    def reteach(self) -> None:
        self._tell("taught")

    def settle(self) -> None:
        self._tell("settled")

    def hand_over(self, control: Connection) -> None:
        parcels.give(control, SOURCE[0].fileno())

    def tally(self) -> Tally:
        return Tally(packets=7)

    def _tell(self, what: str) -> None:
        self.reporter.report([self.work.stamp.event(self.clock.now(), what, kind="error")])


class Refused(Echo):
    def __init__(self, work: Work, control: Connection, writer: socket, pulse: Pulse) -> None:
        super().__init__(work, control, writer, pulse)
        raise EdgeError("no queue", cure="another number", code=6)


SOURCE = multiprocessing.Pipe()


@dataclass(frozen=True)
class Begun:
    control: Connection
    reader: socket
    pulse: Pulse
    process: ForkProcess

    def answer(self) -> object:
        assert self.control.poll(PATIENCE)
        return self.control.recv()

    def told(self, until: str) -> list[str]:
        """The reasons of its events up to this one, without ticks."""
        said: list[str] = []
        ends = Clock.monotonic() + PATIENCE
        while until not in said:
            assert Clock.monotonic() < ends, said
            said += [event.reason for event in reports.receive(self.reader)]
        return [reason for reason in said if reason != "tick" or until == "tick"]


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return read_source(written(tmp_path, changed("acme.toml", "strong", "strong")), None).load()


@contextmanager
def begun(kind: type[Loop], policy: Policy) -> Iterator[Begun]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    reader, writer = reports.pair()
    clock = Clock()
    pulse = Pulse(clock.monotonic())
    marks = Marks(policy.settings.mark_mask)
    work = Work(policy=policy, stamp=STAMP, lane_numbers={}, queue=9, marks=marks, fail_open=True, clock=clock)

    def child() -> None:
        ours.close()
        live(kind, work, theirs, writer, pulse)

    process = context.Process(target=child)
    process.start()
    theirs.close()
    writer.close()
    try:
        yield Begun(ours, reader, pulse, process)
    finally:
        ours.close()
        process.join(PATIENCE)
        reader.close()
        pulse.close()
        assert process.exitcode is not None, "it did not end with its supervisor"


def test_it_serves_its_sources_and_obeys(policy: Policy) -> None:
    with begun(Echo, policy) as child:
        assert child.answer() == Ready(policy.revision)
        SOURCE[1].send("a packet")
        assert child.told("read a packet") == ["read a packet"]
        parcels.send(child.control, Replace(policy, {"a": 1}))
        assert child.answer() == Ready(policy.revision)
        assert child.told("taught") == [f"{policy.revision} with ['a']", "taught"]
        parcels.send(child.control, Reteach())
        assert child.told("taught") == ["taught"]
        parcels.send(child.control, Settle())
        assert child.told("settled") == ["settled"]


def test_it_ticks_and_shows_that_it_lives_while_nothing_comes(policy: Policy) -> None:
    with begun(Echo, policy) as child:
        child.pulse.beat(0.0)
        for _ in range(2):  # between two it beats
            assert "tick" in child.told("tick")
        assert child.pulse.age(Clock.monotonic()) < PATIENCE


def test_it_hands_over_what_another_can_go_on_with_and_ends(policy: Policy) -> None:
    with begun(Echo, policy) as child:
        assert child.answer() == Ready(policy.revision)
        parcels.send(child.control, HandOver())
        given = parcels.given(child.control, PATIENCE)
        assert given is not None
        with Connection(given) as source:
            SOURCE[1].send("a packet")
            assert source.recv() == "a packet"
        child.process.join(PATIENCE)
        assert child.process.exitcode == 0


@pytest.mark.parametrize(
    "end",
    [lambda control: control.send(None), lambda control: control.close()],
    ids=["told to end", "its supervisor is gone"],
)
def test_it_ends(policy: Policy, end: Callable[[Connection], None]) -> None:
    with begun(Echo, policy) as child:
        child.answer()
        end(child.control)
        child.process.join(PATIENCE)
        assert child.process.exitcode == 0


class Slow(Echo):
    """It is at a new policy when its supervisor dies."""

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:  # noqa: ARG002
        self._control.poll(None)  # until the other end is closed


def test_a_supervisor_that_dies_during_a_reload_is_told_in_a_line(
    policy: Policy, capfd: pytest.CaptureFixture[str]
) -> None:
    with begun(Slow, policy) as child:
        assert child.answer() == Ready(policy.revision)
        parcels.send(child.control, Replace(policy, {}))
        child.control.close()
        child.process.join(PATIENCE)
        assert child.process.exitcode == 0
    assert capfd.readouterr().err == "enforcer: the inspector of queue 9 ends: its supervisor is gone (Broken pipe)\n"


def test_a_refusal_that_nobody_hears_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    with theirs:
        assert not answered(theirs, Failed("no queue", "another number", 6), 9)
    assert capsys.readouterr().err == (
        "enforcer: the inspector of queue 9 ends: its supervisor is gone (Broken pipe): no queue\n"
    )


def test_what_the_host_refuses_is_told_with_its_cure(policy: Policy) -> None:
    with begun(Refused, policy) as child:
        assert child.answer() == Failed("no queue", "another number", 6)
        child.process.join(PATIENCE)
        assert child.process.exitcode == 0


def test_a_clock_that_was_set_is_told(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stepped in the child only: it looks like a machine whose clock somebody set."""
    parent, real, readings = os.getpid(), Clock.both, itertools.count()

    def both(clock: Clock) -> tuple[float, float]:
        now, running = real(clock)
        stepped = os.getpid() != parent and next(readings) > 0
        return now + 3600.0 * stepped, running

    monkeypatch.setattr(Clock, "both", both)
    with begun(Echo, policy) as child:
        assert child.told("step 3600") == ["step 3600"]
