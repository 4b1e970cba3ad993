"""What is said of records that go to a segment, or are deleted: sentences that stand in the record, and are read back.

A deletion leaves a record of its own, chained and signed like any other. By it `verify` tells what was deleted on
purpose from what is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ROTATED, DELETED = "rotation", "retention"
"""Kinds of event."""
_DELETED = "records 1 to {last} were deleted, since {why}; the last had the digest {digest}"
_READ = re.compile(r"records 1 to (\d{1,18}) were deleted, since (.+); the last had the digest ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Deletion:
    """Of everything up to a record."""

    last: int
    why: str
    digest: str
    """Of that record, in hexadecimal."""


def rotated(first: int, last: int, name: str, serial: int) -> str:
    return f"records {first} to {last} are in {name} now, which ends with signed head {serial}"


def deleted(one: Deletion) -> str:
    return _DELETED.format(last=one.last, why=one.why, digest=one.digest)


def read_deletion(reason: str) -> Deletion | None:
    """What the reason of such a record tells; None if it is none."""
    match = _READ.fullmatch(reason)
    return Deletion(int(match[1]), match[2], match[3]) if match else None
