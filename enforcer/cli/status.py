"""`enforcer status`: how the running service stands."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import NoReturn

import click

from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option
from enforcer.cli.service import socket_option, socket_path
from enforcer.cli.status_text import status_text
from enforcer.edge import kernel
from enforcer.edge.asking import NobodyListens, ask
from enforcer.model.errors import EdgeError
from enforcer.model.request import Status
from enforcer.model.state import Standing, State

WELL, DOUBTS, NOT_ENFORCING, UNKNOWN = 0, 1, 2, 3
PATIENCE = 10.0
EVERY = 2.0


def exit_code(state: State, *, tap: bool = False) -> int:
    """`tap`: at a mirror nothing more is wanted than to see."""
    wanted = (Standing.IN_FORCE, Standing.SEEN_ONLY) if tap else (Standing.IN_FORCE,)
    if state.standing not in wanted:
        return NOT_ENFORCING
    partly = any(one.pause for one in state.waivers)
    return DOUBTS if state.doubts or partly else WELL


@click.command("status")
@click.option("--watch", is_flag=True, help=f"Again every {EVERY:.0f} seconds until Ctrl-C.")
@click.option("--tap", is_flag=True, help="Mode tap is what is wanted here, and no fault.")
@socket_option
@config_option
@json_option
@told
def command(watch: bool, tap: bool, socket: Path | None, config: Path | None, as_json: bool) -> None:
    """How the running service stands: mode, phases in force, next boundary, doubts, rates, last alerts.

    For root, the service's user, and the `group` of [control]. The exit codes are those of monitoring plug-ins.

    \b
    enforcer status                                for a person
    enforcer status --watch                        again and again
    enforcer status --json | jq .standing          for a program; docs/state.schema.json describes it

    Exit codes: 0 in force and well; 1 in force, with doubts, or paused in part; 2 not enforcing: paused, the rules are
    gone, mode tap (without --tap), or the service is not running; 3 it cannot be told: no permission to ask, no answer.
    (Elsewhere 2 is the command line; it is here too.)
    """
    path = _path(socket, config)
    if watch and not as_json:
        _watch(path)
        return
    try:
        state = _asked(path)
    except NobodyListens as error:
        _not_running(error, as_json)
    if as_json:
        click.echo(json.dumps(state.as_dict(), indent=2))
    else:
        for line in status_text(state):
            click.echo(line)
    raise click.exceptions.Exit(exit_code(state, tap=tap))


def _path(socket: Path | None, config: Path | None) -> Path:
    try:
        return socket_path(socket, config)
    except EdgeError as error:
        raise EdgeError(error.why, cure=error.cure, code=UNKNOWN) from error


def _asked(path: Path) -> State:
    """Raises NobodyListens, else EdgeError with UNKNOWN."""
    try:
        reply = ask(path, Status(), PATIENCE)
    except NobodyListens:
        raise
    except EdgeError as error:
        raise EdgeError(error.why, cure=error.cure, code=UNKNOWN) from error
    if reply.state is None:
        raise EdgeError(reply.told, cure=reply.cure, code=UNKNOWN)
    return reply.state


def _not_running(error: EdgeError, as_json: bool) -> NoReturn:
    left = _left()
    if as_json:
        told = {"standing": "not-running", "why": error.why, "cure": error.cure, "left_in_kernel": left}
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(click.style(f"not running: {error.why}", fg="red", bold=True))
        for table in left or ():
            click.echo(f"  left in the kernel by an earlier run: {table}")
        if left == []:
            click.echo("  no rule of ours is in the kernel: all traffic passes")
        click.echo(f"cure: {error.cure}")
    raise click.exceptions.Exit(NOT_ENFORCING)


def _left() -> list[str] | None:
    """Our tables that stand in the kernel; None if we may not look."""
    try:
        return list(kernel.standing())
    except EdgeError:
        return None


def _watch(path: Path) -> None:
    """Until Ctrl-C, also while the service is away."""
    before: State | None = None
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            try:
                state = _asked(path)
                lines = list(status_text(state, before))
                before = state
            except EdgeError as error:
                lines, before = [click.style(error.why, fg="red"), f"cure: {error.cure}"], None
            click.clear()
            click.echo("\n".join(lines))
            time.sleep(EVERY)
