"""`enforcer policy show`: service against action at an instant."""

from __future__ import annotations

import json
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.named import bans_named
from enforcer.cli.now import or_now
from enforcer.cli.options import at_option, config_option, json_option, policies_option, read_policy
from enforcer.cli.policy_show_json import as_json as in_json
from enforcer.cli.policy_show_text import tables, waiver
from enforcer.cli.whose import Whose, said_of, whose_options
from enforcer.model.calendar import iso
from enforcer.policy.day import day, in_force


@click.command("show")
@click.argument("bans", nargs=-1, metavar="[BAN]...")
@at_option
@whose_options
@config_option
@policies_option
@json_option
@told
def command(
    bans: tuple[str, ...],
    at: float | None,
    group: str | None,
    subjects: tuple[str, ...],
    profile: str | None,
    config: Path | None,
    policies: Path | None,
    as_json: bool,
) -> None:
    """What applies at an instant: a table for each vendor, a column for each adopted ban, the last what results.

    Below it: whom each ban binds and why it is one of ours, its phases, exemptions, and the waivers in force. Given
    BANs, only these have columns, adopted or not; the result is always that of the adopted.

    \b
    enforcer policy show                                       today
    enforcer policy show --at 2024-09-28T23:59:59-04:00        a second before the ban came into full force
    enforcer policy show --subject us-military --profile protective
    enforcer policy show us-bod-17-01-kaspersky-2017 --at 2017-12-12

    Exit codes: 0 done; 1 a file cannot be read; 2 the command line; 3 the policy or site files.
    """
    policy = read_policy(policies, config)
    whom = Whose(group=group, subjects=subjects, profile=profile).group_of(policy)
    at = or_now(at)
    found, waivers = day(policy, whom, at, bans_named(policy, bans)), in_force(policy, whom, at)
    if as_json:
        click.echo(json.dumps(in_json(policy, whom, at, found, waivers), indent=1))
        return
    click.echo(f"At {iso(at)}, for {said_of(policy, whom)}. Revision {policy.revision}.")
    if not found:
        click.echo("No ban is adopted: nothing is recorded, nothing is stopped.")
    for line in [*tables(found, whom, at), *(text for one in waivers for text in waiver(one))]:
        click.echo(line)
