"""One record beside the policy at hand: by which text it was judged, and what that policy says of it today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from enforcer.audit.chain import Kept
from enforcer.audit.rejudge import judged
from enforcer.model.calendar import MICROSECONDS, iso
from enforcer.model.decision import Decision
from enforcer.model.event import Event
from enforcer.policy.ban import Ban, Phase
from enforcer.policy.compiled import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    number: int
    recorded: float
    """When the record was made."""
    event: Event
    digest: str
    """Of the record, in hexadecimal: as `enforcer audit verify --head` takes it."""
    intact: bool
    """Whether the record fits the digest of the one before it."""
    ban: Ban | None
    """The ban that decided, as the policy at hand has it."""
    phase: Phase | None
    today: Decision | None
    """What the policy at hand says of the same contact at the same instant; None if it cannot be judged again."""
    revision: str
    """Of the policy at hand."""


def story(policy: Policy, kept: Kept, event: Event, *, intact: bool) -> Story:
    """Puts a record beside the policy at hand, which need not be the one that judged it."""
    ban = next((one for one in policy.bans if one.id == event.ban), None)
    return Story(
        number=kept.number,
        recorded=kept.recorded / MICROSECONDS,
        event=event,
        digest=kept.digest.hex(),
        intact=intact,
        ban=ban,
        phase=next((one for one in ban.phases if one.id == event.phase), None) if ban else None,
        today=judged(policy, event, event.at),
        revision=policy.revision,
    )


def members(told: Story) -> dict[str, Any]:
    """As JSON; null where there is nothing to say."""
    today = told.today
    return {
        "version": 1,
        "number": told.number,
        "recorded": iso(told.recorded),
        "event": told.event.as_dict(),
        "digest": told.digest,
        "intact": told.intact,
        "ban": told.ban and {"ban": told.ban.id, "title": told.ban.title, "sources": dict(told.ban.sources)},
        "phase": told.phase and {"phase": told.phase.id, "summary": told.phase.summary, **_span(told.phase)},
        "today": today and {"verdict": today.verdict.word, "reason": today.reason, "ban": today.ban},
        "revision": told.revision,
    }


def _span(phase: Phase) -> dict[str, Any]:
    ends = phase.interval.ends
    return {"starts": iso(phase.interval.starts), "ends": None if ends is None else iso(ends), "clock": phase.clock}
