"""Rule numbers for Suricata that stay the same from one export to the next.

Local rules have 1,000,000 to 1,999,999 (sidallocation.org). Ours lie in the upper part, 1,700,000 to 1,999,999, so
that a site's own, which commonly count up from 1,000,000, are not met.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from enforcer.export.refusal import ExportRefused
from enforcer.model.names import HostName

FIRST = 1_700_000
LAST = 1_999_999
EACH = 4
"""Numbers for each pattern, one for each buffer that it is sought in."""
SLOTS = (LAST - FIRST + 1) // EACH

Pattern = tuple[HostName, bool]
"""A name, and whether it stands for itself alone."""


def sids(names: Iterable[HostName]) -> dict[Pattern, int]:
    """The first of the numbers of each pattern that these names can give.

    The place follows from the name's hash; where two meet, the later in the alphabet goes to the next free place. So
    a number changes only when the policy gets a new name that meets an old one, never by the date.
    Raises ExportRefused for more names than half the places.
    """
    patterns = sorted((name, exact) for name in set(names) for exact in (False, True))
    if len(patterns) > SLOTS // 2:
        why = f"{len(patterns) // 2} names are too many for the rule numbers {FIRST} to {LAST}"
        raise ExportRefused(why, cure="use the RPZ form; Suricata would be slow with so many rules")
    taken: dict[int, Pattern] = {}
    for pattern in patterns:
        slot = crc32(f"{pattern[0]} {pattern[1]}".encode()) % SLOTS
        while slot in taken:
            slot = (slot + 1) % SLOTS
        taken[slot] = pattern
    return {pattern: FIRST + EACH * slot for slot, pattern in taken.items()}
