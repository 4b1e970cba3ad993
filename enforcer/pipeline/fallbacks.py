"""The walk of a vendor's product over public resolvers, told by its order.

When the system's DNS cannot find the name it wants, such a product asks resolvers that its vendor built in, one after
the other, always in the same order. Any program may ask any resolver; three of that list in a row, in that order, for
that name, are a fingerprint. One finding for each client and day, when the walk is over.

The questions come from several inspectors, so not quite in the order of time: they are gathered, and put in order when
it has been quiet for a while. Bounded in clients, in questions a client, and in time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from enforcer.model.event import Event
from enforcer.model.observation import How
from enforcer.model.verdict import Verdict
from enforcer.model.ways import Way
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.bypass import TITLES
from enforcer.policy.bypass_file import Walk
from enforcer.policy.compiled import Policy

QUIET = 60.0
"""Seconds without a question after which a walk is over: clients give up on a resolver after some 15."""
LONGEST = 600.0
"""Seconds after which it is looked at though questions go on."""
MOST_CLIENTS = 4_096
MOST_QUESTIONS = 64
"""Of one client within one walk: five resolvers, two types, some repetitions."""
LEAST = 3
"""Resolvers in a row: two may be anybody's primary and secondary."""
DAY = 86_400
REFUSED = frozenset({"answered", "rewritten", "dropped"})

T = TypeVar("T")


@dataclass(slots=True)
class _Asked:
    """One client's questions for the trigger of one walk."""

    walk: Walk
    first: float
    last: float
    event: Event
    """The first of them, for who asked."""
    steps: list[tuple[float, int]] = field(default_factory=list)
    """When, and the place of the resolver in the vendor's order."""


class Fallbacks:
    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp
        self._asked: OrderedDict[tuple[str, str], _Asked] = OrderedDict()
        self._told: OrderedDict[tuple[str, str], int] = OrderedDict()
        """By vendor and client: the last day on which it was told."""
        self._refused: OrderedDict[tuple[str, str], float] = OrderedDict()
        """When a name of the vendor was last refused to the client."""

    def note(self, walks: Sequence[Walk], event: Event) -> None:
        """Give it every event."""
        if event.how != How.DNS.value or event.kind != "decision" or not event.vendor:
            return
        key = event.vendor, event.client
        if event.action in REFUSED:
            _remember(self._refused, key, min(event.at, self._refused.get(key, event.at)))
        for walk in walks:
            if walk.vendor == event.vendor and walk.trigger == event.name:
                place = next((n for n, one in enumerate(walk.addresses) if str(one) == event.server), None)
                if place is not None:
                    self._step(key, walk, event, place)

    def tick(self, policy: Policy, at: float) -> Iterator[Event]:
        """The walks that are over; call it about once a second."""
        over = [key for key, one in self._asked.items() if at - one.last >= QUIET or at - one.first >= LONGEST]
        for key in over:
            yield from self._end(policy, key)
        while self._refused and at - next(iter(self._refused.values())) >= LONGEST:
            self._refused.popitem(last=False)

    def flush(self, policy: Policy) -> Iterator[Event]:
        for key in list(self._asked):
            yield from self._end(policy, key)

    def _step(self, key: tuple[str, str], walk: Walk, event: Event, place: int) -> None:
        asked = self._asked.get(key)
        if asked is None:
            asked = _Asked(walk, event.at, event.at, event)
            _remember(self._asked, key, asked)
        asked.first, asked.last = min(asked.first, event.at), max(asked.last, event.at)
        if len(asked.steps) < MOST_QUESTIONS:
            asked.steps.append((event.at, place))

    def _end(self, policy: Policy, key: tuple[str, str]) -> Iterator[Event]:
        asked = self._asked.pop(key)
        run = longest_run([place for _, place in sorted(asked.steps)])
        day = int(asked.first // DAY)
        if len(run) < LEAST or self._told.get(key) == day:
            return
        _remember(self._told, key, day)
        refused = key in self._refused and self._refused[key] <= asked.last
        yield self._finding(policy, asked, run, refused)

    def _finding(self, policy: Policy, asked: _Asked, run: Sequence[int], refused: bool) -> Event:
        walk, event = asked.walk, asked.event
        steps = ", ".join(str(walk.addresses[place]) for place in run)
        after = " after a refusal here" if refused else ""
        told = f"{TITLES[Way.WALK]}{after}: asked {steps} for {walk.trigger}, {len(run)} of {len(walk.addresses)} steps"
        return self._stamp.event(
            asked.first,
            f"{told} in {walk.vendor}'s order; confidence {confidence(walk, run, refused)}",
            kind="finding",
            verdict=Verdict.FLAG.word,
            action="passed",
            how=How.DNS.value,
            name=walk.trigger,
            client=event.client,
            mac=event.mac,
            group=event.group,
            protocol=event.protocol,
            vendor=walk.vendor,
            pattern=walk.trigger,
            revision=policy.revision,
            way=Way.WALK.value,
        )


def longest_run(places: Sequence[int]) -> list[int]:
    """The longest stretch of questions that goes on by one resolver each; the same again is a repetition."""
    best: list[int] = []
    run: list[int] = []
    for place in places:
        if run and place == run[-1]:
            continue
        run = [*run, place] if run and place == run[-1] + 1 else [place]
        best = max(best, run, key=len)
    return best


def confidence(walk: Walk, run: Sequence[int], refused: bool) -> str:
    """`high` for a whole walk, `medium` for a part of it after a refusal, else `low`; never above that of the facts."""
    levels = ("high", "medium", "low")
    level = 0 if len(run) == len(walk.addresses) else 1 if refused else 2
    return levels[max(level, levels.index(walk.confidence))]


def _remember(table: OrderedDict[tuple[str, str], T], key: tuple[str, str], value: T) -> None:
    """At the limit the oldest goes: it would be told only if it is a walk, and another of its client's will come."""
    table[key] = value
    if len(table) > MOST_CLIENTS:
        table.popitem(last=False)
