"""Recorded contacts that would be judged otherwise, tallied: by whom, about what, from which verdict to which."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain

from enforcer.audit.first_names import FirstNames
from enforcer.audit.rejudge import apart, shown
from enforcer.model.decision import Decision
from enforcer.model.event import Event
from enforcer.model.verdict import Verdict

MAX_ROWS = 50_000
"""Different clients, services and changes that are kept apart; what is above is counted together."""

Pair = tuple[Decision, Decision]


@dataclass(slots=True, kw_only=True)
class Row:
    """Contacts of one client with one service that change alike."""

    client: str
    group: str
    vendor: str
    service: str
    before: Verdict
    after: Verdict
    ban: str
    """That decides afterwards, or before where none does afterwards."""
    phase: str
    contacts: int = 0
    names: FirstNames = field(default_factory=FirstNames)
    first: float = float("inf")
    last: float = float("-inf")

    def add(self, event: Event) -> None:
        self.contacts += event.count
        self.first = min(self.first, event.at)
        self.last = max(self.last, event.at if event.last is None else event.last)
        self.names.add(shown(event))


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """All contacts of a period, under two judgements."""

    contacts: int
    unjudged: int
    """Records that tell too little to be judged again."""
    alike: dict[Verdict, int]
    """Contacts with the same verdict under both, by it."""
    rows: tuple[Row, ...]
    """The rest: the strictest outcome first, then the most contacts."""
    beyond: int
    """Contacts that change and found no row of their own."""

    def changed_to(self, verdict: Verdict) -> int:
        return sum(row.contacts for row in self.rows if row.after is verdict)


def otherwise(events: Iterable[Event], judge: Callable[[Event], Pair | None]) -> Otherwise:
    """`judge` gives the two decisions on an event, or None. Reads each event once."""
    contacts = unjudged = beyond = 0
    alike: dict[Verdict, int] = {}
    rows: dict[tuple[object, ...], Row] = {}
    for event in chain.from_iterable(map(apart, events)):
        pair = judge(event)
        contacts += event.count
        if pair is None:
            unjudged += event.count
        elif pair[0].verdict is pair[1].verdict:
            alike[pair[0].verdict] = alike.get(pair[0].verdict, 0) + event.count
        elif row := _row(rows, event, pair):
            row.add(event)
        else:
            beyond += event.count
    ordered = sorted(rows.values(), key=lambda row: (-row.after, row.before, -row.contacts, row.client, row.service))
    return Otherwise(contacts=contacts, unjudged=unjudged, alike=alike, rows=tuple(ordered), beyond=beyond)


def _row(rows: dict[tuple[object, ...], Row], event: Event, pair: Pair) -> Row | None:
    """The row of such contacts; None if there is none and no room for one."""
    before, after = pair
    decides = after if after.ban or not before.ban else before
    vendor, service = after.vendor or before.vendor or "", after.service or before.service or ""
    key = (event.client, event.group, vendor, service, before.verdict, after.verdict, decides.ban, decides.phase)
    if key not in rows and len(rows) < MAX_ROWS:
        rows[key] = Row(
            client=event.client,
            group=event.group,
            vendor=vendor,
            service=service,
            before=before.verdict,
            after=after.verdict,
            ban=decides.ban or "",
            phase=decides.phase or "",
        )
    return rows.get(key)
