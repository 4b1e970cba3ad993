"""How large and how old the files of the record become."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
_SIZES = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
AGE = re.compile(r"([1-9][0-9]{0,5})([hdw])")
SIZE = re.compile(r"([1-9][0-9]{0,5}) ?(MB|GB|TB|MiB|GiB|TiB)")
LEAST_SIZE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """As the site file writes them; empty for no limit."""

    rotate_size: str = "1 GiB"
    """A file that is as large is closed, and another begun."""
    rotate_age: str = ""
    """So is one whose first record is as old."""
    keep: str = ""
    """Closed files whose last record is older are deleted."""
    keep_size: str = ""
    """So are the oldest, while all files together are larger."""


def seconds(text: str) -> int | None:
    """`400d` in seconds; None for no limit. Raises ValueError."""
    return None if not text else _read(text, AGE, _UNITS, "write 36h, 400d or 52w")


def size(text: str) -> int | None:
    """`1 GiB` in bytes; None for no limit. Raises ValueError."""
    return None if not text else _read(text, SIZE, _SIZES, "write 500 MB or 1 GiB")


def _read(text: str, form: re.Pattern[str], units: dict[str, int], cure: str) -> int:
    match = form.fullmatch(text)
    if not match:
        raise ValueError(f"{text[:100]!r} cannot be read; {cure}")
    return int(match[1]) * units[match[2]]
