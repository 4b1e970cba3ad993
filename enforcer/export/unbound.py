"""The policy as local zones of Unbound, for a resolver in which the respip module is not loaded.

A local zone is a name with all below it, and the longest one decides. A single blocked name is a transparent zone
that holds some data for it: other types of it are then empty answers, and what lies below is resolved as ever.
What has no counterpart is one name that passes while all below it is blocked: that passes with all below it.
"""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.export.edition import Edition
from enforcer.export.regions import Region, one_for_each_name
from enforcer.export.text import TextFile, assembled, counted
from enforcer.model.verdict import Verdict

NAME = "enforcer.unbound.conf"


def write(edition: Edition) -> tuple[TextFile, ...]:
    what = "Egress policy as local zones of Unbound: include this at the top level."
    lines = [line for region in one_for_each_name(edition.blocks) for line in _lines(region)]
    return (assembled(NAME, "#", what, edition, _notes(edition), ("server:", *lines)),)


def _lines(region: Region) -> Iterator[str]:
    why = region.ground.words
    if region.verdict is not Verdict.BLOCK:
        yield f'  local-zone: "{region.name}." always_transparent # {why}'
    elif not region.exact:
        yield f'  local-zone: "{region.name}." always_nxdomain # {why}'
    else:
        yield f'  local-zone: "{region.name}." transparent # {why}'
        yield f'  local-data: "{region.name}. 60 TXT blocked"'


def _notes(edition: Edition) -> Iterator[str]:
    yield "only the name asked for is judged, not what it is an alias (CNAME) of; the RPZ form judges both."
    wide = [region.name for region in edition.blocks if region.exact and region.verdict is not Verdict.BLOCK]
    if wide:
        yield (
            f"{counted(len(wide), 'single name')} must pass where all below is blocked, which local zones cannot say; "
            f"what lies below passes too: {', '.join(wide)}."
        )
    if edition.wishes.log_only:
        yield "local zones hold what is blocked; what is flagged or observed is left out."
