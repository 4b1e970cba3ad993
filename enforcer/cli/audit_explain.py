"""`enforcer audit explain`: the whole story of one record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from enforcer.audit.chain import is_linked
from enforcer.audit.record_story import Story, members, story
from enforcer.audit.story_rows import rows
from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option, policies_option, read_policy, store_option
from enforcer.cli.stored import stored
from enforcer.cli.wrapped import wrapped
from enforcer.model.errors import EdgeError
from enforcer.policy.compiled import Policy

ALTERED = 4
GUTTER = 9


def _number(_context: click.Context, _argument: click.Parameter, text: str) -> int:
    """Raises BadParameter."""
    if re.fullmatch("[0-9]{1,19}", text, re.ASCII) and 0 < int(text) < 2**63:
        return int(text)
    raise click.BadParameter(
        f"{text!r} is no record's number: each line of `enforcer audit tail` begins with one, from 1"
    )


@click.command("explain")
@click.argument("number", callback=_number, metavar="NUMBER")
@store_option
@config_option
@policies_option
@json_option
@told
def command(number: int, store: Path | None, config: Path | None, policies: Path | None, as_json: bool) -> None:
    """The whole story of one record: who, what, when, why, by which text of which law, and whether it is unaltered.

    NUMBER is the record's, as `enforcer audit tail` shows it. The policy at hand judges the same contact again, at the
    instant of the record: if that is another revision and it says otherwise, both are told.

    \b
    enforcer audit explain 1204
    enforcer audit explain 1204 --store /mnt/copy/events.sqlite --json

    Exit codes: 0 told; 1 the store cannot be read, or has no such record; 2 the command line; 3 the policy; 4 the
    record was altered.
    """
    policy = read_policy(policies, config)
    found = _story(store or Path(policy.settings.store), number, policy)
    if as_json:
        click.echo(json.dumps(members(found), indent=2))
    else:
        for label, line in rows(found):
            click.echo("\n".join(_under(label, line)))
    if not found.intact:
        raise click.exceptions.Exit(ALTERED)


def _under(label: str, line: str) -> list[str]:
    lines = wrapped(line, indent=GUTTER)
    return [label.ljust(GUTTER) + lines[0].lstrip(), *lines[1:]] if lines else [label]


def _story(path: Path, number: int, policy: Policy) -> Story:
    with stored(path) as records:
        kept, event = records.one(number), records.event(number)
        if kept is None or event is None:
            raise EdgeError(f"{path} has no record {number}", cure=f"its records go up to {records.newest()}")
        before = records.digest(number - 1)
    return story(policy, kept, event, intact=is_linked(kept, before))
