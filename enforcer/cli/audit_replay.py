"""`enforcer audit replay`: what recorded traffic comes to under the policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

import click

from enforcer.audit.log_forms import NAMES
from enforcer.audit.replayed import Replayed
from enforcer.audit.replayed_text import members, text
from enforcer.cli.errors import told
from enforcer.cli.options import at_option, config_option, json_option, policies_option, read_policy
from enforcer.cli.progress import progress
from enforcer.cli.whole_number import WholeNumber
from enforcer.edge.clock import Clock
from enforcer.edge.recordings import STANDARD_INPUT
from enforcer.edge.replay import Keep, Task
from enforcer.edge.replay_jobs import at_once, cores, one_by_one
from enforcer.edge.zones import local_zone, zone
from enforcer.model.event import Event

UNREAD = 1


def _zone(_context: click.Context, _option: click.Parameter, value: str | None) -> tzinfo:
    try:
        return local_zone() if value is None else zone(value)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from None


@click.command("replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@at_option
@click.option("--form", type=click.Choice(NAMES), help="The form of the logs, if it is not seen by itself.")
@click.option("--zone", metavar="ZONE", callback=_zone, help="Of times without an offset. Default: this machine's.")
@click.option("--events", "as_events", is_flag=True, help="Each contact that a rule is about, as JSON, a line each.")
@click.option("--jobs", type=WholeNumber(1, 64), metavar="N", help="Files at a time. Default: a core for each.")
@json_option
@config_option
@policies_option
@told
def command(
    files: tuple[Path, ...],
    at: float | None,
    form: str | None,
    zone: tzinfo,
    as_events: bool,
    jobs: int | None,
    as_json: bool,
    config: Path | None,
    policies: Path | None,
) -> None:
    """What recorded traffic comes to: each contact judged at its own time, or all of them `--at` another.

    Reads captures (pcap, pcapng), logs of Zeek (dns, ssl, http, quic), Suricata (EVE), dnsmasq, Unbound, BIND, Squid
    and of proxies in the combined form, dnstap files, and Pi-hole's database; plain, gzip or zstd; `-` is the standard
    input. The form is seen by itself. Nothing is recorded, and nothing is changed.

    \b
    enforcer audit replay office.pcapng.gz /var/log/dnsmasq.log*
    enforcer audit replay dns.log.gz ssl.log.gz --at 2024-09-29T00:00:00-04:00
    enforcer audit replay eve.json --events | your-program
    journalctl -u unbound -o short-iso | enforcer audit replay - --form unbound

    Exit codes: 0 done; 1 a file could not be read, or not to its end; 2 the command line; 3 the policy.
    """
    policy = read_policy(policies, config)
    task = Task(policy=policy, zone=zone, now=Clock().now(), at=at, form=form or "")
    results, failures = _results(files, task, as_events, jobs)
    if as_json:
        click.echo(json.dumps(members(results, policy.revision, at), indent=2))
    elif results and not as_events:
        click.echo("\n".join(text(results, policy.revision, at)))
    for why, cure in failures:
        click.echo(f"enforcer: {why}\ncure: {cure}", err=True)
    if failures or any(one.broken for one in results):
        raise click.exceptions.Exit(UNREAD)


def _results(
    files: Sequence[Path], task: Task, as_events: bool, jobs: int | None
) -> tuple[list[Replayed], list[tuple[str, str]]]:
    results: list[Replayed] = []
    failures: list[tuple[str, str]] = []
    keep: Keep = _print if as_events else _forget
    at_a_time = min(jobs or cores(), len(files))
    with progress(files) as read:
        alone = as_events or at_a_time == 1 or Path(STANDARD_INPUT) in files
        found = one_by_one(files, task, keep, read) if alone else at_once(files, task, at_a_time, read)
        for one in found:
            if isinstance(one, Replayed):
                results.append(one)
            else:
                failures.append(one)
    order = {str(path): place for place, path in enumerate(files)}
    return sorted(results, key=lambda one: order[one.path]), failures


def _print(event: Event) -> None:
    click.echo(event.canonical())


def _forget(_event: Event) -> None:
    pass
