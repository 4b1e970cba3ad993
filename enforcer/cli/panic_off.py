"""`enforcer panic-off`: takes our rules out of the kernel, whatever state they are in."""

from __future__ import annotations

import click

from enforcer.cli.errors import told
from enforcer.edge import kernel, sole


@click.command()
@told
def command() -> None:
    """Remove every rule of the enforcer from this machine, now.

    For when the daemon was killed, hangs, or is under suspicion. Needs root, and no policy or site file. Traffic passes
    unjudged afterwards; a daemon that still runs records it, and puts nothing back until it is told to (SIGHUP).

    \b
    enforcer panic-off    then: nft list ruleset shows nothing of ours
    """
    kernel.require_capabilities("CAP_NET_ADMIN")
    removed = kernel.uninstall(stay_off=sole.is_claimed())
    for what in removed:
        click.echo(f"removed {what}")
    if not removed:
        click.echo("nothing to remove: no rule of the enforcer was in force")
