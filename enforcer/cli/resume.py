"""`enforcer resume`: ends a pause before its time."""

from __future__ import annotations

from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option
from enforcer.cli.service import socket_option, tell_reply
from enforcer.model.request import Resume


@click.command("resume")
@click.argument("pause", default="", metavar="[PAUSE]")
@socket_option
@config_option
@json_option
@told
def command(pause: str, socket: Path | None, config: Path | None, as_json: bool) -> None:
    """End a pause now, or all that are in force: what the policy blocks is stopped again.

    \b
    enforcer resume                                all pauses
    enforcer resume pause-20261122T140000Z         this one, as `enforcer status` names it

    Exit codes: 0 ended; 1 there is none such, or the service cannot be asked; 2 the command line.
    """
    tell_reply(socket, config, Resume(id=pause), as_json=as_json)
