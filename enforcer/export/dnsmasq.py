"""The policy for dnsmasq (2.86 or later), and sets for nftables of the addresses of what is watched.

`address=/x/` answers NXDOMAIN for x and all below it, `server=/y/#` lets y and all below it go the usual way, and the
longest name decides. `*.y` stands for what lies below y without y itself, which makes single names possible.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from enforcer.export.edition import Edition
from enforcer.export.refusal import ExportRefused
from enforcer.export.regions import Region, one_for_each_name
from enforcer.export.text import TextFile, assembled
from enforcer.model.verdict import Verdict

NAME = "enforcer.dnsmasq.conf"
SETS = "enforcer.dnsmasq.nft"
LIFETIME = "1d"
"""How long an address stays in a set after it was last seen in an answer."""
_NFTSET = re.compile(r"(inet|ip|ip6)#([A-Za-z][A-Za-z0-9_]{0,30})", re.ASCII)
_SETS = {Verdict.FLAG: "enforcer_flag", Verdict.OBSERVE: "enforcer_observe", Verdict.ALLOW: "enforcer_none"}


def write(edition: Edition) -> tuple[TextFile, ...]:
    """Raises ExportRefused for an nftset that is not `family#table`."""
    what = "Egress policy for dnsmasq: include this with conf-file=."
    body = [line for region in one_for_each_name(edition.blocks) for line in _lines(region)]
    if not edition.wishes.nftset:
        return (assembled(NAME, "#", what, edition, _notes(edition), body),)
    family, table = _family_and_table(edition.wishes.nftset)
    body += ["", *(line for region in edition.told for line in _nftset(region, family, table))]
    config = assembled(NAME, "#", what, edition, [*_notes(edition), *_set_notes()], body)
    sets = "Sets that dnsmasq fills with the addresses of flagged and observed names: load this with nft -f, first."
    return config, assembled(SETS, "#", sets, edition, _set_notes(), _declared(family, table))


def _lines(region: Region) -> Iterator[str]:
    """The comment has a line of its own: dnsmasq knows none behind a value that may hold a `#`."""
    block, free = f"address=/{region.name}/", f"server=/{region.name}/#"
    yield f"# {region.ground.words}"
    yield block if region.verdict is Verdict.BLOCK else free
    if region.exact:
        yield f"server=/*.{region.name}/#" if region.verdict is Verdict.BLOCK else f"address=/*.{region.name}/"


def _nftset(region: Region, family: str, table: str) -> Iterator[str]:
    """Blocked names have no addresses; what is allowed inside a watched domain goes where it means nothing."""
    if region.verdict is Verdict.BLOCK:
        return
    places = (f"{version}#{family}#{table}#{_SETS[region.verdict]}{version}" for version in _versions(family))
    yield f"nftset=/{region.name}/{','.join(places)}"


def _declared(family: str, table: str) -> Iterator[str]:
    yield f"table {family} {table} {{"
    for name in _SETS.values():
        for version in _versions(family):
            yield f"\tset {name}{version} {{"
            yield f"\t\ttype ipv{version}_addr"
            yield "\t\tflags timeout"
            yield f"\t\ttimeout {LIFETIME}"
            yield "\t\tsize 65535"
            yield "\t}"
    yield "}"


def _versions(family: str) -> Iterable[str]:
    return {"ip": "4", "ip6": "6"}.get(family, "46")


def _family_and_table(nftset: str) -> tuple[str, str]:
    match = _NFTSET.fullmatch(nftset)
    if match is None:
        why = f"{nftset[:100]!r} is no place for sets"
        raise ExportRefused(why, cure="write family#table, such as inet#filter; the family is inet, ip or ip6")
    return match[1], match[2]


def _notes(edition: Edition) -> Iterator[str]:
    yield "only the name asked for is judged, not what it is an alias (CNAME) of; the RPZ form judges both."
    if edition.wishes.log_only and not edition.wishes.nftset:
        yield "dnsmasq logs all questions or none; what is flagged or observed is left out (or see --nftset)."


def _set_notes() -> Iterator[str]:
    yield (
        "an address in a set was an answer for a watched name and may serve others too: count and log by it, do not "
        "block by it. A single watched name takes what lies below it along."
    )
