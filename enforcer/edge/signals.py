"""Signals as bytes on a socket, so that the supervisor's one loop reads them like everything else."""

from __future__ import annotations

import signal
import socket
from types import FrameType

SUCCEEDED = signal.SIGUSR1
"""Another of us is about to take over: end, and leave it the rules."""
WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, SUCCEEDED)


class Signals:
    """Catches the supervisor's signals while it lives; puts the old handlers back on close."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._old = {number: signal.signal(number, _noted) for number in WATCHED}
        self._old_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def fileno(self) -> int:
        return self._reader.fileno()

    def read(self) -> set[int]:
        """The signals that came since the last call."""
        try:
            return set(self._reader.recv(4096))
        except BlockingIOError:
            return set()

    def close(self) -> None:
        signal.set_wakeup_fd(self._old_fd)
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The wake-up descriptor carries the signal; the handler only keeps it from killing us."""


def release_in_child() -> None:
    """In a forked child: an inspector ends when its supervisor says so or is gone, not on the terminal's Ctrl-C."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(SUCCEEDED, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
