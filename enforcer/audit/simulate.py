"""Today against another day, for recorded traffic; and an old policy against a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from enforcer.audit.otherwise import Otherwise, Pair, otherwise
from enforcer.audit.rejudge import judged, observed, whose
from enforcer.model.decision import Decision
from enforcer.model.event import Event
from enforcer.model.verdict import Verdict
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


def against_the_record(policy: Policy, events: Iterable[Event], at: float | None = None) -> Otherwise:
    """What was recorded against what the policy says now of the same contact, at its own time or at `at`.

    A finding was nobody's, so it changes as soon as a name of it has become a vendor's, and only then.
    """

    def judge(event: Event) -> Pair | None:
        after = judged(policy, replace(event, kind="decision"), event.at if at is None else at)
        if after is not None and event.kind == "finding" and not after.vendor:
            return after, after  # nobody's still, whatever the site says of such a way today
        return None if after is None else (_recorded(event), after)

    return otherwise(events, judge)


def _recorded(event: Event) -> Decision:
    if event.kind == "finding":
        return Decision(Verdict.ALLOW, event.reason)
    verdict = Verdict.__members__.get(event.verdict.upper(), Verdict.ALLOW)
    return Decision(verdict, event.reason, vendor=event.vendor, service=event.service, ban=event.ban, phase=event.phase)


def by_two_policies(old: Policy, new: Policy, events: Iterable[Event]) -> Otherwise:
    """Each contact at its own time, under the one policy and the other."""

    def judge(event: Event) -> Pair | None:
        before, after = judged(old, event, event.at), judged(new, event, event.at)
        return None if before is None or after is None else (before, after)

    return otherwise(events, judge)
