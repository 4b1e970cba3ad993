"""`enforcer policy list`: the bans, vendors or subjects that are loaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from enforcer.cli.columns import aligned
from enforcer.cli.errors import told
from enforcer.cli.now import or_now
from enforcer.cli.options import at_option, config_option, json_option, policies_option
from enforcer.edge.policy_source import read_source
from enforcer.model.calendar import iso
from enforcer.policy.compiled import Policy
from enforcer.policy.inventory import BanNow, SubjectNow, VendorNow, bans_at, subjects, vendors
from enforcer.policy.subject_list import SUBJECTS, read_subjects

Lines = list[tuple[str, ...]]
Rows = tuple[Lines, list[dict[str, Any]]]
"""The same in lines of text, the first the heads of columns, and as JSON."""


@click.command("list")
@click.option("--vendors", "what", flag_value="vendors", help="The vendors instead of the bans.")
@click.option("--subjects", "what", flag_value="subjects", help="The words for whom a ban binds or protects.")
@click.option("--adopted", is_flag=True, help="Only the bans that this site, or a group of it, adopted.")
@at_option
@config_option
@policies_option
@json_option
@told
def command(
    what: str | None, adopted: bool, at: float | None, config: Path | None, policies: Path | None, as_json: bool
) -> None:
    """The bans, each with its legal effect, whom it concerns, the phase in force, and when that changes.

    A `*` marks the bans that this site adopted, a `+` those that only a group of clients has.

    \b
    enforcer policy list                     today
    enforcer policy list --at 2024-08-01     as it stood on that day
    enforcer policy list --vendors           who is known on the wire, and by how many rules
    enforcer policy list --subjects          the words for `subjects` in the site file

    Exit codes: 0 done; 1 a file cannot be read; 2 the command line; 3 the policy or site files.
    """
    source = read_source(policies, config)
    policy = source.load()
    at = or_now(at)
    if what == "vendors":
        lines, rows = _vendors(vendors(policy))
    elif what == "subjects":
        titles = read_subjects(source.beside(SUBJECTS))
        lines, rows = _subjects(subjects(policy, titles))
    else:
        lines, rows = _bans([one for one in bans_at(policy, at) if one.groups or not adopted])
    if as_json:
        click.echo(json.dumps({"at": iso(at), "revision": policy.revision, what or "bans": rows}, indent=1))
        return
    for line in aligned(lines):
        click.echo(line)
    if not what:
        click.echo(_key(policy, at))


def _bans(found: Sequence[BanNow]) -> Rows:
    lines: Lines = [("", "ban", "status", "effect", "phase in force", "next change", "subjects")]
    lines += [
        (
            _mark(one.groups),
            one.ban.id,
            one.ban.status,
            one.ban.effect.value,
            one.phase.id if one.phase else _no_phase(one),
            one.coming.local if one.coming else "-",
            ", ".join(one.ban.subjects),
        )
        for one in found
    ]
    return lines, [_ban_row(one) for one in found]


def _ban_row(one: BanNow) -> dict[str, Any]:
    ban = one.ban
    return {
        "ban": ban.id,
        "title": ban.title,
        "status": ban.status,
        "effect": ban.effect.value,
        "wording": ban.wording,
        "vendors": ban.vendors,
        "subjects": ban.subjects,
        "adopted_by": one.groups,
        "phase": one.phase.id if one.phase else None,
        "next_change": iso(one.coming.at) if one.coming else None,
        "verified_on": ban.verified_on.isoformat(),
        "verified_through": ban.verified_through.isoformat(),
        "file": ban.file,
    }


def _no_phase(one: BanNow) -> str:
    return "(none until then)" if one.coming else "(ended)"


def _mark(groups: tuple[str, ...]) -> str:
    if not groups:
        return ""
    return "*" if "" in groups else "+"


def _key(policy: Policy, at: float) -> str:
    site = policy.site.groups[0]
    whom = f"subjects {', '.join(site.subjects) or 'none'}, profile {site.profile}"
    plus = "; + by a group of it" if len(policy.site.groups) > 1 else ""
    return f"At {iso(at)}. * adopted by this site ({whom}){plus}. Revision {policy.revision}."


def _vendors(found: Sequence[VendorNow]) -> Rows:
    lines: Lines = [("vendor", "title", "verified", "names", "domains", "traps", "networks", "bans", "services")]
    lines += [
        (
            one.vendor.id,
            one.vendor.title,
            one.vendor.verified_on.isoformat(),
            *map(str, (one.names, one.domains, one.traps, one.networks, len(one.bans))),
            ", ".join(one.vendor.services) or "-",
        )
        for one in found
    ]
    return lines, [_vendor_row(one) for one in found]


def _vendor_row(one: VendorNow) -> dict[str, Any]:
    return {
        "vendor": one.vendor.id,
        "title": one.vendor.title,
        "verified_on": one.vendor.verified_on.isoformat(),
        "names": one.names,
        "domains": one.domains,
        "traps": one.traps,
        "networks": one.networks,
        "services": one.vendor.services,
        "bans": one.bans,
        "file": one.vendor.file,
    }


def _subjects(found: Sequence[SubjectNow]) -> Rows:
    lines: Lines = [("", "subject", "bans", "title")]
    lines += [
        (_mark(one.groups), one.subject, str(len(one.bans)), one.title or "(not in the list of subjects)")
        for one in found
    ]
    rows: list[dict[str, Any]] = [
        {"subject": one.subject, "title": one.title, "bans": one.bans, "groups": one.groups} for one in found
    ]
    return lines, rows
