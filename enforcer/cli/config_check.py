"""`enforcer config check`: whether the site file is without fault, and what it comes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from enforcer.audit.in_force import GroupNow, InForce, in_force
from enforcer.cli.errors import POLICY_FAULTS, told
from enforcer.cli.now import or_now
from enforcer.cli.options import at_option, config_option, json_option, policies_option
from enforcer.cli.wrapped import wrapped
from enforcer.edge.certificate_files import look_at_certificates
from enforcer.edge.policy_source import Source, read_source
from enforcer.model.errors import PolicyError
from enforcer.model.settings import Settings, manner
from enforcer.policy.compiled import Policy
from enforcer.policy.lint_rules import Finding
from enforcer.policy.lint_site import lint_site
from enforcer.policy.site_renames import lint_names

SOON = 30 * 86_400.0
"""Seconds before its end from which a waiver or a certificate is told."""


@click.command("check")
@config_option
@policies_option
@at_option
@json_option
@told
def command(config: Path | None, policies: Path | None, at: float | None, as_json: bool) -> None:
    """Read the site file as the daemon would: every fault with its place, or what the file comes to.

    Changes nothing, and does not look at the machine, but for the certificates that collectors over TLS need: who runs
    it must be allowed to read them. The rest is what `enforcer run` does at its start.

    \b
    enforcer config check                          /etc/enforcer/enforcer.toml
    enforcer config check --config new.toml && mv new.toml /etc/enforcer/enforcer.toml && enforcer reload

    Exit codes: 0 without fault, though there may be warnings; 1 a file cannot be read; 3 faults.
    """
    try:
        source = read_source(policies, config)
        policy = source.load(looking=True)
    except PolicyError as error:
        if not as_json:
            raise
        rows = [{"file": fault.file, "path": fault.path, "why": fault.why} for fault in error.faults]
        click.echo(json.dumps({"faults": rows}, indent=1))
        raise click.exceptions.Exit(POLICY_FAULTS) from None
    now = in_force(policy, or_now(at))
    warnings = (
        *lint_names(source.site, source.site_name),
        *lint_site(policy, source.site_name, now.at, SOON),
        *look_at_certificates(policy.settings.collectors, source.site_name, now.at, SOON),
    )
    if as_json:
        click.echo(json.dumps(_members(source.site_name, policy.settings, now, warnings), indent=1))
        return
    for line in _text(source, policy, now, warnings):
        click.echo(line)


def _text(source: Source, policy: Policy, now: InForce, warnings: tuple[Finding, ...]) -> Iterator[str]:
    yield f"{source.site_name}: no fault" if source.site else f"{source.site_name} is not there: all defaults"
    yield f"data path: {manner(policy.settings)}"
    for group in now.groups:
        yield from wrapped(f"{_who(group)}: {_bans(group)}")
    if policy.site.restraint:
        yield from wrapped(policy.site.restraint)
    for finding in warnings:
        yield from wrapped(f"warning: {finding.path}: {finding.why}; {finding.cure}")


def _who(group: GroupNow) -> str:
    who = f"group {group.group.name}" if group.group.name else "site"
    return f"{who} ({', '.join(group.group.subjects)}; {group.group.profile})"


def _bans(group: GroupNow) -> str:
    if not group.bans:
        return "adopts no ban"
    phases = (f"{one.ban.id} ({one.phase.id if one.phase else 'no phase in force'})" for one in group.bans)
    return f"{len(group.bans)} bans: {', '.join(phases)}" if len(group.bans) > 1 else next(phases)


def _members(name: str, settings: Settings, now: InForce, warnings: tuple[Finding, ...]) -> dict[str, Any]:
    groups = [
        {
            "group": one.group.name,
            "subjects": list(one.group.subjects),
            "profile": str(one.group.profile),
            "bans": [{"ban": ban.ban.id, "phase": ban.phase.id if ban.phase else None} for ban in one.bans],
        }
        for one in now.groups
    ]
    found = [{"rule": one.rule, "path": one.path, "why": one.why, "cure": one.cure} for one in warnings]
    told = {"file": name, "faults": [], "revision": now.revision, "mode": settings.mode, "fail": settings.fail}
    return {**told, "groups": groups, "warnings": found}
