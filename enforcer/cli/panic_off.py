"""`enforcer panic-off`: takes our rules out of the kernel, whatever state they are in, and says so in the record."""

from __future__ import annotations

import json
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option, store_option
from enforcer.edge import kernel, sole
from enforcer.edge.panic import NotRecorded, recorded, stays_away
from enforcer.edge.running import running
from enforcer.model.errors import EdgeError


@click.command()
@config_option
@store_option
@json_option
@told
def command(config: Path | None, store: Path | None, as_json: bool) -> None:
    """Remove every rule of the enforcer from this machine, now.

    For when the daemon was killed, hangs, or is under suspicion. Needs root, and no policy; where no service runs, the
    site file says where the record is. Traffic passes unjudged afterwards. A daemon that still runs puts nothing back,
    whatever it finds, until `enforcer reload` or a restart: stop it too if it shall stay off. See docs/operate.md.

    \b
    enforcer panic-off
    systemctl stop enforcer                        and it stays off

    Exit codes: 0 no rule of ours is left; 1 somebody puts them back; 4 a missing capability.
    """
    kernel.require_capabilities("CAP_NET_ADMIN")
    runs = sole.is_claimed()
    removed = kernel.uninstall(stay_off=runs)
    if not as_json:
        _tell_removed(removed)
    again = stays_away(stay_off=runs) if removed or runs else ()
    record = _record(config, store) if removed or again else ""
    if as_json:
        members = {"version": 1, "removed": removed, "came_back": again, "record": record, "service_runs": runs}
        click.echo(json.dumps(members))
    elif record:
        click.echo(record)
    if again:
        raise EdgeError(
            f"they come back as soon as they are removed: {', '.join(again)}",
            cure="stop whoever puts them there (`nft monitor` shows it): systemctl stop enforcer, then again",
        )
    if runs and not as_json:
        click.echo("the service still runs: it puts nothing back until `enforcer reload` or a restart")


def _tell_removed(removed: tuple[str, ...]) -> None:
    for what in removed:
        click.echo(f"removed {what}")
    if not removed:
        click.echo("nothing to remove: no rule of the enforcer was in force")


def _record(config: Path | None, store: Path | None) -> str:
    """Where it stands; empty if nowhere. After the rules are gone: nothing that fails here brings one back."""
    try:
        return recorded(config, store, running())
    except (NotRecorded, OSError) as fault:
        click.echo(f"NOT ON RECORD: {fault}; write down that it was done, when and why", err=True)
        return ""
