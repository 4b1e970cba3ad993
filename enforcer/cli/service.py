"""The running service, as the verbs find and ask it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from enforcer.edge.asking import ask
from enforcer.edge.files import read_site
from enforcer.model.errors import EdgeError
from enforcer.model.request import Reply, Request
from enforcer.policy.site_trust import settings_of

socket_option = click.option(
    "--socket",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The control socket to use instead of the site file's.",
)


def socket_path(given: Path | None, config: Path | None) -> Path:
    """Raises EdgeError where there is none."""
    if given is not None:
        return given
    text, name = read_site(config)
    path = settings_of(text).control.socket
    if not path:
        raise EdgeError(f"{name} sets no control socket", cure="set `socket` in [control], or give --socket")
    return Path(path)


def tell_reply(given: Path | None, config: Path | None, request: Request, *, as_json: bool) -> None:
    """Asks, and tells what the service did. Raises EdgeError with its own words if it did not do so.

    A program gets its reply as it is, also a refusal, whose exit code is 1.
    """
    reply = ask(socket_path(given, config), request)
    if as_json:
        click.echo(json.dumps(_members(reply)))
    elif reply.done:
        click.echo(reply.told)
    else:
        raise EdgeError(reply.told, cure=reply.cure)
    if not reply.done:
        raise click.exceptions.Exit(1)


def _members(reply: Reply) -> dict[str, Any]:
    return {"version": 1, "done": reply.done, "told": reply.told, "cure": reply.cure, "pauses": reply.pauses}
