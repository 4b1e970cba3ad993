"""The policy as lines of a hosts file: single names only, for machines without a resolver of their own."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.export.edition import Edition
from enforcer.export.text import TextFile, assembled, counted
from enforcer.model.verdict import Verdict

NAME = "enforcer.hosts"


def write(edition: Edition) -> tuple[TextFile, ...]:
    """Every name that some rule spells and that is blocked, those below a blocked domain too."""
    what = "Egress policy as lines to append to /etc/hosts."
    return (assembled(NAME, "#", what, edition, _notes(edition), _lines(edition)),)


def _lines(edition: Edition) -> Iterator[str]:
    for point in edition.points:
        if point.own.verdict is Verdict.BLOCK:
            yield f"0.0.0.0 {point.name} # {point.own.words}"
            yield f":: {point.name}"


def _notes(edition: Edition) -> Iterator[str]:
    domains = sum(region.verdict is Verdict.BLOCK and not region.exact for region in edition.blocks)
    yield (
        f"a hosts file cannot say `and all below`: {counted(domains, 'domain')} blocked with everything below "
        f"{'is' if domains == 1 else 'are'} left out but for the names that the policy spells. Names not listed here "
        "pass. Programs that ask a resolver themselves do not read it."
    )
    if edition.wishes.log_only:
        yield "a hosts file cannot log; what is flagged or observed is left out."
