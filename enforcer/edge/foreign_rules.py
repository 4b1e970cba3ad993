"""The rules of all other programs in this network namespace: by `nft`, by `iptables-save`, and the routing by marks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from enforcer.doctor import nft_listing, xtables_listing
from enforcer.doctor.foreign import Foreign, ForeignRule
from enforcer.edge.nft import listing
from enforcer.edge.surroundings import mark_routes
from enforcer.model.errors import EdgeError

_PATIENCE = 10  # seconds
_FAMILIES = {"ip": "iptables-nft", "ip6": "ip6tables-nft"}
_LEGACY = {"iptables": "proc/net/ip_tables_names", "ip6tables": "proc/net/ip6_tables_names"}
"""Tables of the older kernel interface, if there are any: `iptables-legacy`. Only root can read which."""


def foreign_rules(root: Path = Path("/")) -> Foreign:
    """`root`: where /proc is read. Raises EdgeError if nft does not tell."""
    unseen: list[str] = []
    told = listing()
    saved: dict[str, str] = {}
    if nft_listing.has_xtables(told):
        saved |= {f"{program}-nft": _saved(f"{program}-nft", unseen) for program in _LEGACY}
    for program, tables in _LEGACY.items():
        if _has_legacy(root / tables):
            saved[f"{program}-legacy"] = _saved(f"{program}-legacy", unseen)
    rules = [rule for program, text in saved.items() for rule in xtables_listing.foreign_rules(program, text)]
    # What nft can spell too is in both listings: told once, by the program that made it.
    theirs = {
        f"{family} {table}"
        for family, program in _FAMILIES.items()
        for table in xtables_listing.tables(saved.get(program, ""))
    }
    rules += [rule for rule in _of_nft(told) if rule.where.rpartition(" ")[0] not in theirs]
    return Foreign(rules=tuple(rules), routes=mark_routes(unseen), unseen=tuple(unseen))


def _of_nft(told: dict[str, Any]) -> tuple[ForeignRule, ...]:
    try:
        return nft_listing.foreign_rules(told)
    except (KeyError, TypeError, ValueError) as error:
        raise EdgeError(f"nft's listing is not understood: {error!r}", cure="look at it: nft list ruleset") from error


def _saved(program: str, unseen: list[str]) -> str:
    try:
        return subprocess.run(
            [f"{program}-save"], capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        why = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else error
        unseen.append(f"rules of {program} cannot be listed: {why}")
        return ""


def _has_legacy(tables: Path) -> bool:
    try:
        return bool(tables.read_text().strip())
    except OSError:
        return False
