"""What the kernel lost or dropped: connections, whose table is full, cuts that it had to tell us, and floods.

A packet for whose connection there is no room is dropped by the kernel; a connection that had only one side so far may
be forgotten to make room, and our mark with it: it is judged again. Neither passes unjudged, but both are losses. So is
what was dropped of clients beyond their share, and of what nobody asked for (plan/shares.py), and what reached no
inspector (edge/unjudged.py). Connections that the kernel had no room to remember (plan/undecided.py) are told too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from enforcer.edge.counters import counted
from enforcer.edge.unjudged import Unjudged
from enforcer.model.state import ConntrackState
from enforcer.plan.learned_table import TABLE as LEARNED
from enforcer.plan.shares import COUNTERS as SHARES
from enforcer.plan.undecided import UNNOTED

COUNTERS = Path("/proc/net/stat/nf_conntrack")
COUNT, LIMIT = (Path(f"/proc/sys/net/netfilter/nf_conntrack_{name}") for name in ("count", "max"))
MOST_FULL = 0.9
"""With less in it the table is not full by now."""
PAUSE = 10.0
"""Seconds between two words about the same strain: it can go on for hours."""
_WHAT = {
    "held_dropped": "packets were dropped by the kernel: their clients, or all together, had used up their shares"
    " (client_share)",
    "unasked_dropped": "packets were dropped by the kernel: there were too many that nobody had asked for",
    UNNOTED: "times the kernel had no room for a connection that is to be judged: conntrack can be deceived about it",
}


class Strain:
    """`now` is monotonic."""

    def __init__(self, unjudged: Unjudged, shares: Mapping[str, int]) -> None:
        """`shares`: what the run before told of those counters."""
        self._unjudged = unjudged
        self._untold = 0
        self._dropped, self._forgotten = _lost()
        self._cuts = 0
        self.shares: Mapping[str, int] = {name: shares.get(name, 0) for name in _WHAT}
        """What was told of these counters."""
        self._again = 0.0

    def told(self, cuts_untold: int, now: float) -> list[tuple[int, str, str]]:
        """How many were lost since the last word, of what, a sentence each, and what `fail` a record has of it.

        `cuts_untold` counts from the start.
        """
        self._untold += self._unjudged.new()
        if now < self._again:
            return []
        dropped, forgotten = _lost()
        new = [
            (dropped - self._dropped, f"packets of new connections were dropped by the kernel, {_why()}", "closed"),
            (forgotten - self._forgotten, f"connections were forgotten by the kernel before their time, {_full()}", ""),
            (cuts_untold - self._cuts, "times the kernel cut more live connections than it could tell: some cuts are"
             " not on record", ""),
            (self._untold, self._unjudged.told, self._unjudged.fail),
            *self._new_of_shares(),
        ]  # fmt: skip
        self._dropped, self._forgotten, self._cuts, self._untold = dropped, forgotten, cuts_untold, 0
        told = [(count, f"{count} {what}", fail) for count, what, fail in new if count > 0]
        if told:
            self._again = now + PAUSE
        return told

    def _new_of_shares(self) -> list[tuple[int, str, str]]:
        before, self.shares = self.shares, counted(SHARES) | counted([UNNOTED], LEARNED)
        # A table that was made anew, by a repair, counts from zero.
        new = {name: count - before[name] if count >= before[name] else count for name, count in self.shares.items()}
        return [(count, _WHAT[name], "" if name == UNNOTED else "closed") for name, count in new.items()]


def connections() -> ConntrackState:
    """How full the table is now; what it lost counts from the start of the network namespace."""
    entries, limit = map(_number, (COUNT, LIMIT))
    dropped, forgotten = _lost()
    return ConntrackState(entries=entries, limit=limit, dropped=dropped, forgotten=forgotten)


def _number(file: Path) -> int:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0


def _lost() -> tuple[int, int]:
    """`drop` and `early_drop` of all processors; zeros where the kernel does not tell."""
    try:
        names, *rows = [line.split() for line in COUNTERS.read_text().splitlines()]
        columns = [names.index(name) for name in ("drop", "early_drop")]
        dropped, forgotten = (sum(int(row[column], 16) for row in rows) for column in columns)
    except (OSError, ValueError, IndexError):
        return 0, 0
    return dropped, forgotten


def _why() -> str:
    """The kernel counts with these a packet whose connection another one has brought in while it waited for us."""
    entries, limit = _number(COUNT), _number(LIMIT)
    if entries >= MOST_FULL * limit:
        return _full()
    filled = f"{entries} of {limit}: nf_conntrack_max"
    return f"whose table was full for a moment, or had their connections meanwhile ({filled})"


def _full() -> str:
    try:
        return f"whose table is full ({COUNT.read_text().strip()} of {LIMIT.read_text().strip()}: nf_conntrack_max)"
    except OSError:
        return "whose table is full (nf_conntrack_max)"
