"""What happens at one boundary of the calendar, in words for the record."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.policy.compiled import Policy


def passing(policy: Policy, boundary: float) -> str:
    """Which phases and waivers begin or end at this instant."""
    return "; ".join([*_phases(policy, boundary), *_waivers(policy, boundary)]) or "a boundary of the calendar"


def _phases(policy: Policy, boundary: float) -> Iterator[str]:
    adopted = {ban.id: ban for group in policy.site.groups for ban in policy.adopted(group)}
    for ban in adopted.values():
        begun = [phase.id for phase in ban.phases if phase.interval.starts == boundary]
        ended = [phase.id for phase in ban.phases if phase.interval.ends == boundary]
        if begun:
            yield f"phase {begun[0]} of {ban.id} begins"
        elif ended:
            yield f"phase {ended[0]} of {ban.id} ends"


def _waivers(policy: Policy, boundary: float) -> Iterator[str]:
    for waiver in policy.site.waivers:
        if waiver.interval.starts == boundary:
            yield f"waiver {waiver.id} begins"
        if waiver.interval.ends == boundary:
            yield f"waiver {waiver.id} ends"
