"""What a service manager kept for us from the run before (sd_listen_fds(3)): the sockets of queues, and its rules.

A queue of the kernel belongs to a netlink socket, not to a process: whoever has the socket receives its packets and may
decide them. While nobody reads, they wait.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Mapping, MutableMapping

from enforcer.edge import legacy
from enforcer.edge.legacy import Legacy
from enforcer.edge.systemd import ServiceManager

FIRST = 3
"""The first descriptor that is passed on, by sd_listen_fds(3)."""
RULES = "rules"
"""The name of the file of edge/legacy.py."""
_NAME = re.compile(r"queue-(\d{1,5})")


def name(queue: int) -> str:
    """By which the socket of a queue is kept."""
    return f"queue-{queue}"


class Kept:
    """The sockets by the number of their queue, each to be taken once."""

    def __init__(self, sockets: Mapping[int, socket.socket] | None = None, rules: Legacy | None = None) -> None:
        self._sockets = dict(sockets or {})
        self._rules = rules
        self.queues = tuple(sorted(self._sockets))
        """All that came, whether taken or not."""

    @classmethod
    def of_this_process(cls, environment: MutableMapping[str, str] = os.environ) -> Kept:
        """What came with its start. The programs that we start get nothing of it."""
        pid, count, names = (environment.pop(f"LISTEN_{what}", "") for what in ("PID", "FDS", "FDNAMES"))
        if pid != str(os.getpid()) or not count.isdecimal():
            return cls()
        sockets, rules = {}, None
        for descriptor, told in zip(range(FIRST, FIRST + int(count)), names.split(":"), strict=False):
            found = _NAME.fullmatch(told)
            with contextlib.suppress(OSError):  # whoever says so without giving it
                os.set_inheritable(descriptor, False)
                if found is not None:
                    sockets[int(found[1])] = socket.socket(fileno=descriptor)
                elif told == RULES:
                    rules = legacy.read(descriptor)
                    os.close(descriptor)
        return cls(sockets, rules)

    def take(self, queue: int) -> socket.socket | None:
        """The caller's from here on; None if it was not kept."""
        return self._sockets.pop(queue, None)

    @property
    def rules(self) -> Legacy:
        """How they stood."""
        return self._rules or legacy.NOTHING

    def close(self) -> None:
        """Ends our hold on those that nobody has taken."""
        for one in self._sockets.values():
            one.close()
        self._sockets.clear()

    @property
    def told(self) -> str:
        """For the record of the start."""
        if not self.queues:
            return ""
        what = "queue" if len(self.queues) == 1 else "queues"
        return f"took over {len(self.queues)} {what} of the run before"

    def let_go(self, manager: ServiceManager) -> None:
        """And the manager's hold on all of them: from here on a queue ends with its inspector."""
        self.close()
        for queue in self.queues:
            manager.let_go(name(queue))
        if self._rules is not None:
            manager.let_go(RULES)
