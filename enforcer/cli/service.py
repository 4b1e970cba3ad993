"""The running service, as the verbs find and ask it."""

from __future__ import annotations

from pathlib import Path

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


def told_by_service(given: Path | None, config: Path | None, request: Request) -> Reply:
    """The reply of a service that did as it was asked. Raises EdgeError with its own words if it did not."""
    reply = ask(socket_path(given, config), request)
    if not reply.done:
        raise EdgeError(reply.told, cure=reply.cure)
    return reply
