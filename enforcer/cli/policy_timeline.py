"""`enforcer policy timeline`: the phases of bans over a period, as text or as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from enforcer.cli.errors import told
from enforcer.cli.named import bans_named
from enforcer.cli.now import or_now
from enforcer.cli.options import at_option, config_option, json_option, policies_option, read_instant, read_policy
from enforcer.cli.whose import Whose, said_of, whose_options
from enforcer.cli.written import write
from enforcer.model.calendar import iso
from enforcer.policy.timeline import Row, Timeline, doing, timeline
from enforcer.policy.timeline_svg import as_svg
from enforcer.policy.timeline_text import as_text


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    return None if text is None else read_instant(text)


@click.command("timeline")
@click.argument("bans", nargs=-1, metavar="[BAN]...")
@click.option("--from", "since", metavar="DATE", callback=_instant, help="Where the period begins.")
@click.option("--to", "until", metavar="DATE", callback=_instant, help="Where it ends.")
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Draw it into this file; `-` prints it.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII only.")
@at_option
@whose_options
@config_option
@policies_option
@json_option
@told
def command(
    bans: tuple[str, ...],
    since: float | None,
    until: float | None,
    svg: Path | None,
    ascii_only: bool,
    at: float | None,
    group: str | None,
    subjects: tuple[str, ...],
    profile: str | None,
    config: Path | None,
    policies: Path | None,
    as_json: bool,
) -> None:
    """Draw the phases of the adopted bans, or of the BANs named, over a period.

    Without --from and --to the period holds all of their phases and the present. Each phase is drawn as the strictest
    that it does to any service, and dated in the offset of its own law.

    \b
    enforcer policy timeline
    enforcer policy timeline --from 2017-09-01 --to 2019-01-01 --subject us-federal-civilian
    enforcer policy timeline --svg bans.svg          a picture that needs nothing else
    enforcer policy timeline --ascii                 for a terminal without Unicode

    Exit codes: 0 done; 1 a file cannot be read or written; 2 the command line; 3 the policy or site files.
    """
    policy = read_policy(policies, config)
    whom = Whose(group=group, subjects=subjects, profile=profile).group_of(policy)
    line = timeline(policy, whom, or_now(at), since=since, until=until, only=bans_named(policy, bans))
    if line.seconds <= 0:
        raise click.BadParameter(f"the period ends {iso(line.until)}, which is not after {iso(line.since)}")
    head = f"For {said_of(policy, whom)}. Revision {policy.revision}."
    if svg is not None:
        write(svg, as_svg(line, head))
    elif as_json:
        click.echo(json.dumps(_as_json(line, policy.revision), indent=1))
    else:
        for text in (head, "", *as_text(line, ascii_only=ascii_only)):
            click.echo(text)


def _as_json(line: Timeline, revision: str) -> dict[str, Any]:
    return {
        "from": iso(line.since),
        "to": iso(line.until),
        "now": iso(line.now),
        "revision": revision,
        "bans": [_row(row) for row in line.rows],
        "waivers": [
            {"id": one.id, "starts": iso(one.interval.starts), "ends": iso(one.interval.ends or line.until)}
            for one in line.waivers
        ],
    }


def _row(row: Row) -> dict[str, Any]:
    phases = [
        {
            "phase": span.phase.id,
            "starts": iso(span.phase.interval.starts),
            "ends": None if span.phase.interval.ends is None else iso(span.phase.interval.ends),
            "clock": span.phase.clock,
            "verdict": span.verdict.word,
            "doing": doing(span),
        }
        for span in row.spans
    ]
    return {"ban": row.ban.id, "status": row.ban.status, "adopted": row.adopted, "phases": phases}
