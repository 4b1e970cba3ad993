"""What a connection's first data comes to: names, nothing that names anybody, or something unreadable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from enforcer.decode.named import FirstData
from enforcer.model.command import ACCEPT, Fate, Outcome
from enforcer.model.decision import Decision
from enforcer.model.marks import FIRST_LANE, NAMELESS, NAMELESS_HEARD, PASS, READING
from enforcer.model.names import HostName
from enforcer.model.observation import How, Observation
from enforcer.model.verdict import Verdict
from enforcer.pipeline.stamp import Sighting, Stamp, record

PASSED = Outcome(Fate.ACCEPT, mark=PASS)
BY_ADDRESS = Outcome(Fate.ACCEPT, mark=NAMELESS)
"""No name was read: the kernel looks at the address, and lets pass what it does not know."""
BY_ADDRESS_SO_FAR = Outcome(Fate.ACCEPT, mark=NAMELESS_HEARD)
"""The same, and a second hello may name somebody."""
MORE = Outcome(Fate.ACCEPT, mark=READING)
"""What the kernel lets pass because nobody answered has no such mark: the two must not look alike."""
_SO_FAR: Mapping[int | None, int] = {PASS: READING, NAMELESS: NAMELESS_HEARD}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A first message whose name cannot be known, and why."""

    how: How
    why: str
    names: tuple[HostName, ...] = ()
    """Of whole messages before it in the same packet."""


First = FirstData | Unreadable | None
"""What a connection says by now; None asks for more."""


def observation(first: FirstData | Unreadable) -> Observation:
    """What is to be judged."""
    if isinstance(first, Unreadable):
        return Observation(how=first.how, names=first.names, undecodable=first.why)
    assert first.how is not None  # noqa: S101 (what carries no name concerns nobody and is never judged)
    return Observation(how=first.how, names=first.names, address=next(iter(first.addresses), None))


def is_settled(first: FirstData | Unreadable, decision: Decision) -> bool:
    """Whether the flow's fate is known: a name that is blocked needs no second look, others wait for the end."""
    return decision.verdict is Verdict.BLOCK or isinstance(first, Unreadable) or first.final


def passed(stamp: Stamp, lanes: Sequence[int | None], sighting: Sighting, decision: Decision) -> Outcome:
    """A flow that goes on, with the lane by which the kernel can end it at its date, if it has one."""
    lane = lane_of(lanes, decision)
    mark = FIRST_LANE + lane if lane is not None else PASS if sighting.seen.names else NAMELESS
    if decision.verdict is Verdict.ALLOW:
        return Outcome(Fate.ACCEPT, mark=mark)
    return Outcome(Fate.ACCEPT, mark=mark, commands=(record(stamp, sighting, decision, "passed"),))


def for_now(first: First) -> First:
    """What is not sure to be what the server gets: enough to block on, but not to pass on."""
    return replace(first, final=False, used=0) if isinstance(first, FirstData) else first


def says(first: FirstData) -> tuple[object, ...]:
    """All that it is judged by."""
    return first.names, first.alpn


def so_far(outcome: Outcome) -> Outcome:
    """The same of a flow that passes for now, and is looked at still."""
    return replace(outcome, mark=_SO_FAR.get(outcome.mark, outcome.mark))


def gone_by(stamp: Stamp, sighting: Sighting, decision: Decision) -> Outcome:
    """A whole message that passes on a connection which is read on."""
    if decision.verdict is Verdict.ALLOW:
        return ACCEPT
    return Outcome(Fate.ACCEPT, commands=(record(stamp, sighting, decision, "passed"),))


def lane_of(lanes: Sequence[int | None], decision: Decision) -> int | None:
    """The number of the lane that a decision puts its flow in, as the kernel knows it."""
    return lanes[decision.lane] if decision.lane is not None else None
