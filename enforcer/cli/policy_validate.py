"""`enforcer policy validate`: all faults of the policy and site files, or that there are none."""

from __future__ import annotations

from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import config_option, policies_option, read_policy
from enforcer.policy.compiled import Policy


@click.command("validate")
@policies_option
@config_option
@told
def command(policies: Path | None, config: Path | None) -> None:
    """Read the policy and site files as the daemon would, and tell every fault. Changes nothing.

    \b
    enforcer policy validate                                  the shipped policies and /etc/enforcer/enforcer.toml
    enforcer policy validate --policies DIR --config FILE     these

    Exit codes: 0 without fault; 1 a file cannot be read; 3 faults, each with its file and place.
    """
    click.echo(_summary(read_policy(policies, config)))


def _summary(policy: Policy) -> str:
    counts = (
        (len(policy.bans), "ban"),
        (len(policy.vendors), "vendor"),
        (len(policy.site.groups) - 1, "client group"),
        (len(policy.site.waivers), "waiver"),
    )
    parts = ", ".join(f"{count} {what}{'s' * (count != 1)}" for count, what in counts)
    return f"no fault: {parts}; revision {policy.revision}"
