"""Times as logs write them. Some lack a year or a zone: these come from what is known of the file.

A year is the latest that does not put the line after the file's own last change (with a day to spare), since a log is
written before it is changed for the last time.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from enforcer.audit.contact import LogFault

MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
SYSLOG = r"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>[\d:]{8})|(?P<iso>\d{4}-\d\d-\d\dT[\d:.]+\S*)"
"""The two times that a syslog daemon puts before a line; `Dating.syslog` reads what matched."""
_SPARE = timedelta(days=1)
_CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")
_LATEST = 253402300799


@dataclass(frozen=True, slots=True, kw_only=True)
class Dating:
    """What a file's times lack."""

    newest: float
    """When the file was changed for the last time."""
    zone: tzinfo = UTC
    """Of times without an offset."""

    @lru_cache(maxsize=1024)  # noqa: B019 (lines come in the order of time; a dating lives as long as its file)
    def without_year(self, month: str, day: str, clock: str) -> float:
        """`Sep`, `29`, `04:00:05`. Raises LogFault."""
        last = datetime.fromtimestamp(self.newest, self.zone) + _SPARE
        for year in range(last.year, last.year - 9, -1):  # within nine years there is a 29 February
            try:
                moment = _moment(year, _month(month), day, clock, self.zone)
            except ValueError:
                continue
            if moment <= last:
                return moment.timestamp()
        raise LogFault(f"{month} {day} {clock} is no day")

    def syslog(self, found: re.Match[str]) -> float:
        """The time of a line whose pattern holds SYSLOG. Raises LogFault."""
        if found["iso"]:
            return self.iso(found["iso"])
        return self.without_year(found["month"], found["day"], found["clock"])

    def whole(self, year: str, month: str, day: str, clock: str) -> float:
        """`2024`, `Sep`, `29`, `04:00:05.123`, in the zone of the file. Raises LogFault."""
        try:
            return _moment(int(year), _month(month), day, clock, self.zone).timestamp()
        except (ValueError, OverflowError):
            raise LogFault(f"{day} {month} {year} {clock} is no time") from None

    def iso(self, text: str) -> float:
        """ISO 8601 as programs write it: with `Z`, `+0000`, `+00:00`, or in the zone of the file. Raises LogFault."""
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).timestamp()
        except (ValueError, OverflowError):
            raise LogFault(f"{text[:40]!r} is no time") from None


def epoch(text: object) -> float:
    """Seconds since 1970, as a number or its text. Raises LogFault."""
    try:
        at = float(text) if isinstance(text, (str, int, float)) else math.nan
    except (ValueError, OverflowError):
        at = math.nan
    if not 0 <= at <= _LATEST:
        raise LogFault(f"{str(text)[:40]!r} is no time")
    return at


def _month(text: str) -> int:
    if text.isdecimal():
        return int(text)
    try:
        return MONTHS[text[:3].lower()]
    except KeyError:
        raise ValueError(text) from None


def _moment(year: int, month: int, day: str, clock: str, zone: tzinfo) -> datetime:
    found = _CLOCK.fullmatch(clock)
    if not found:
        raise ValueError(clock)
    hour, minute, second = (int(found[group]) for group in (1, 2, 3))
    micros = int((found[4] or "").ljust(6, "0"))
    return datetime(year, month, int(day), hour, minute, second, micros, zone)
