"""Instants, lengths of time, numbers and paragraphs as a report writes them."""

from __future__ import annotations

import math
import textwrap

from enforcer.model.calendar import iso

WIDTH = 80


def percent(part: float) -> str:
    """Of a whole, 0 to 1. What is not all of it is never told as all of it."""
    return f"{100 * part if part >= 1 else min(100 * part, 99.99):.2f} %"


def moment(at: float) -> str:
    """An instant to the second."""
    return iso(math.floor(at))


def duration(seconds: float) -> str:
    """Two units at most: 2 h 3 min."""
    whole = round(seconds)
    units = (("d", whole // 86400), ("h", whole // 3600 % 24), ("min", whole // 60 % 60), ("s", whole % 60))
    first = next((index for index, (_, amount) in enumerate(units) if amount), len(units) - 1)
    return " ".join(f"{amount} {unit}" for unit, amount in units[first : first + 2] if amount) or "0 s"


def number(count: int, noun: str) -> str:
    """`1 contact`, `2,000 contacts`."""
    return f"{count:,} {noun}" + "s" * (count != 1)


def wrapped(line: str, first: str = "", rest: str = "", width: int = WIDTH) -> list[str]:
    """In at most `width` columns, where words allow it."""
    return textwrap.wrap(
        line, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
