"""`enforcer policy simulate`: the traffic of the last days, on another day."""

from __future__ import annotations

import json
from pathlib import Path

import click

from enforcer.audit.otherwise import Otherwise
from enforcer.audit.report_words import number
from enforcer.audit.simulate import at_two_times
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
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy


@click.command("simulate")
@click.option("--at", "then", metavar="DATE", required=True, help="The day to look at: RFC 3339 or a day (00:00 UTC).")
@click.option("--last", default="30d", show_default=True, metavar="TIME", help="How far back: 24h, 7d, 4w.")
@click.option("--now", "now_text", metavar="DATE", help="Take this for today.")
@store_option
@trials_option
@config_option
@policies_option
@json_option
@told
def command(
    then: str,
    last: str,
    now_text: str | None,
    store: Path | None,
    simulated: bool,
    config: Path | None,
    policies: Path | None,
    as_json: bool,
) -> None:
    """What of the recorded traffic would be judged otherwise on a day than it is today: what, whose, how often.

    Every contact of the last 30 days is judged twice by the policy as it is loaded now: as if it happened today, and as
    if it happened then. Only what matched a rule is ever recorded, so what matched none is unknown.

    \b
    enforcer policy simulate --at 2027-01-01
    enforcer policy simulate --at 2024-09-29T00:00:00-04:00 --now 2024-09-01 --last 2w --store events.sqlite

    Exit codes: 0 done, whatever changes; 1 the store or a file cannot be read, or nothing was ever recorded; 2 the
    command line; 3 the policy or site files.
    """
    now, at = or_now(None if now_text is None else read_instant(now_text)), read_instant(then)
    since = _since(last, now)
    policy = read_policy(policies, config)
    path = store or Path(policy.settings.store)
    found = _found(path, policy, since, (now, at), simulated)
    if as_json:
        head = {"at": iso(at), "now": iso(now), "since": iso(since), "revision": policy.revision, "store": str(path)}
        click.echo(
            json.dumps(head | {"becomes_blocked": found.changed_to(Verdict.BLOCK)} | as_members(found), indent=1)
        )
        return
    click.echo(f"{iso(at)} against today, {iso(now)}, for what was recorded since {iso(since)} in {path}:")
    click.echo(_summary(found))
    click.echo("")
    for line in rows_told(found):
        click.echo(line)


def _found(path: Path, policy: Policy, since: float, times: tuple[float, float], simulated: bool) -> Otherwise:
    now, then = times
    with stored(path) as records:
        events = records.events(since, now + 1, simulated=simulated, kinds=("decision",))
        return at_two_times(policy, events, now, then)


def _since(last: str, now: float) -> float:
    try:
        return parse_instant(last, now=now)
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--last") from None


def _summary(found: Otherwise) -> str:
    clients = {row.client for row in found.rows if row.after is Verdict.BLOCK}
    blocked = found.changed_to(Verdict.BLOCK)
    if not blocked:
        return f"of {number(found.contacts, 'contact')}, nothing more becomes blocked."
    become = "becomes" if blocked == 1 else "become"
    return f"of {number(found.contacts, 'contact')}, {blocked:,} of {number(len(clients), 'client')} {become} blocked."
