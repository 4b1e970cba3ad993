"""`enforcer audit posture`: is it in force now, and was it?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

from enforcer.audit.posture import CoverageView, Posture, Probe, coverage_view, posture
from enforcer.audit.posture_text import posture_text
from enforcer.audit.probing import FREE, is_free, targets
from enforcer.cli.audit import period_of
from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option, policies_option, read_policy, store_option
from enforcer.cli.service import socket_option
from enforcer.edge.all_records import find_records
from enforcer.edge.asking import NobodyListens, ask
from enforcer.edge.clock import Clock
from enforcer.edge.happenings import coverage_of
from enforcer.edge.kernel_view import kernel_view
from enforcer.edge.probes import Place, dns_probes, source_address, system_resolver, tls_probes
from enforcer.model.errors import EdgeError
from enforcer.model.members import to_members
from enforcer.model.observation import Client
from enforcer.model.request import Status
from enforcer.model.settings import TAP
from enforcer.model.state import State
from enforcer.policy.compiled import Policy

UNKNOWN = 3
HTTPS = 443
PATIENCE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The options, but for how it is told."""

    since: str | None
    probe: bool
    resolver: str | None
    server: Place | None
    socket: Path | None
    store: Path | None
    config: Path | None
    policies: Path | None


def _server(_context: click.Context, _option: click.Parameter, text: str | None) -> Place | None:
    if text is None:
        return None
    host, _, port = text.rpartition("]:") if text.startswith("[") else text.partition(":")
    try:
        return str(ip_address(host.strip("[]") or text)), int(port or HTTPS)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no ADDRESS:PORT; write 192.0.2.7:443 or [2001:db8::7]:443") from None


def _resolver(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else str(ip_address(text))
    except ValueError:
        raise click.BadParameter(f"{text!r} is no address") from None


@click.command("posture")
@click.option("--since", metavar="WHEN", help="Coverage from this instant on. Default: 24h ago.")
@click.option("--probe", is_flag=True, help="Try a name of each blocked service, from this machine.")
@click.option("--resolver", metavar="ADDRESS", callback=_resolver, help="Probe by it. Default: this machine's first.")
@click.option("--server", metavar="ADDRESS:PORT", callback=_server, help="Probe with hellos to it too: see above.")
@socket_option
@store_option
@config_option
@policies_option
@json_option
@told
def command(as_json: bool, **wanted: Any) -> None:  # noqa: ANN401 (each by its option)
    """Is it in force now, and was it? Asks the service, looks into the kernel and the record, and probes if told to.

    With --probe a question for one name of each service that is blocked now goes to a resolver: it should be refused.
    With --server as well, a ClientHello for each goes to a server of yours that answers hellos, never to the vendor:
    its connection should be reset. A free name goes beside each kind, so that the failure proves something. Probes go
    the way of this machine's own traffic, are about names that the policy blocks and no others, 64 at most, and are
    on record as this machine's contacts.

    \b
    enforcer audit posture                                  now, and the last 24 hours
    enforcer audit posture --since 30d --json               a month, for a program
    enforcer audit posture --probe --server 192.0.2.7:443   tried, not only told

    Exit codes: 0 in force, without a doubt; 1 in force, with doubts; 2 not in force, or a probe passed; 3 it cannot be
    told: a file cannot be read, or you may not ask. (2 is the command line, too.)
    """
    try:
        found = _found(Wanted(**wanted))
    except EdgeError as error:
        raise EdgeError(error.why, cure=error.cure, code=UNKNOWN) from error
    for line in [json.dumps(to_members(found), indent=2)] if as_json else posture_text(found):
        click.echo(line)
    raise click.exceptions.Exit(found.exit_code)


def _found(wanted: Wanted) -> Posture:
    """Raises EdgeError where nothing can be told, PolicyError."""
    now = Clock().now()
    period = period_of(wanted.since, None, now, simulated=False)
    assert period is not None  # noqa: S101 (only trials have none)
    policy = read_policy(wanted.policies, wanted.config)
    state, unasked = _state(wanted.socket or Path(policy.settings.control.socket))
    path = wanted.store or Path(state.store.path if state else policy.settings.store)
    return posture(
        at=now,
        written_revision=policy.revision,
        state=state,
        unasked=unasked,
        kernel=kernel_view(),
        coverage=None if state and state.simulated else _coverage(path, period, now),
        probes=_probed(policy, state, now, wanted) if wanted.probe else (),
    )


def _state(path: Path) -> tuple[State | None, str]:
    """And why there is none. Raises EdgeError if there is one that cannot be asked."""
    try:
        reply = ask(path, Status(), PATIENCE)
    except NobodyListens as error:
        return None, error.why
    if reply.state is None:
        raise EdgeError(reply.told, cure=reply.cure)
    return reply.state, ""


def _coverage(path: Path, period: tuple[float, float], now: float) -> CoverageView | None:
    records = find_records(path)
    if records is None:
        return None
    with records:
        covered = coverage_of(records, *period, now)
    return coverage_view(covered.gaps, covered.more, *period)


def _probed(policy: Policy, state: State | None, now: float, wanted: Wanted) -> tuple[Probe, ...]:
    """By the service's own clock, which in a trial is another."""
    at = state.at if state else now
    if (state.mode if state else policy.settings.mode) == TAP:
        raise EdgeError("mode tap judges what a mirror shows, not this machine's traffic", cure="leave out --probe")
    resolver = wanted.resolver or system_resolver()
    us = Client(address=ip_address(source_address(resolver)))
    if not is_free(policy, FREE, us, at):
        raise EdgeError(f"the policy is about {FREE}, beside which nothing can be proved", cure="leave out --probe")
    blocked = list(targets(policy, us, at))
    by_name = list(dns_probes(blocked, resolver))
    return (*by_name, *(tls_probes(blocked, wanted.server) if wanted.server else ()))
