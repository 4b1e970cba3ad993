"""`enforcer policy validate`: all faults of the policy and site files, or that there are none."""

from __future__ import annotations

import json
from pathlib import Path

import click

from enforcer.cli.errors import POLICY_FAULTS, told
from enforcer.cli.options import config_option, json_option, policies_option, read_policy
from enforcer.model.errors import PolicyError
from enforcer.policy.compiled import Policy


@click.command("validate")
@policies_option
@config_option
@json_option
@told
def command(policies: Path | None, config: Path | None, as_json: bool) -> None:
    """Read the policy and site files as the daemon would, and tell every fault. Changes nothing.

    \b
    enforcer policy validate                                  the shipped policies and /etc/enforcer/enforcer.toml
    enforcer policy validate --policies DIR --config FILE     these
    enforcer policy validate --json                           for a program: the faults, each with file, path and why

    Exit codes: 0 without fault; 1 a file cannot be read; 3 faults, each with its file and place.
    """
    try:
        policy = read_policy(policies, config)
    except PolicyError as error:
        if not as_json:
            raise
        rows = [{"file": fault.file, "path": fault.path, "why": fault.why} for fault in error.faults]
        click.echo(json.dumps({"faults": rows}, indent=1))
        raise click.exceptions.Exit(POLICY_FAULTS) from None
    counts = _counts(policy)
    if as_json:
        members = {what.replace(" ", "_") + "s": count for what, count in counts.items()}
        click.echo(json.dumps({"faults": [], "revision": policy.revision} | members, indent=1))
    else:
        parts = ", ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in counts.items())
        click.echo(f"no fault: {parts}; revision {policy.revision}")


def _counts(policy: Policy) -> dict[str, int]:
    return {
        "ban": len(policy.bans),
        "vendor": len(policy.vendors),
        "client group": len(policy.site.groups) - 1,
        "waiver": len(policy.site.waivers),
    }
