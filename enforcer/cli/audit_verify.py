"""`enforcer audit verify`: was the record altered?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from enforcer.audit.chain import Head, prove
from enforcer.audit.verification import Verification, members, text
from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option, policies_option, read_policy, store_option
from enforcer.edge.records import Records
from enforcer.model.errors import EdgeError

ALTERED = 4


def _head(_context: click.Context, _option: click.Parameter, value: str | None) -> Head | None:
    if value is None:
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,17}):((?:[0-9a-fA-F]{2}){4,32})", value)
    if not match:
        raise click.BadParameter(f"{value!r} is no head; write it as verify prints it, NUMBER:DIGEST")
    return Head(int(match[1]), bytes.fromhex(match[2]))


@click.command("verify")
@store_option
@click.option("--head", metavar="N:DIGEST", callback=_head, help="A head that was noted elsewhere.")
@config_option
@policies_option
@json_option
@told
def command(store: Path | None, head: Head | None, config: Path | None, policies: Path | None, as_json: bool) -> None:
    """Was the record altered? Checks every record against the one before it, and names the first that is wrong.

    Works offline, on a copy, and while the daemon runs. Checks too that what reports count by agrees with the
    records. A head that was noted elsewhere, say in a log of another machine, proves besides that nothing up to
    it was cut off or made anew.

    \b
    enforcer audit verify
    enforcer audit verify --store /mnt/copy/events.sqlite --head 120417:9f2c64ab01

    Exit codes: 0 intact; 1 the store cannot be read, or there is none; 2 the command line; 3 the policy, if --store
    is not given; 4 altered.
    """
    path = store or Path(read_policy(policies, config).settings.store)
    records = Records.find(path)
    if records is None:
        raise EdgeError(f"there is no store at {path}", cure="name the store with --store")
    with records:
        found = Verification(
            store=str(path),
            proof=prove(records.kept(), head),
            misfiled=records.misfiled(),
            miscounted=records.miscounted(),
            noted=head is not None,
        )
    if as_json:
        click.echo(json.dumps(members(found), indent=2))
    else:
        for line in text(found):
            click.echo(line)
    if not found.intact:
        raise click.exceptions.Exit(ALTERED)
