"""Instants as people write them: RFC 3339 with its offset, a date, or a length of time back from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):(\d\d))?)?",
    re.ASCII,
)
_BACK = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_END = 253402300799
"""9999-12-31T23:59:59Z, the last second that RFC 3339 can spell."""
SPELLINGS = "write 2024-09-29T00:00:00-04:00, or 2024-09-29 for midnight UTC"


def parse_instant(text: str, *, now: float | None = None) -> float:
    """Reads an instant, in POSIX seconds.

    `2024-09-29T00:00:00-04:00` is RFC 3339; seconds may be left out, the offset may not: a ban begins in a zone.
    `2024-09-29` is 00:00 UTC. Given `now`, also `now` itself and `90s`, `30m`, `24h`, `7d`, `2w` before it.
    Raises ValueError, whose message tells the right spelling.
    """
    word = text.strip()
    if now is not None:
        if word.lower() == "now":
            return now
        if back := _BACK.fullmatch(word):
            return _back(now, int(back[1]) * _SECONDS[back[2]], word)
    match = _RFC_3339.fullmatch(word)
    if not match:
        also = "" if now is None else ", or 24h, 7d for that long before now"
        raise ValueError(f"{text[:60]!r} is no instant: {SPELLINGS}{also}")
    return _instant(match, word)


def _back(now: float, seconds: int, word: str) -> float:
    if seconds > now:
        raise ValueError(f"{word!r} before now is before 1970")
    return now - seconds


def parse_length(text: str) -> int:
    """A length of time in seconds: `90s`, `10m`, `2h`, `1d`. Raises ValueError, whose message tells the spelling."""
    match = _BACK.fullmatch(text.strip())
    if not match or not int(match[1]):
        raise ValueError(f"{text[:60]!r} is no length of time: write 90s, 10m, 2h or 1d")
    return int(match[1]) * _SECONDS[match[2]]


def _instant(match: re.Match[str], word: str) -> float:
    year, month, day, hour, minute, second = (int(match[group] or 0) for group in range(1, 7))
    micros = int((match[7] or "").ljust(6, "0")[:6])
    has_time, has_offset = match[4] is not None, match[8] or match[9]
    if has_time and not has_offset:
        raise ValueError(f"{word!r} has no offset: write {word}Z for UTC, or {word}-04:00")
    try:
        zone = _zone(match) if match[9] else UTC
        at = datetime(year, month, day, hour, minute, second, micros, zone).timestamp()
        if not 0 <= at <= _END:
            raise ValueError("the year must be in 1970..9999")
        return at
    except (ValueError, OverflowError) as fault:
        raise ValueError(f"{word!r} is no instant: {fault}") from fault


def _zone(match: re.Match[str]) -> timezone:
    hours, minutes = int(match[10]), int(match[11])
    if minutes > 59:
        raise ValueError("an offset's minutes are 00 to 59")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if match[9] == "-" else offset)
