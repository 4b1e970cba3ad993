"""`enforcer audit hunt`: what is on record already, seen with the policy of today."""

from __future__ import annotations

import json
from pathlib import Path

import click

from enforcer.audit.otherwise import Otherwise
from enforcer.audit.report_words import number
from enforcer.audit.simulate import against_the_record
from enforcer.cli.errors import told
from enforcer.cli.now import or_now
from enforcer.cli.options import (
    config_option,
    json_option,
    policies_option,
    read_instant,
    read_policy,
    store_option,
    trials_option,
)
from enforcer.cli.otherwise_told import as_members, rows_told
from enforcer.cli.stored import stored
from enforcer.model.calendar import iso
from enforcer.model.instants import parse_instant

KINDS = ("decision", "finding")


def _instant(_context: click.Context, _option: click.Parameter, text: str) -> float:
    try:
        return parse_instant(text, now=or_now(None))
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from None


@click.command("hunt")
@click.option("--since", default="90d", show_default=True, metavar="WHEN", callback=_instant, help="How far back.")
@click.option("--at", "then", metavar="DATE", help="Judge all as if it happened then, not each at its own time.")
@store_option
@trials_option
@config_option
@policies_option
@json_option
@told
def command(
    since: float,
    then: str | None,
    store: Path | None,
    simulated: bool,
    config: Path | None,
    policies: Path | None,
    as_json: bool,
) -> None:
    """Earlier contacts that today's policy judges otherwise than the record: for the day a host or ban is added.

    Judges every recorded contact again, all names of its chain, and those of findings too. Finds a host that has become
    a vendor's where it was kept for another reason: as a link of a chain, as a way around, under a milder phase. What
    matched no rule was never kept: for that, `enforcer audit replay` reads the logs of your resolvers and proxies.

    \b
    enforcer audit hunt                            the last 90 days
    enforcer audit hunt --since 2024-06-01 --json
    enforcer audit hunt --at 2024-09-29            as if the last phase had been in force all the time

    Exit codes: 0 done, whatever is found; 1 the store or a file cannot be read, or nothing was ever recorded; 2 the
    command line; 3 the policy or site files.
    """
    now = or_now(None)
    at = None if then is None else read_instant(then)
    policy = read_policy(policies, config)
    path = store or Path(policy.settings.store)
    with stored(path) as records:
        found = against_the_record(policy, records.events(since, now + 1, simulated=simulated, kinds=KINDS), at)
    if as_json:
        head = {"since": iso(since), "at": None if at is None else iso(at)}
        head |= {"revision": policy.revision, "store": str(path)}
        click.echo(json.dumps(head | as_members(found), indent=1))
        return
    when = "each at its own time" if at is None else f"as if it happened at {iso(at)}"
    click.echo(f"The record since {iso(since)} in {path}, judged by policy {policy.revision} of today, {when}:")
    _tell(found)


def _tell(found: Otherwise) -> None:
    changed = sum(row.contacts for row in found.rows) + found.beyond
    click.echo(f"of {number(found.contacts, 'contact')}, {changed:,} would be judged otherwise.\n")
    for line in rows_told(found):
        click.echo(line)
    click.echo("Logs of your resolvers and proxies may know them: enforcer audit replay FILE...")
