"""`enforcer policy diff`: whom a change of the policies touches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from enforcer.audit.otherwise import Otherwise
from enforcer.audit.simulate import by_two_policies
from enforcer.cli.errors import told
from enforcer.cli.options import at_option, config_option, json_option
from enforcer.cli.otherwise_told import as_members, rows_told
from enforcer.cli.policy_diff_told import as_json as in_json
from enforcer.cli.policy_diff_told import as_text
from enforcer.cli.stored import stored
from enforcer.edge.clock import Clock
from enforcer.edge.files import read_site
from enforcer.edge.happenings import FOREVER
from enforcer.edge.policy_source import load_folder
from enforcer.model.errors import Fault, PolicyError
from enforcer.model.instants import parse_instant
from enforcer.policy.compare import compare
from enforcer.policy.compiled import Policy


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--store", type=click.Path(path_type=Path), metavar="FILE", help="Judge what is recorded here by both.")
@click.option("--last", metavar="TIME", help="Of the store, only this long back: 24h, 30d.  [default: all of it]")
@click.option("--simulated", is_flag=True, help="Of the store, the records of trials instead of facts.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where anything is judged otherwise.")
@at_option
@config_option
@json_option
@told
def command(
    old: Path,
    new: Path,
    store: Path | None,
    last: str | None,
    simulated: bool,
    exit_code: bool,
    at: float | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Compare two folders of policies: what they say differently, and whom that touches, when and how.

    Looks at this site and its groups, and at every subject that a ban names, in both profiles. With --at only what is
    otherwise at that instant is told. With --store, every recorded contact is judged by both sets, at its own time.

    \b
    enforcer policy diff policies/ /tmp/proposed/
    git worktree add /tmp/before v1.2 && enforcer policy diff /tmp/before/policies policies/
    enforcer policy diff OLD NEW --at 2027-01-01
    enforcer policy diff OLD NEW --store /var/lib/enforcer/events.sqlite --last 30d

    Exit codes: 0 done; 1 a file or the store cannot be read, or --exit-code was given and anything is judged
    otherwise; 2 the command line; 3 the policy or site files.
    """
    policies = _policy(old, config), _policy(new, config)
    found = compare(*policies, at)
    replayed = _replayed(*policies, store, last, simulated) if store else None
    if as_json:
        answer: dict[str, Any] = in_json(found, at) | ({"store": as_members(replayed)} if replayed else {})
        click.echo(json.dumps(answer, indent=1))
    else:
        for line in as_text(found, at):
            click.echo(line)
        if replayed:
            click.echo(f"\nWhat is recorded in {store}, each contact at its own time: {replayed.contacts} contacts")
            for line in rows_told(replayed):
                click.echo(line)
    if exit_code and (found.effects or found.ways):
        raise click.exceptions.Exit(1)


def _policy(folder: Path, config: Path | None) -> Policy:
    """Faults are told with their folder: it is not clear otherwise whose they are."""
    site, site_name = read_site(config)
    try:
        return load_folder(folder, site, site_name)
    except PolicyError as error:
        raise PolicyError(
            tuple(Fault(file=f"{folder}: {fault.file}", path=fault.path, why=fault.why) for fault in error.faults)
        ) from None


def _replayed(old: Policy, new: Policy, store: Path, last: str | None, simulated: bool) -> Otherwise:
    now = Clock().now()
    try:
        since = parse_instant(last, now=now) if last else 0.0
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--last") from None
    with stored(store) as records:
        return by_two_policies(old, new, records.events(since, FOREVER, simulated=simulated, kinds=("decision",)))
