"""`enforcer reload`: the running service reads its policy anew, and says how that went."""

from __future__ import annotations

from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option
from enforcer.cli.service import socket_option, tell_reply
from enforcer.model.request import Reload


@click.command("reload")
@socket_option
@config_option
@json_option
@told
def command(socket: Path | None, config: Path | None, as_json: bool) -> None:
    """Let the running service read its policy and site file anew, and wait for the outcome.

    What is broken is refused, and what was in force stays so. It also puts the rules back that `enforcer panic-off`
    took out. For root, the service's user, and the `group` of [control].

    \b
    enforcer policy validate && enforcer reload

    Exit codes: 0 the new policy is in force; 1 refused, with the reason, or the service cannot be asked; 2 the command
    line.
    """
    tell_reply(socket, config, Reload(), as_json=as_json)
