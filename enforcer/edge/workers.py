"""The inspector processes as the supervisor sees them: started, watched, told, stopped."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import struct
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess

from enforcer.edge import parcels, reports
from enforcer.edge.inspector import QueueLoop
from enforcer.edge.loop import live
from enforcer.edge.orders import Failed, HandOver, Ready, Replace, Settle, Work
from enforcer.edge.pulse import Pulse
from enforcer.edge.tap import MirrorLoop
from enforcer.model.errors import EdgeError
from enforcer.model.settings import TAP
from enforcer.policy.compiled import Policy

PATIENCE = 10.0
"""Seconds in which an inspector must answer; it does nothing that takes longer than a large policy's arrival."""

HAND_OVER = 2.0
"""The same for its queue: it comes by at least twice a second."""


class Worker:
    """One inspector process. Forked: it shares the compiled policy's memory and starts in milliseconds."""

    def __init__(self, work: Work) -> None:
        self.work = work
        context = multiprocessing.get_context("fork")
        self.control, theirs = context.Pipe()
        _bound(self.control)
        self.pulse = Pulse(work.clock.monotonic())
        self.suspected: float | None = None
        """Since when it is thought to hang."""
        self.hung = self.mourned = False
        self.reader, writer = reports.pair()
        self._process: ForkProcess = context.Process(
            target=_child,
            args=(work, theirs, writer, self.pulse, self.control, self.reader),
            name=f"inspector-{work.queue}",
        )
        self._process.start()
        theirs.close()
        writer.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def await_ready(self) -> str:
        """The revision by which it judges. Raises EdgeError if it could not start, died or does not answer."""
        try:
            answer = self.control.recv() if self.control.poll(PATIENCE) else None
        except EOFError:
            answer = None
        if isinstance(answer, Ready):
            return answer.revision
        if isinstance(answer, Failed):
            raise EdgeError(answer.why, cure=answer.cure, code=answer.code)
        raise EdgeError(
            f"the inspector of queue {self.work.queue} did not answer within {PATIENCE:.0f} s",
            cure="see its messages above; if the machine is very busy, try again",
        )

    def replace(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        parcels.send(self.control, Replace(policy, lane_numbers))
        self.await_ready()

    def ask_to_settle(self) -> None:
        """To come to the end of its queue, and to tell what it had seen by then (`Pulse.settled`)."""
        with contextlib.suppress(OSError):  # it is dead
            self.control.send(Settle())

    def hand_over(self) -> int | None:
        """Ends it, and gives its queue as a descriptor; None if it does not, and then the queue ends with it."""
        try:
            parcels.send(self.control, HandOver())
            return parcels.given(self.control, HAND_OVER)
        except (EOFError, OSError):
            return None

    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def obituary(self) -> str:
        """How a dead inspector ended."""
        code = self._process.exitcode or 0
        return f"by signal {-code}" if code < 0 else f"with code {code}"

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def stop(self) -> None:
        """Ends it: by an order, and by force if that does not help."""
        with contextlib.suppress(OSError):  # it may be dead already
            self.control.send(None)
        self.control.close()
        self._process.join(2.0)
        if self._process.is_alive():
            self.kill()

    def close(self) -> None:
        """After `stop`, when its last events have been read."""
        self.reader.close()
        self.pulse.close()


def _bound(control: Connection) -> None:
    """An inspector that hangs reads nothing: sending to it fails after a while instead of hanging us too."""
    with socket.socket(fileno=os.dup(control.fileno())) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", int(PATIENCE), 0))


def _child(
    work: Work,
    control: Connection,
    writer: socket.socket,
    pulse: Pulse,
    parents_end: Connection,
    reader: socket.socket,
) -> None:
    # Our copies of the supervisor's ends would keep the pipe open after its death.
    parents_end.close()
    reader.close()
    live(MirrorLoop if work.stamp.mode == TAP else QueueLoop, work, control, writer, pulse)
