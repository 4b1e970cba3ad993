"""Which domains hold a name, for whoever looks at patterns. Judging asks the matcher, which is quicker."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.model.names import HostName, parents
from enforcer.policy.patterns import Patterns
from enforcer.policy.segments import Segment


class Domains:
    """All domains of a policy set, written or listed. Takes no room of its own where they are many."""

    __slots__ = ("_few", "_parts", "_table")

    def __init__(self, patterns: Patterns) -> None:
        self._parts, self._table = patterns.parts, patterns.table
        self._few: dict[str, Segment] = {}
        if self._table is None:
            self._few = {domain: part for part in self._parts if not part.exact for domain in part.patterns}

    def at(self, domain: str) -> Segment | None:
        """Where exactly this domain stands."""
        if self._table is None:
            return self._few.get(domain)
        number = self._table.domain(domain)
        return None if number is None else self._parts[number]

    def above(self, pattern: HostName, *, exact: bool) -> Iterator[tuple[HostName, Segment]]:
        """Those that would hold the pattern, were it not there itself, the longest first."""
        for parent in parents(pattern)[0 if exact else 1 :]:
            part = self.at(parent)
            if part is not None:
                yield parent, part
