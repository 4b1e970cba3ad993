"""`enforcer doctor`: what is fine, doubtful or wrong about this gateway, each with its cure."""

from __future__ import annotations

import json
from pathlib import Path

import click

from enforcer.cli.doctor_text import doctor_text, list_text
from enforcer.cli.errors import told
from enforcer.cli.now import or_now
from enforcer.cli.options import config_option, json_option, policies_option
from enforcer.doctor.check import Check
from enforcer.doctor.checks import BY_ID, CHECKS
from enforcer.edge.examination import Gateway
from enforcer.model.errors import EdgeError
from enforcer.policy.spelling import meant

UNKNOWN = 3


def _chosen(_context: click.Context, _option: click.Parameter, ids: tuple[str, ...]) -> tuple[Check, ...]:
    words = [word for one in ids for word in one.split(",") if word]
    for word in words:
        if word not in BY_ID:
            raise click.BadParameter(f"there is no check {word!r}{meant(word, BY_ID)}; --list shows them all")
    return tuple(check for check in CHECKS if check.id in words) if words else CHECKS


@click.command("doctor")
@click.option("--only", "checks", multiple=True, metavar="ID", callback=_chosen, help="These checks alone; `a,b` too.")
@click.option("--list", "listing", is_flag=True, help="What is looked at and why; looks at nothing.")
@config_option
@policies_option
@json_option
@told
def command(
    checks: tuple[Check, ...], listing: bool, config: Path | None, policies: Path | None, as_json: bool
) -> None:
    """Look at this gateway and say what is fine, doubtful or wrong, a line each, with its cure. Changes nothing.

    Works before the service was ever started, and while it runs. As another user than root it says what it could not
    look at. docs/doctor.md has each check, what it means, and its cure.

    \b
    sudo enforcer doctor                           all of it
    enforcer doctor --only marks --only queue      two checks; `--only marks,queue` as well
    enforcer doctor --config new.toml              as if this were the site file
    enforcer doctor --list                         the checks
    enforcer doctor --json | jq '.findings[] | select(.level == "wrong")'

    Exit codes: 0 all is fine; 1 something is doubtful; 2 something is wrong; 3 nothing is, as far as could be looked
    at, or the site file cannot be read. (2 is the command line, too.)
    """
    if listing:
        rows = [{"id": one.id, "looks_at": one.looks_at, "why": one.why} for one in checks]
        for line in [json.dumps({"checks": rows}, indent=1)] if as_json else list_text(checks):
            click.echo(line)
        return
    try:
        found = Gateway(policies, config).examine(checks, or_now(None))
    except EdgeError as error:
        raise EdgeError(error.why, cure=error.cure, code=UNKNOWN) from error
    for line in [json.dumps(found.as_dict(), indent=1)] if as_json else doctor_text(found):
        click.echo(line)
    raise click.exceptions.Exit(found.exit_code)
