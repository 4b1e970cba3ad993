"""`enforcer pause`: for a while, what the policy blocks passes; on record, and over by itself."""

from __future__ import annotations

from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option
from enforcer.cli.service import socket_option, tell_reply
from enforcer.model.instants import parse_length
from enforcer.model.request import MOST_SCOPES, MOST_TEXT, Pause


def _length(_context: click.Context, _option: click.Parameter, text: str) -> int:
    try:
        return parse_length(text)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from None


def _short(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if len(text) > MOST_TEXT or not text.isprintable():
        raise click.BadParameter(f"wanted at most {MOST_TEXT} characters in one line")
    return text


def _few(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    if len(texts) > MOST_SCOPES:
        raise click.BadParameter(f"{len(texts)} are given, {MOST_SCOPES} are allowed")
    return texts


@click.command("pause")
@click.option("--for", "seconds", required=True, metavar="TIME", callback=_length, help="How long: 90s, 10m, 2h.")
@click.option("--reason", required=True, metavar="TEXT", callback=_short, help="Why; it stands in the record.")
@click.option("--ticket", default="", metavar="TEXT", callback=_short, help="Where it was asked for.")
@click.option("--client", "clients", multiple=True, metavar="WHOM", callback=_few, help="Only this client: see above.")
@click.option("--vendor", "vendors", multiple=True, metavar="ID", callback=_few, help="Only this vendor's hosts.")
@socket_option
@config_option
@json_option
@told
def command(
    seconds: int,
    reason: str,
    ticket: str,
    clients: tuple[str, ...],
    vendors: tuple[str, ...],
    socket: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Let what the policy blocks pass for a while: for a test, or to see whether the enforcer is in the way.

    A pause is a waiver: every contact that passes by it is still flagged, alerted, and recorded under the pause's id,
    and who asked for it is on record. It ends by itself at its instant, which the kernel knows too, whether or not the
    service lives then; a restart does not end it. At most `longest_pause` of [control] (8 hours). Ways around DNS that
    [bypass] blocks stay blocked.

    WHOM is a client's address, a network, or a group of the site file. --client and --vendor can be given several
    times; without them the pause is for everybody and everything.

    \b
    enforcer pause --for 10m --reason "is it us who break the update?" --ticket NET-142
    enforcer pause --for 1h --reason "vendor audit" --client 10.1.0.7 --vendor kaspersky
    enforcer resume                                ends it before its time

    Exit codes: 0 paused; 1 refused, with the reason, or the service cannot be asked; 2 the command line.
    """
    if not reason.strip():
        raise click.BadParameter("is empty: a pause is on record, with why", param_hint="--reason")
    request = Pause(seconds=seconds, reason=reason, ticket=ticket, clients=clients, vendors=vendors)
    tell_reply(socket, config, request, as_json=as_json)
