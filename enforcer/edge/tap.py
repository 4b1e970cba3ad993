"""An inspector at a mirror port: captures in, the pure mirror between, events out. It has no queue and sends nothing.

It ends when the supervisor says so or is gone, as the inspectors of queues do (edge/inspector.py).
"""

from __future__ import annotations

import gc
import selectors
import socket
from multiprocessing.connection import Connection

from enforcer.edge import kernel, parcels, tables
from enforcer.edge.capture import Capture
from enforcer.edge.inspector import TICK, Failed, Ready, Replace, Work
from enforcer.edge.nft import NEEDS_PERMISSION
from enforcer.edge.pulse import Pulse
from enforcer.edge.reports import Reporter
from enforcer.edge.signals import release_in_child
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.pipeline.clock_steps import ClockSteps
from enforcer.pipeline.mirror import Mirror
from enforcer.plan.log_messages import LoggedPacket
from enforcer.policy.compiled import Policy

GROUPS = 65_536


STOPPED = "the mirror is not watched from here"


class NoRules:
    """Stands for the rules in the kernel (edge/rules.py): at a mirror there are none."""

    repaired = 0
    weakness = ""

    def __init__(self) -> None:
        """Raises EdgeError if we may not capture, or an earlier run left rules that would still act."""
        _require()

    def numbers(self, _policy: Policy) -> dict[str, int]:
        return {}

    def install(self, policy: Policy, now: float) -> None:
        """Nothing to be done."""

    def uninstall(self) -> None:
        """Nothing to be done."""

    def close(self) -> None:
        """Nothing to be done."""

    def mend(self, _now: float) -> tuple[tuple[str, str], ...]:
        return ()


def _require() -> None:
    kernel.require_capabilities("CAP_NET_RAW")
    try:
        stands = any(tables.comment(*table) is not None for table in kernel.OURS)
    except EdgeError as error:
        if error.code == NEEDS_PERMISSION:
            return  # whoever may not look may not have made them either, in this namespace
        raise
    if stands:
        raise EdgeError(
            "rules of an enforcer that was killed stand in the kernel, and mode tap would not serve them",
            cure="remove them with `enforcer panic-off`, or start in the mode that made them",
        )


class Silence:
    """Stands for the log of what the kernel cut: at a mirror it cuts nothing."""

    lost = 0

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()

    def fileno(self) -> int:
        return self._ours.fileno()

    def receive(self) -> list[LoggedPacket]:
        return []

    def close(self) -> None:
        self._ours.close()
        self._theirs.close()


def main(work: Work, control: Connection, writer: socket.socket, pulse: Pulse) -> None:
    """The child's whole life."""
    release_in_child()
    try:
        loop = _Loop(work, control, writer, pulse)
    except EdgeError as error:
        control.send(Failed(error.why, error.cure, error.code))
        return
    gc.collect()
    gc.freeze()
    control.send(Ready(work.policy.revision))
    loop.run()


class _Loop:
    def __init__(self, work: Work, control: Connection, writer: socket.socket, pulse: Pulse) -> None:
        self._work = work
        self._clock = work.clock
        self._control = control
        self._pulse = pulse
        self._steps = ClockSteps(*work.clock.both())
        self._reporter = Reporter(writer)
        self._revision = work.policy.revision
        self._mirror = Mirror(work.policy, work.stamp, work.lane_numbers)
        names = work.policy.settings.interfaces
        self._captures: dict[str, Capture | None] = {name: _opened(work, name) for name in names}
        self._lost = dict.fromkeys(names, 0)
        self._since = self._clock.now()

    def run(self) -> None:
        with selectors.DefaultSelector() as self._selector:
            self._selector.register(self._control, selectors.EVENT_READ)
            for capture in self._captures.values():
                self._watch(capture)
            due = self._clock.monotonic() + TICK
            while True:
                running = self._clock.monotonic()
                self._pulse.beat(running)
                ready = {key.fileobj for key, _ in self._selector.select(TICK)}
                if self._control in ready and not self._obey():
                    return
                for capture in self._captures.values():
                    if capture is not None and capture in ready:
                        self._drain(capture)
                if running >= due:
                    self._tick(self._clock.now())
                    due = running + TICK

    def _watch(self, capture: Capture | None) -> None:
        if capture is not None:
            self._selector.register(capture, selectors.EVENT_READ)

    def _drain(self, capture: Capture) -> None:
        """Judges what waits, each frame by the time at which it came by."""
        events: list[Event] = []
        shift, name, frame = self._clock.shift, capture.interface, self._mirror.frame
        for captured in capture.receive():
            events += frame(captured.frame, captured.at + shift, name)
        if events:
            self._reporter.report(events)

    def _tick(self, now: float) -> None:
        if step := self._steps.step(*self._clock.both()):
            self._mirror.clock_stepped(step)
        self._mirror.tick(now)
        if lost := self._reporter.take_lost():
            self._tell("loss", f"{lost} events were lost: the supervisor did not keep up", now, count=lost)
        for name, capture in list(self._captures.items()):
            if capture is None:
                self._look_again(name, now)
            else:
                self._look_after(name, capture, now)
        self._since = now
        self._reporter.flush()

    def _look_after(self, name: str, capture: Capture, now: float) -> None:
        lost, before = capture.lost(), self._lost[name]
        self._lost[name] = lost
        if lost > before:
            what = f"{lost - before} frames were not seen at {name}: the inspector did not keep up"
            self._tell("loss", what, self._since, count=lost - before, last=now)
        if fault := capture.fault():
            self._drain(capture)
            self._selector.unregister(capture)
            capture.close()
            self._captures[name] = None
            self._tell("error", f"nothing is seen at {name} until it is back: {fault}", now)

    def _look_again(self, name: str, now: float) -> None:
        try:
            capture = _opened(self._work, name)
        except EdgeError:
            return  # told when it went
        self._captures[name], self._lost[name] = capture, 0
        self._watch(capture)
        self._tell("repair", f"{name} is back: what it mirrors is seen again", now)

    def _tell(self, kind: str, reason: str, at: float, *, count: int = 1, last: float | None = None) -> None:
        stamp, revision = self._work.stamp, self._revision
        told = stamp.event(at, reason, kind=kind, count=count, last=last, revision=revision)
        self._reporter.report([told])

    def _obey(self) -> bool:
        """Reads one order; False when it is time to end."""
        try:
            order = parcels.receive(self._control)
        except (EOFError, OSError):
            return False
        if not isinstance(order, Replace):
            return False
        self._mirror.replace_policy(order.policy, order.lane_numbers)
        self._revision = order.policy.revision
        self._control.send(Ready(order.policy.revision))
        return True


def _opened(work: Work, name: str) -> Capture:
    """All inspectors of one daemon share an interface's frames, by flow."""
    settings = work.policy.settings
    place = settings.interfaces.index(name)
    return Capture(name, (settings.queue + place * 256) % GROUPS)
