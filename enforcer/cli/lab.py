"""`enforcer lab`: the story of the ban, played in namespaces on this machine."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from enforcer.cli.errors import told
from enforcer.lab import show
from enforcer.lab.daemon import ENFORCER, SITE, STORE, Daemon
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.outcome import Result
from enforcer.lab.servers import CAPTURE, LOG_LINES, Servers
from enforcer.lab.story import Scene, scenes
from enforcer.lab.walk import Walk
from enforcer.model.verdict import Profile

NAMES = [scene.name for scene in scenes(Profile.STATUTORY)]
AUDIT = ("audit", "--simulated", "--config", SITE, "--store", STORE)
_SHELL = """
You are the client, a host behind the gateway; the clock of its enforcer started at {at}. Try:
    dig s07.upd.kaspersky.com            dig opentip.kaspersky.com
    curl https://www.example.org/        curl --resolve s07.upd.kaspersky.com:443:198.51.100.7 https://s07.upd.kaspersky.com/
    cat /run/lab/{log}         (what rsyslog has read)
`exit` ends the lab.
"""


@click.command("lab")
@click.option("--scene", "chosen", type=click.Choice(NAMES), multiple=True, help="Only this scene; may be repeated.")
@click.option(
    "--profile",
    type=click.Choice([one.value for one in Profile]),
    default=Profile.STATUTORY.value,
    show_default=True,
    help="How far the site goes.",
)
@click.option(
    "--keep-logs", type=click.Path(path_type=Path), metavar="DIR", help="Copy captures, logs and the store there."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option("--shell", is_flag=True, help="Instead of the story: a shell on the client, in the last scene chosen.")
@told
def command(chosen: tuple[str, ...], profile: str, keep_logs: Path | None, as_json: bool, shell: bool) -> None:
    """See it work: three hosts in namespaces, real servers, the real daemon, and the days of the ban.

    Works as root and as a normal user, changes nothing on this machine, and leaves nothing behind. Takes about
    half a minute.

    \b
    enforcer lab                       the whole story
    enforcer lab --profile protective  as a careful organisation would have it
    enforcer lab --scene boundary      only midnight of 29 September 2024
    enforcer lab --shell               look around by yourself

    Exit codes: 0 all as expected; 1 something was not, or the lab cannot be built.
    """
    signal.signal(signal.SIGTERM, _end)
    play = [scene for scene in scenes(profile) if not chosen or scene.name in chosen]
    begun = time.monotonic()
    _progress(as_json, "building client, gateway and internet; starting Unbound, nginx and rsyslog")
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        if shell:
            _shell(hosts, play[-1], profile)
            return
        results = _play(Walk(hosts, servers, profile), play, as_json)
        audit = _audit(hosts.gateway, as_json)
        captured = servers.stop_capture()
        if keep_logs:
            _keep(hosts.gateway, keep_logs)
    _conclude(results, audit, captured, time.monotonic() - begun, as_json)
    if any(result.faults for result in results):
        sys.exit(1)


def _play(walk: Walk, play: list[Scene], as_json: bool) -> list[Result]:
    results = []
    for scene in play:
        if not as_json:
            _show(show.scene(scene))
        for result in walk.scene(scene):
            results.append(result)
            if not as_json:
                _show(show.result(result))
    return results


def _audit(gateway: Host, as_json: bool) -> str:
    """What `enforcer audit` says of the lab's store."""
    form = ("--json",) if as_json else ()
    return gateway.must(*ENFORCER, *AUDIT, *form)


def _conclude(results: list[Result], audit: str, captured: str, seconds: float, as_json: bool) -> None:
    if as_json:
        steps = [show.as_dict(result) for result in results]
        ok = not any(result.faults for result in results)
        click.echo(json.dumps({"ok": ok, "steps": steps, "capture": captured, "audit": json.loads(audit)}, indent=1))
        return
    click.echo(f"\n── What the record says\n\n   gateway# enforcer {' '.join(AUDIT)}\n")
    click.echo("".join(f"   {line}\n" for line in audit.splitlines()), nl=False)
    _show(show.summary(results, seconds))


def _keep(gateway: Host, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    kept = [CAPTURE, LOG_LINES, Path(STORE).name, *(path.name for path in gateway.file("").glob("*.log"))]
    for name in kept:
        if gateway.file(name).exists():
            shutil.copyfile(gateway.file(name), folder / name)


def _shell(hosts: Hosts, scene: Scene, profile: str) -> None:
    daemon = Daemon(hosts.gateway, at=scene.at, profile=profile)
    daemon.start()
    click.echo(_SHELL.format(at=scene.at, log=LOG_LINES))
    hosts.client.attend("bash", "--norc", "-i")
    daemon.stop()


def _progress(as_json: bool, words: str) -> None:
    if not as_json:
        click.echo(f"{words} …")


def _show(lines: Iterable[show.Line]) -> None:
    for text, colour in lines:
        click.secho(text, fg=colour)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Ended from outside: unwind as for any other end."""
    sys.exit(143)
