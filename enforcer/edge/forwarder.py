"""The process that delivers to the collectors, a thread for each: `python -m enforcer.edge.forwarder FD`.

A process, because looking up names, shaking hands and waiting for collectors takes time that the supervisor does not
have; a fresh one, so that it holds nothing of the daemon's but the one socket by which it hears and tells, and none of
its capabilities. It ends when that socket's other end does.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from enforcer.audit.envelope import Envelope
from enforcer.edge.cursor import Cursor, Lost, path_of
from enforcer.edge.privileges import drop
from enforcer.edge.sender import Orders, Sender, State
from enforcer.edge.spool import Spool
from enforcer.model.destination import SEVERITIES, Destination
from enforcer.model.event import Event

LOOK = 0.2
"""Seconds between two looks at how the senders do."""
ORPHANED = 1.0
"""Seconds to end in when the daemon is gone: its successor waits."""
LARGEST = 131_072
"""Bytes of one order."""
AGAIN = "again"
"""The word by which the program knows that it has become itself once more, without capabilities."""
BROKEN = 70
"""The exit code for a fault of ours."""


class Forwarder:
    """All senders of one daemon."""

    def __init__(self, control: socket.socket, charge: dict[str, Any]) -> None:
        """`charge`: the store's path, the gateway's name, the daemon's process, and the collectors as tables."""
        self._control = control
        self._orders = Orders()
        store = Path(charge["store"])
        envelope = Envelope(hostname=charge["gateway"], procid=charge["procid"])
        self._senders: dict[str, Sender] = {}
        for table in charge["collectors"]:
            to = Destination(**table)
            cursor, spool = Cursor(path_of(store, to.name)), Spool(store, SEVERITIES[to.up_to])
            own = replace(envelope, facility=to.facility, max_bytes=to.max_bytes)
            self._senders[to.name] = Sender(to, spool, cursor, own, self._orders)
        self._told: dict[str, State] = {}
        self._heard_of = True
        """Whether the daemon is there."""

    def run(self) -> int:
        """The exit code: 0 if all ended as ordered."""
        threads = [threading.Thread(target=sender.run, name=name) for name, sender in self._senders.items()]
        for thread in threads:
            thread.start()
        broken = False
        while any(thread.is_alive() for thread in threads):
            self._hear()
            self._tell()
            if not self._orders.ending and not all(thread.is_alive() for thread in threads):
                broken = True  # a fault of ours, told on standard error: the daemon starts us anew
                self._end(0)
        self._tell()
        return BROKEN if broken else 0

    def _hear(self) -> None:
        if not self._heard_of:
            time.sleep(LOOK)
            return
        if not select.select([self._control], [], [], LOOK)[0]:
            return
        try:
            order = self._control.recv(LARGEST)
        except OSError:
            order = b""
        if order:
            self._obey(json.loads(order))
        else:
            self._heard_of = False
            self._end(ORPHANED)

    def _obey(self, order: dict[str, Any]) -> None:
        """An order that says nothing wakes: there are new records."""
        if "recorded" in order:
            self._senders[order["recorded"]].recorded(order["turn"], Lost(**order["lost"]))
        if "urgent" in order:
            for sender in self._senders.values():
                sender.urgent(Event.from_dict(order["urgent"]))
        if "end" in order:
            self._end(float(order["end"]))
        self._wake()

    def _end(self, seconds: float) -> None:
        self._orders.end_within(seconds)
        self._wake()

    def _wake(self) -> None:
        for sender in self._senders.values():
            sender.woken.set()

    def _tell(self) -> None:
        """What changed. What the daemon does not read now is told later, or it is gone."""
        for name, sender in self._senders.items():
            state = sender.state
            if state != self._told.get(name):
                with contextlib.suppress(OSError):
                    told = json.dumps({"name": name, **asdict(state)}).encode("ascii")
                    self._control.send(told, socket.MSG_DONTWAIT)
                    self._told[name] = state


def main() -> int:
    """The descriptor of the socket is the one argument, the charge the first message on it."""
    # Whoever ends the daemon ends us through it; a terminal and systemd tell all processes at once.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    if not drop() and AGAIN not in sys.argv:
        os.execv(sys.executable, [sys.executable, "-m", "enforcer.edge.forwarder", sys.argv[1], AGAIN])  # noqa: S606
    with socket.socket(fileno=int(sys.argv[1])) as control:
        charge = control.recv(LARGEST)
        return Forwarder(control, json.loads(charge)).run() if charge else 0


if __name__ == "__main__":
    sys.exit(main())
