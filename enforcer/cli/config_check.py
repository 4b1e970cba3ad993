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
from enforcer.edge.policy_source import read_source
from enforcer.model.errors import PolicyError
from enforcer.model.settings import Settings, manner
from enforcer.policy.lint_rules import Finding
from enforcer.policy.lint_site import lint_site

SOON = 30 * 86_400.0
"""Seconds before its end from which a waiver is told."""


@click.command("check")
@config_option
@policies_option
@at_option
@json_option
@told
def command(config: Path | None, policies: Path | None, at: float | None, as_json: bool) -> None:
    """Read the site file as the daemon would: every fault with its place, or what the file comes to.

    Changes nothing, needs no right, and does not look at the machine: that is what `enforcer run` does at its start.

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
    warnings = tuple(lint_site(policy, source.site_name, now.at, SOON))
    if as_json:
        click.echo(json.dumps(_members(source.site_name, policy.settings, now, warnings), indent=1))
        return
    for line in _text(source.site_name, source.site, policy.settings, now, warnings):
        click.echo(line)


def _text(name: str, site: str, settings: Settings, now: InForce, warnings: tuple[Finding, ...]) -> Iterator[str]:
    yield f"{name}: no fault" if site else f"{name} is not there: all defaults"
    yield f"data path: {manner(settings)}"
    for group in now.groups:
        yield from wrapped(f"{_who(group)}: {_bans(group)}")
    for finding in warnings:
        yield from wrapped(f"warning: {finding.path}: {finding.why}")


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
    found = [{"rule": one.rule, "path": one.path, "why": one.why} for one in warnings]
    told = {"file": name, "faults": [], "revision": now.revision, "mode": settings.mode, "fail": settings.fail}
    return {**told, "groups": groups, "warnings": found}
