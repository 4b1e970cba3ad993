"""Today against another day, for recorded traffic; and an old policy against a new one."""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.audit.otherwise import Otherwise, Pair, otherwise
from enforcer.audit.rejudge import judged, observed, whose
from enforcer.model.event import Event
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

MAX_REMEMBERED = 100_000
"""Different contacts of which the two decisions are remembered: most traffic is the same again and again."""


def at_two_times(policy: Policy, events: Iterable[Event], today: float, then: float) -> Otherwise:
    """Each contact as if it happened today, and as if it happened then."""
    remembered: dict[object, Pair] = {}

    def judge(event: Event) -> Pair | None:
        seen = observed(event)
        if seen is None:
            return None
        client = whose(policy, event)
        key = (seen.names, seen.address, seen.undecodable, client)
        if key not in remembered:
            if len(remembered) == MAX_REMEMBERED:
                remembered.clear()
            remembered[key] = decide(policy, seen, client, today), decide(policy, seen, client, then)
        return remembered[key]

    return otherwise(events, judge)


def by_two_policies(old: Policy, new: Policy, events: Iterable[Event]) -> Otherwise:
    """Each contact at its own time, under the one policy and the other."""

    def judge(event: Event) -> Pair | None:
        before, after = judged(old, event, event.at), judged(new, event, event.at)
        return None if before is None or after is None else (before, after)

    return otherwise(events, judge)
