"""The instants at which a ban's phases begin and end, and how its law writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from enforcer.policy.ban import Ban, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """One instant, and the phases on its two sides; None where none is in force."""

    at: float
    offset: int
    """Of the ban's file, in seconds east of UTC."""
    before: Phase | None
    after: Phase | None

    @property
    def local(self) -> str:
        return local(self.at, self.offset)


def boundaries(ban: Ban) -> tuple[Boundary, ...]:
    """In the order of time. An open end is none."""
    offsets: dict[float, int] = {}
    for phase in ban.phases:
        if phase.interval.ends is not None:
            offsets[phase.interval.ends] = phase.offsets[1]
        offsets[phase.interval.starts] = phase.offsets[0]
    return tuple(
        Boundary(at=at, offset=offsets[at], before=_before(ban, at), after=ban.phase_at(at)) for at in sorted(offsets)
    )


def _before(ban: Ban, at: float) -> Phase | None:
    """The phase that is in force until `at`: intervals are half-open, so it may end there."""
    return next((one for one in ban.phases if one.interval.starts < at <= (one.interval.ends or at)), None)


def next_boundary(ban: Ban, at: float) -> Boundary | None:
    """The first one after `at`."""
    return next((one for one in boundaries(ban) if one.at > at), None)


def local(at: float, offset: int) -> str:
    """RFC 3339 with this offset: 2024-09-29T00:00:00-04:00; `+00:00` for UTC."""
    return _moment(at, offset).isoformat(timespec="seconds")


def local_day(at: float, offset: int) -> str:
    """The day alone where the instant is a midnight of its zone, else day, minute and offset."""
    moment = _moment(at, offset)
    if moment.hour == moment.minute == moment.second == 0:
        return moment.date().isoformat()
    return moment.isoformat(sep=" ", timespec="seconds" if moment.second else "minutes")


def _moment(at: float, offset: int) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(timezone(timedelta(seconds=offset)))
