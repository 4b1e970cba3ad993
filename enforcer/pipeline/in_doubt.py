"""TCP connections of which nobody can tell any more what comes next: rejected, or half a message of them forgotten.

conntrack may be made to forget the one, and we forget the other. What comes then is no beginning that we came late to:
who remembers where connections begin holds it in doubt, until its server has answered another SYN (decision 0700).
"""

from __future__ import annotations

from collections import OrderedDict
from math import inf

from enforcer.pipeline.flows import Flows, TcpFlow
from enforcer.pipeline.openings import Openings

MOMENT = 5.0
"""Seconds. What waited in the queue behind a packet that was rejected comes in less."""
MOST = 4096
"""As many are rejected in a second at the most."""


class Connections(Flows[TcpFlow]):
    """A table of those that are not decided."""

    def __init__(self, openings: Openings, *times: float) -> None:
        super().__init__(*times)
        self._openings = openings

    def let_go(self, key: bytes) -> None:
        """Where a hello stands that nobody has answered is known elsewhere, and so what follows it."""
        flow = self.forget(key)
        if flow is None:
            return
        if flow.lost or flow.stream.size:
            self._openings.doubt(key)
        elif flow.read_on and flow.unanswered is None:
            self._openings.forget(key)  # or what comes next would be held against the place of a first byte


class Rejected:
    """Those that were a moment ago."""

    def __init__(self) -> None:
        self._since: OrderedDict[bytes, float] = OrderedDict()

    def add(self, key: bytes, at: float) -> None:
        self._since[key] = at
        self._since.move_to_end(key)
        if len(self._since) > MOST:
            self._since.popitem(last=False)

    def lately(self, key: bytes, at: float) -> bool:
        return 0 <= at - self._since.get(key, -inf) < MOMENT
