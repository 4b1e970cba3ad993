"""What of a State follows from the policy and the hour alone: phases, waivers, the next boundary, blocked lanes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection

from enforcer.audit.in_force import BanNow, GroupNow, in_force
from enforcer.model.members import Instant
from enforcer.model.state import BoundaryState, PhaseState, WaiverState
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.passing import passing


def phase_states(policy: Policy, at: float) -> tuple[PhaseState, ...]:
    """Each adopted ban of each group."""
    return tuple(_phase(group, ban) for group in in_force(policy, at).groups for ban in group.bans)


def boundary_state(policy: Policy, at: float) -> BoundaryState | None:
    """The first boundary after `at`."""
    place = bisect_right(policy.boundaries, at)
    if place == len(policy.boundaries):
        return None
    boundary = policy.boundaries[place]
    return BoundaryState(at=Instant(boundary), what=passing(policy, boundary))


def waiver_states(policy: Policy, at: float, pauses: Collection[str] = ()) -> tuple[WaiverState, ...]:
    """The waivers in force; `pauses` are the ids of those that were asked for at this gateway."""
    return tuple(
        WaiverState(
            id=one.id,
            pause=one.id in pauses,
            reason=one.reason,
            ticket=one.ticket,
            approver=one.approver,
            scope=one.scope,
            since=_instant(one.interval.starts),
            until=_instant(one.interval.ends),
        )
        for one in policy.site.waivers
        if at in one.interval
    )


def lanes_blocked(policy: Policy, at: float) -> int:
    return sum(any(at in interval for interval in lane.blocked) for lane in policy.lanes)


def _phase(group: GroupNow, now: BanNow) -> PhaseState:
    interval = now.phase.interval if now.phase else None
    done = {verdict: tuple(_services(now, verdict)) for verdict in Verdict}
    return PhaseState(
        group=group.group.name,
        ban=now.ban.id,
        title=now.ban.title,
        phase=now.phase.id if now.phase else None,
        since=_instant(interval.starts if interval else None),
        until=_instant(interval.ends if interval else now.begins),
        blocks=done[Verdict.BLOCK],
        flags=done[Verdict.FLAG],
        observes=done[Verdict.OBSERVE],
    )


def _services(now: BanNow, verdict: Verdict) -> list[str]:
    alike = (doing for doing in now.doings if doing.verdict is verdict)
    return [f"{doing.vendor}/{service}" for doing in alike for service in doing.services]


def _instant(at: float | None) -> Instant | None:
    return None if at is None else Instant(at)
