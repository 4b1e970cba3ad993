"""Metrics as the daemon sees them: a process that serves them, which asks now and then how all stands.

It asks by one byte; the answer is a file in memory, so that nothing ever waits for it to read. The daemon looks for its
question when it comes by: a process that asks without end costs nothing more.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable

from enforcer.audit.metrics import without_people
from enforcer.model.endpoint import Endpoint
from enforcer.model.errors import EdgeError
from enforcer.model.state import State

RESTART, LONGEST = 5.0, 600.0
"""Seconds between two starts of the process: twice as many each time that it does not live for CALM, up to LONGEST."""
CALM = 60.0
PAUSE = 0.5
"""Seconds between two answers."""
FORCE = 1.0
"""Seconds that it has to end."""
WAITING = 128
"""Connections that wait to be taken."""
LIBRARY = "prometheus_client"


class Metrics:
    """Serves from the constructor on. Times are monotonic."""

    def __init__(self, at: Endpoint, state: Callable[[], State], now: float) -> None:
        """Raises EdgeError: the library is not there, somebody else listens there, or no process can be started."""
        if importlib.util.find_spec(LIBRARY) is None:
            cure = "apt-get install python3-prometheus-client, or pip install 'egress-enforcer[metrics]'"
            raise EdgeError(f"Python has no {LIBRARY}", cure=cure)
        self._state = state
        self._listener = _listening(at)
        self._due, self._pause = now, RESTART
        try:
            self._start(now)
        except OSError as fault:
            self._listener.close()
            raise EdgeError(f"no process can be started: {fault}", cure="restart the service") from fault

    def serve(self, now: float) -> str:
        """Answers if it asks, starts it again if it has ended; what is to be told of that, or nothing."""
        if now >= self._due:
            with contextlib.suppress(OSError):
                if self._control.recv(1):
                    self._due = now + PAUSE
                    self._answer()
        return self._restarted(now)

    def close(self) -> None:
        """Its end is that of the socket."""
        self._control.close()
        self._listener.close()
        try:
            self._process.wait(FORCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _answer(self) -> None:
        """Raises OSError: it does not take it."""
        text = json.dumps(without_people(self._state()).as_dict()).encode("ascii")
        file = os.memfd_create("state")
        try:
            os.write(file, text)
            os.lseek(file, 0, os.SEEK_SET)
            socket.send_fds(self._control, [b"!"], [file])
        finally:
            os.close(file)

    def _start(self, now: float) -> None:
        """Raises OSError, and leaves all as it was."""
        self._started = now
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        passed = (theirs.fileno(), self._listener.fileno())
        # -P: what lies in the folder in which we stand is no part of the program.
        command = (sys.executable, "-P", "-m", "enforcer.edge.metrics_server", *map(str, passed))
        with theirs:
            try:
                self._process = subprocess.Popen(
                    command, pass_fds=passed, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
                )
            except OSError:
                ours.close()
                raise
        self._control = ours

    def _restarted(self, now: float) -> str:
        lived = now - self._started
        if lived < self._pause or (code := self._process.poll()) is None:
            return ""
        old = self._control
        try:
            self._start(now)
        except OSError:  # no descriptor or process is free: again when the pause is over
            return ""
        old.close()
        self._pause = RESTART if lived > CALM else min(2 * self._pause, LONGEST)
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return f"the process that serves metrics ended ({how}); it was started again"


def _listening(at: Endpoint) -> socket.socket:
    family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((at.host, at.port))
        listener.listen(WAITING)
    except OSError as fault:
        listener.close()
        cure = "choose another address or port with `metrics` in [output]"
        raise EdgeError(f"cannot listen at {at}: {fault.strerror}", cure=cure) from fault
    return listener
