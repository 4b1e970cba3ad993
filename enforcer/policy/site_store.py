"""The keys of `[output]` about the record's files: when one is closed, and how long it is kept."""

from __future__ import annotations

from collections.abc import Callable

from enforcer.model.store_limits import LEAST_SIZE, StoreLimits, seconds, size
from enforcer.policy.table import Table


def read_limits(table: Table) -> StoreLimits:
    plain = StoreLimits()
    limits = StoreLimits(
        rotate_size=_text(table, "rotate_size", plain.rotate_size, size),
        rotate_age=_text(table, "rotate_age", plain.rotate_age, seconds),
        keep=_text(table, "keep", plain.keep, seconds),
        keep_size=_text(table, "keep_size", plain.keep_size, size),
    )
    if (limits.keep or limits.keep_size) and not (limits.rotate_size or limits.rotate_age):
        table.fault("keep", "only closed files are deleted: give `rotate_size` or `rotate_age` too")
    return limits


def _text(table: Table, key: str, default: str, read: Callable[[str], int | None]) -> str:
    text = table.text(key, default)
    try:
        value = read(text)
    except ValueError as fault:
        table.fault(key, str(fault))
        return default
    if read is size and value is not None and value < LEAST_SIZE:
        table.fault(key, f"{text!r} is too little: a file takes 1 MiB at least")
    return text
