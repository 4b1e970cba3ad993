"""Whether the signed heads of a store are those that its key signed, and none is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from enforcer.audit.signed_heads import FIRST, SignedHead

IsSigned = Callable[[SignedHead], str]
"""Why a head's signature proves nothing; empty if it is good."""


@dataclass(frozen=True, slots=True)
class HeadFault:
    serial: int
    why: str


def check_heads(
    heads: Sequence[SignedHead], fault_of: IsSigned, first: int = 1
) -> tuple[list[SignedHead], list[HeadFault]]:
    """The heads that hold, and the faults of the others; `heads` in the order of their serials, from `first` on.

    Each head holds the one before it, so that the last signature of each key is enough, while nothing is wrong.
    Where something is, every signature is looked at, so that the wrong ones can be named.
    """
    breaks = list(_breaks(heads, first))
    ends = [one for one, after in pairwise([*heads, None]) if one and (after is None or after.key != one.key)]
    if not breaks and not any(fault_of(head) for head in ends):
        return list(heads), []
    found = {head.serial: fault_of(head) for head in heads}
    faults = [HeadFault(serial, why) for serial, why in found.items() if why]
    faults += [HeadFault(serial, why) for serial, why in breaks if not _explained(serial, found)]
    return [head for head in heads if not found[head.serial]], sorted(faults, key=lambda fault: fault.serial)


def _explained(serial: int, found: dict[int, str]) -> bool:
    """Whether a break comes from a wrong head on either side of it."""
    return bool(found.get(serial) or found.get(serial - 1))


def _breaks(heads: Sequence[SignedHead], first: int) -> Iterator[tuple[int, str]]:
    expected, link = first, FIRST if first == 1 else None
    for head in heads:
        if head.serial != expected:
            yield expected, _missing(expected, head.serial - 1)
        elif link is not None and head.previous != link:
            yield head.serial, f"it does not follow head {head.serial - 1}: one of them was changed, or others removed"
        expected, link = head.serial + 1, head.link


def _missing(first: int, last: int) -> str:
    return "it is missing" if first >= last else f"it and those up to head {last} are missing"
