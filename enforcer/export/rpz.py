"""The policy as a response policy zone (RPZ), for Unbound, BIND, Knot Resolver, PowerDNS and others.

Resolvers disagree on which wildcard covers a name whose parent stands in the zone only as the parent of something
else (an empty non-terminal, RFC 4592 section 2.2.2): Unbound and BIND let it pass, Knot Resolver goes on to the next
`*` above. So nothing is left to that rule: every name between a rule and the rule around it is written out too, with
its `*`, and all give the same answer (docs/decisions/0070).

Names that must pass below a blocked domain are `rpz-passthru.`. Nothing else is: a passthru also ends the look-up in
the zones that come later, which may be another's list of malware.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from enforcer.export.edition import Edition
from enforcer.export.ground import Ground
from enforcer.export.regions import Region, rightmost_first
from enforcer.export.text import TextFile, assembled, counted, serial
from enforcer.model.names import HostName, parents
from enforcer.model.verdict import Verdict

ZONE = "enforcer.rpz"
"""The file's name and, in the configuration that we write, the zone's."""
TTL = 60
"""Seconds: how long a client may go on with an old answer after a change."""
ROOM = 253 - len(f"*..{ZONE}")
"""How long a name may be so that its `*` still fits into a name with the zone's behind it."""
_BLOCK, _PASS = "CNAME .", "CNAME rpz-passthru."


def write(edition: Edition) -> tuple[TextFile, ...]:
    entries = _entries(edition.regions)
    left_out = _leave_out(entries)
    ordered = sorted(entries.values(), key=lambda entry: rightmost_first(entry.name))
    body = (*_apex(edition), *(line for entry in ordered for line in _lines(entry)))
    what = "Egress policy as a response policy zone (RPZ)."
    return (assembled(ZONE, ";", what, edition, [*_notes(edition), *left_out], body),)


@dataclass(slots=True)
class _Entry:
    """An owner name in the zone: what is done to itself, and to what lies below it."""

    name: HostName
    own: Ground | None
    below: Ground | None
    """None leaves it to the zones that come later, as does everything that no entry is about."""


def _entries(regions: Sequence[Region]) -> dict[HostName, _Entry]:
    entries: dict[HostName, _Entry] = {}
    for region in regions:
        around = None if region.parent is None else regions[region.parent]
        if around is not None:
            for name in _between(region.name, around.name):
                entries.setdefault(name, _Entry(name, around.ground, around.ground))
        entry = entries.setdefault(region.name, _Entry(region.name, None, around.ground if around else None))
        entry.own = region.ground
        if not region.exact:
            entry.below = region.ground
    return entries


def _leave_out(entries: dict[HostName, _Entry]) -> list[str]:
    """Takes out what no zone can hold, and says so. If that must pass, what is around it passes too."""
    long = [name for name in entries if not _sayable(name)]
    for name in long:
        entry = entries.pop(name)
        passing = next((one for one in (entry.own, entry.below) if one and one.verdict < Verdict.BLOCK), None)
        above = next((entries[one] for one in parents(name)[1:] if one in entries and _sayable(one)), None)
        if passing and above and above.below:
            above.below = passing
    if not long:
        return []
    left_out = counted(len(long), "name")
    return [f"{left_out} left out with what lies around, which no zone can hold (too long, or a word of RPZ itself)."]


def _between(name: HostName, above: HostName) -> list[HostName]:
    """The names from `name` up to but without `above`, without `name` itself."""
    return [one for one in parents(name)[1:] if len(one) > len(above)]


def _lines(entry: _Entry) -> Iterator[str]:
    for owner, ground in ((entry.name, entry.own), (f"*.{entry.name}", entry.below)):
        if ground is not None:
            target = _BLOCK if ground.verdict is Verdict.BLOCK else _PASS
            yield f"{owner} {target} ; {ground.words}"


def _apex(edition: Edition) -> Iterator[str]:
    yield f"$TTL {TTL}"
    yield f"@ SOA localhost. hostmaster.localhost. {serial(edition)} 3600 600 604800 {TTL}"
    yield "@ NS localhost."
    yield ""


def _sayable(name: HostName) -> bool:
    """Whether a name can be an owner in the zone, and means itself there."""
    last = name.rpartition(".")[2]
    return len(name) <= ROOM and not last.startswith("rpz-")  # rpz-ip, rpz-nsdname: triggers that are no names


def _notes(edition: Edition) -> Iterator[str]:
    yield (
        "make this the last of the policy zones: what passes below a blocked domain is `rpz-passthru.`, and that ends "
        "the look-up in the zones behind it."
    )
    if edition.wishes.log_only:
        yield (
            "what is flagged or observed is `rpz-passthru.` too, which a resolver logs and lets pass. Names that the "
            "policy allows below such a domain are logged with it: a zone cannot take a name out again."
        )
