"""`enforcer audit`: what is in force, and what happened."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from enforcer.audit.in_force import in_force
from enforcer.audit.report import Report
from enforcer.audit.report_json import members
from enforcer.audit.report_text import text
from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option, policies_option, read_policy, store_option
from enforcer.cli.verbs import Verbs
from enforcer.edge.clock import Clock
from enforcer.edge.several_stores import DAY, happened_at
from enforcer.model.instants import parse_instant
from enforcer.policy.compiled import Policy

VERBS = {
    "report": "enforcer.cli.audit_report",
    "tail": "enforcer.cli.audit_tail",
    "hunt": "enforcer.cli.audit_hunt",
    "explain": "enforcer.cli.audit_explain",
    "replay": "enforcer.cli.audit_replay",
    "verify": "enforcer.cli.audit_verify",
    "posture": "enforcer.cli.audit_posture",
    "key": "enforcer.cli.audit_key",
    "bundle": "enforcer.cli.audit_bundle",
}


def _instant(now: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        try:
            return parse_instant(value, now=now)
        except ValueError as fault:
            raise click.BadParameter(str(fault)) from None

    return read


@click.group("audit", cls=Verbs, modules=VERBS, invoke_without_command=True)
@click.option("--since", metavar="WHEN", help="From this instant on. Default: 24h before --until.")
@click.option("--until", metavar="WHEN", help="Up to this instant, and not including it. Default: now.")
@store_option
@click.option("--simulated", is_flag=True, help="Tell of trials instead of facts; by default, of all of them.")
@config_option
@policies_option
@json_option
@click.pass_context
@told
def command(
    ctx: click.Context,
    since: str | None,
    until: str | None,
    store: Path | None,
    simulated: bool,
    config: Path | None,
    policies: Path | None,
    as_json: bool,
) -> None:
    """What is in force, and what happened: by phase, client, service and action.

    Says what was stopped and what passed, and why; what the service did itself; and when nobody watched. Works
    while the daemon runs, and changes nothing. Trials (`enforcer run --at`) are never counted among facts.

    WHEN is RFC 3339 with its offset, a day (then 00:00 UTC), or a time back from now: 90s, 30m, 24h, 7d, 2w.

    \b
    enforcer audit                                        now, and the last 24 hours
    enforcer audit --since 7d --json                      a week, for a program
    enforcer audit --since 2024-09-29T00:00:00-04:00 --until 2024-10-01
    enforcer audit --store /mnt/copy/events.sqlite        a copy, from anywhere
    enforcer audit --simulated                            what a trial did

    Exit codes: 0 told, even if there is no store yet; 1 the store cannot be read; 2 the command line; 3 the policy.
    """
    if ctx.invoked_subcommand is not None:
        return
    now = Clock().now()
    period = period_of(since, until, now, simulated)
    policy = read_policy(policies, config)
    report = report_of(policy, (store,) if store else (), period, simulated, now)
    for line in [json.dumps(members(report), indent=2)] if as_json else text(report):
        click.echo(line)


def period_of(
    since: str | None, until: str | None, now: float, simulated: bool, *, length: float = DAY
) -> tuple[float, float] | None:
    """None for all of time, which is the default for trials: they stand at any date, often years away."""
    if simulated and since is None and until is None:
        return None
    read = _instant(now)
    ends = read(until) if until else now
    starts = read(since) if since else ends - length
    if ends <= starts:
        raise click.BadParameter("the end is not after the beginning", param_hint="--since, --until")
    return starts, ends


def report_of(
    policy: Policy, stores: Sequence[Path], period: tuple[float, float] | None, simulated: bool, now: float
) -> Report:
    """What is in force now, and what happened in that period by these stores, or by the policy's own."""
    paths = stores or (Path(policy.settings.store),)
    return Report(
        in_force=in_force(policy, now),
        store=", ".join(map(str, paths)),
        simulated=simulated,
        happened=happened_at(paths, period, simulated=simulated, now=now),
    )
