"""Time zones by name, and the machine's own."""

from __future__ import annotations

import os
import re
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOCAL = Path("/etc/localtime")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def local_zone() -> tzinfo:
    """Of this machine: TZ if it is set, else /etc/localtime, else UTC, as the C library has it."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named:
        return zone(named)
    try:
        with LOCAL.open("rb") as file:
            return ZoneInfo.from_file(file, "localtime")
    except (OSError, ValueError):
        return UTC


def zone(name: str) -> tzinfo:
    """`Europe/Berlin`, `UTC` or `+02:00`. Raises ValueError."""
    found = _OFFSET.fullmatch(name)
    try:
        if found:
            offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
            return timezone(-offset if found[1] == "-" else offset)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone: write Europe/Berlin, UTC or +02:00") from None
