"""`enforcer audit tail`: the record as it grows."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from ipaddress import ip_network
from operator import call
from pathlib import Path

import click

from enforcer.audit.formats import BODIES
from enforcer.audit.selection import Selection, Subnet
from enforcer.cli.errors import told
from enforcer.cli.event_line import event_line
from enforcer.cli.options import config_option, policies_option, read_policy, store_option
from enforcer.cli.whole_number import WholeNumber
from enforcer.edge.newcomers import Numbered, newcomers, newest, patiently, recorded
from enforcer.model.calendar import iso
from enforcer.model.event import KINDS
from enforcer.model.names import HostName, NameFault, host_name
from enforcer.model.verdict import SERVICES, Verdict

LINES = 10
MOST, DEEPER = 100_000, 8


def _subnets(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[Subnet, ...]:
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from None


def _names(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[HostName, ...]:
    try:
        return tuple(host_name(text) for text in texts)
    except NameFault as fault:
        raise click.BadParameter(str(fault)) from None


def _choice(option: str, choices: tuple[str, ...], what: str) -> Callable[[click.decorators.FC], click.decorators.FC]:
    return click.option(f"--{option}", f"{option}s", multiple=True, type=click.Choice(choices), help=f"Only {what}.")


@click.command("tail")
@click.option("-n", "--lines", default=LINES, show_default=True, type=WholeNumber(0, MOST), help="Records to begin.")
@click.option("-f/-F", "--follow/--no-follow", default=True, help="Go on as records come (the default), or stop there.")
@_choice("verdict", tuple(verdict.word for verdict in Verdict), "these verdicts")
@_choice("kind", KINDS, "these kinds of record")
@_choice("service", SERVICES, "these services")
@click.option("--vendor", "vendors", multiple=True, metavar="ID", help="Only these vendors.")
@click.option("--ban", "bans", multiple=True, metavar="ID", help="Only what these bans decided.")
@click.option("--client", "clients", multiple=True, metavar="NET", callback=_subnets, help="An address or subnet.")
@click.option("--name", "names", multiple=True, metavar="DOMAIN", callback=_names, help="A name and all below it.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, with number and time of recording.")
@store_option
@click.option("--format", "form", type=click.Choice(tuple(BODIES)), help="A line as a SIEM gets it (docs/siem.md).")
@config_option
@policies_option
@told
def command(
    lines: int,
    follow: bool,
    as_json: bool,
    form: str | None,
    store: Path | None,
    config: Path | None,
    policies: Path | None,
    **chosen: tuple[str, ...],
) -> None:
    """The last records, then each new one as it comes, until Ctrl-C. Works beside the daemon and changes nothing.

    Each choice can be given several times; a record must meet one of each. They are looked for among the last 100,000.
    The number in front of a line is what `enforcer audit explain` takes.

    \b
    enforcer audit tail                                  everything
    enforcer audit tail --verdict block --client 10.1.0.0/16
    enforcer audit tail -n 1000 -F --name kaspersky.com  the last thousand of this name, and no more
    enforcer audit tail --kind error --kind loss --json | your-program
    enforcer audit tail --format cef -n 20 -F            what a collector would get

    Exit codes: 0 done; 1 the store cannot be read; 2 the command line; 3 the policy, if --store is not given.
    """
    path = store or Path(read_policy(policies, config).settings.store)
    selection = Selection(**chosen)  # type: ignore[arg-type] # click's callbacks give each member its own type
    look: Callable[[Callable[[], int]], int] = patiently if follow else call
    last = look(partial(newest, path))
    if follow and not last:
        click.echo(f"nothing is recorded in {path} yet; waiting", err=True)
    read = newcomers if follow else recorded
    shown = False
    for record in read(path, look(partial(_beginning, path, last, lines, selection))):
        if selection.holds(record[2]):
            _show(record, form, as_json)
            shown = True
    if lines and not shown:
        why = f"none of its last {MOST:,} records is chosen by these options" if last else "nothing is recorded there"
        click.echo(f"{path}: {why}", err=True)


def _beginning(path: Path, last: int, lines: int, selection: Selection) -> int:
    """The number behind which the last `lines` records that are chosen stand, or what is looked at ends."""
    depth = lines
    while depth:
        first = max(0, last - depth)
        chosen = [number for number, _, event in recorded(path, first) if selection.holds(event)]
        if len(chosen) >= lines:
            return chosen[-lines] - 1
        if not first or depth == MOST:
            return first
        depth = min(depth * DEEPER, MOST)
    return last


def _show(record: Numbered, form: str | None, as_json: bool) -> None:
    number, made, event = record
    if form:
        click.echo(BODIES[form](event, record=number))
    elif as_json:
        click.echo(json.dumps({"number": number, "recorded": iso(made), **event.as_dict()}))
    else:
        click.echo(f"{number:>8}  {event_line(event, dated=True)}")
