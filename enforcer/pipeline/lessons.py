"""What answers and hellos teach about addresses: the commands by which the kernel learns and forgets pairs.

Learned: (client, address) to the lane of a vendor's service, from answers whose names are in policy, blocked ones too.
Not learned: where a link of the chain lies in shared hosting, or a name of nobody's leads the client there as well.
A name of nobody's is heard of in answers that reach an inspector, and in the hello of a connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enforcer.decode.dns_addresses import AnsweredAddress, decode_addresses
from enforcer.model.command import Forget, Learn, Lesson
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict
from enforcer.pipeline.pairs import GRACE, MOST, MOST_LIFETIME, Meaning, Pair, Pairs, Use, lifetime
from enforcer.policy.compiled import Policy
from enforcer.policy.shared_hosting import SharedHosting

SWEEP = 10.0
"""Seconds between two looks at all pairs for what has ended: 10 ms for a full table."""
SOONEST = 1.0
"""A pair that ends within so many seconds may be gone in the kernel."""
_NOT_THE_VENDORS = ("shared", "not-vendor", "look-alike")


class Lessons:
    """One inspector's."""

    def __init__(self, policy: Policy, lane_numbers: Mapping[str, int], most: int = MOST) -> None:
        self.pairs = Pairs(most)
        self._swept = 0.0
        self.replace_policy(policy, lane_numbers)

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        """From the next answer on. Pairs keep their lanes, whose numbers mean the same in every policy."""
        self._match = policy.match
        self._lanes = [lane_numbers.get(lane.key) for lane in policy.lanes]
        self._shared = SharedHosting(policy.vendors)

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        self._swept += by
        self.pairs.clock_stepped(by)

    def tick(self, at: float) -> None:
        if at - self._swept >= SWEEP or at < self._swept:
            self._swept = at
            self.pairs.expire(at)

    def answer(
        self, client: bytes, names: Sequence[HostName], decision: Decision, message: bytes, at: float
    ) -> list[Lesson]:
        """An answer whose names are in policy, as it came, before anything in it is changed."""
        meaning = None if any(self._shared.holds(name) for name in names) else self._meaning(decision)
        if meaning is None and (not self.pairs.knows(client) or all(map(self._is_no_evidence, names))):
            return []
        return [
            lesson
            for address, ttl in _addresses(message)
            if len(address) == len(client)
            for lesson in self._heard(client, address, decision.name or names[0], Use(at + lifetime(ttl), meaning), at)
        ]

    def nobodys_answer(self, client: bytes, names: Sequence[HostName], message: bytes, at: float) -> list[Lesson]:
        """An answer about names in no policy. It costs something only where the client has pairs."""
        if not names or not self.pairs.knows(client):
            return []
        return [
            lesson
            for address, ttl in _addresses(message)
            if self.pairs.find(client, address)
            for lesson in self._heard(client, address, names[0], Use(at + lifetime(ttl), None), at)
        ]

    def hello(self, client: bytes, address: bytes, names: Sequence[HostName], at: float) -> list[Lesson]:
        """A connection to the address under names of its own: those of nobody's show that others live there too."""
        if not names or self.pairs.find(client, address) is None or not all(map(self._is_nobodys, names)):
            return []
        return self._heard(client, address, names[0], Use(at + MOST_LIFETIME, None), at)

    def refused(self, lesson: Lesson) -> None:
        """The kernel did not take it: another answer shall teach it anew."""
        self.pairs.drop(lesson.client, lesson.address)

    def all(self, at: float) -> list[Lesson]:
        """Everything that the kernel should know, for one that has lost it."""
        return [
            Learn(
                client=client,
                address=address,
                lane=pair.lane,
                lifetime=pair.until - at,
                name=next(iter(pair.uses), ""),
            )
            for client, address, pair in self.pairs.items()
            if pair.lane is not None and pair.until > at + SOONEST
        ]

    def _meaning(self, decision: Decision) -> Meaning | None:
        lane = self._lanes[decision.lane] if decision.lane is not None else None
        first = decision.would_block_from
        if lane is None or decision.vendor is None or (decision.verdict is Verdict.ALLOW and first is None):
            return None
        return Meaning(
            vendor=decision.vendor,
            lane=lane,
            mildness=(decision.verdict, float("-inf") if first is None else -first),
        )

    def _is_no_evidence(self, name: HostName) -> bool:
        """A name of the vendor's that anybody may ask for says nothing of the address either way."""
        match = self._match(name)
        return match is not None and match.trap is not None and match.trap.kind not in _NOT_THE_VENDORS

    def _is_nobodys(self, name: HostName) -> bool:
        match = self._match(name)
        return match is None or (match.trap is not None and match.trap.kind in _NOT_THE_VENDORS)

    def _heard(self, client: bytes, address: bytes, name: HostName, use: Use, at: float) -> list[Lesson]:
        if use.meaning is None:
            pair, gone = self.pairs.find(client, address), None
        else:
            pair, gone = self.pairs.make(client, address)
        lessons: list[Lesson] = [Forget(client=client, address=gone)] if gone else []
        if pair is not None:
            pair.use(name, use)
            lessons += _changes(pair, client, address, name, at)
        return lessons


def _changes(pair: Pair, client: bytes, address: bytes, name: HostName, at: float) -> list[Lesson]:
    """What the kernel must be told so that it knows of the pair what we know."""
    wanted = pair.wanted(at)
    there = pair.lane is not None and pair.until > at
    if wanted is None:
        pair.lane = None
        return [Forget(client=client, address=address)] if there else []
    lane, until = wanted
    # Half of the grace is used up before the kernel is bothered again.
    if there and pair.lane == lane and pair.until >= until - GRACE / 2:
        return []
    renews = there and pair.until > at + SOONEST
    pair.lane, pair.until = lane, until
    return [Learn(client=client, address=address, lane=lane, lifetime=until - at, name=name, renews=renews)]


def _addresses(message: bytes) -> tuple[AnsweredAddress, ...]:
    try:
        return decode_addresses(message)
    except DecodeError:
        return ()  # the names of this message were read and judged; a client finds no address in it either
