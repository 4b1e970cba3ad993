"""An inspector at a mirror port: captures in, the pure mirror between, events out. It has no queue and sends nothing.

Its life is that of the inspectors of queues (edge/loop.py).
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Set
from multiprocessing.connection import Connection

from enforcer.edge import kernel, tables
from enforcer.edge.capture import Capture
from enforcer.edge.loop import Loop
from enforcer.edge.nft import NEEDS_PERMISSION
from enforcer.edge.orders import Work
from enforcer.edge.pulse import Pulse, Tally
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.offload import OffloadState
from enforcer.pipeline.mirror import Mirror
from enforcer.plan.log_messages import LoggedPacket
from enforcer.policy.compiled import Policy

GROUPS = 65_536
STOPPED = "the mirror is not watched from here"


class NoRules:
    """Stands for the rules in the kernel (edge/rules.py): at a mirror there are none."""

    repaired = 0
    fault = weakness = unheeded = ""
    offload = OffloadState()

    def __init__(self) -> None:
        """Raises EdgeError if we may not capture, or an earlier run left rules that would still act."""
        _require()

    def numbers(self, _policy: Policy) -> dict[str, int]:
        return {}

    def install(self, policy: Policy, now: float, *, anew: bool = False) -> None:
        """Nothing to be done."""

    def uninstall(self) -> None:
        """Nothing to be done."""

    def close(self) -> None:
        """Nothing to be done."""

    def mend(self, _now: float) -> tuple[tuple[str, str], ...]:
        return ()

    mend_offload = mend


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

    def receive(self, _most: int = 0) -> list[LoggedPacket]:
        return []

    def close(self) -> None:
        self._ours.close()
        self._theirs.close()


class MirrorLoop(Loop):
    """Frames of each mirror port in, events out."""

    def __init__(self, work: Work, control: Connection, writer: socket.socket, pulse: Pulse) -> None:
        super().__init__(work, control, writer, pulse)
        self._revision = work.policy.revision
        self._shows = work.policy.bodies.shows
        self._mirror = Mirror(work.policy, work.stamp, work.lane_numbers)
        self._captures: dict[str, Capture | None] = {}
        self._lost: dict[str, int] = {}
        self._frames = self._missed = 0
        for name in work.policy.settings.interfaces:
            self._open(name)
        self._since = self.clock.now()

    def drain(self, ready: Set[object]) -> None:
        for capture in self._captures.values():
            if capture is not None and capture in ready:
                self._judge(capture)

    def clock_stepped(self, step: float) -> None:
        self._mirror.clock_stepped(step)

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        self._mirror.replace_policy(policy, lane_numbers)
        self._revision = policy.revision
        self._shows = policy.bodies.shows
        for capture in filter(None, self._captures.values()):
            try:
                capture.look_for(self._shows)
            except OSError as fault:
                told = f"what servers send is looked at by the policy before: {fault}"
                self._tell("error", told, self.clock.now())

    def reteach(self) -> None:
        """Nothing: no kernel was taught anything."""

    def settle(self) -> None:
        """Nothing: the kernel counts a mirror's frames itself."""

    def hand_over(self, control: Connection) -> None:
        """Nothing: nobody waits for what a mirror's frames come to."""

    def tally(self) -> Tally:
        return Tally(packets=self._frames, unseen=self._missed)

    def _open(self, name: str) -> None:
        """Raises EdgeError if the interface cannot be watched."""
        capture = _opened(self.work, name, self._shows)
        self._captures[name], self._lost[name] = capture, 0
        self.watch(capture)

    def _judge(self, capture: Capture) -> None:
        """Judges what waits, each frame by the time at which it came by."""
        events: list[Event] = []
        shift, name, frame = self.clock.shift, capture.interface, self._mirror.frame
        for captured in capture.receive():
            self._frames += 1
            events += frame(captured.frame, captured.at + shift, name)
        if events:
            self.reporter.report(events)

    def tick(self, now: float) -> None:
        self._mirror.tick(now)
        if lost := self.reporter.take_lost():
            self._tell("loss", f"{lost} events were lost: the supervisor did not keep up", now, count=lost)
        for name, capture in list(self._captures.items()):
            if capture is None:
                self._look_again(name, now)
            else:
                self._look_after(name, capture, now)
        self._since = now

    def _look_after(self, name: str, capture: Capture, now: float) -> None:
        lost, before = capture.lost(), self._lost[name]
        self._lost[name] = lost
        if lost > before:
            self._missed += lost - before
            what = f"{lost - before} frames were not seen at {name}: the inspector did not keep up"
            self._tell("loss", what, self._since, count=lost - before, last=now)
        if fault := capture.fault():
            self._judge(capture)
            self.unwatch(capture)
            capture.close()
            self._captures[name] = None
            self._tell("error", f"nothing is seen at {name} until it is back: {fault}", now)

    def _look_again(self, name: str, now: float) -> None:
        try:
            self._open(name)
        except EdgeError:
            return  # told when it went
        self._tell("repair", f"{name} is back: what it mirrors is seen again", now)

    def _tell(self, kind: str, reason: str, at: float, *, count: int = 1, last: float | None = None) -> None:
        stamp, revision = self.work.stamp, self._revision
        told = stamp.event(at, reason, kind=kind, count=count, last=last, revision=revision)
        self.reporter.report([told])


def _opened(work: Work, name: str, shows: Set[bytes]) -> Capture:
    """All inspectors of one daemon share an interface's frames, by flow."""
    settings = work.policy.settings
    place = settings.interfaces.index(name)
    return Capture(name, (settings.queue + place * 256) % GROUPS, shows)
