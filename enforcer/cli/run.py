"""`enforcer run`: the daemon in the foreground."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import at_option, config_option, json_option, policies_option, store_option
from enforcer.cli.screen import Screen
from enforcer.edge.alerts import Alerts
from enforcer.edge.charge import Charge
from enforcer.edge.clock import Clock
from enforcer.edge.kept import Kept
from enforcer.edge.key_modes import weaknesses
from enforcer.edge.outputs import Outputs
from enforcer.edge.policy_source import Intake
from enforcer.edge.store import Store
from enforcer.edge.supervisor import Supervisor
from enforcer.edge.systemd import ServiceManager
from enforcer.edge.unended import unended
from enforcer.model.errors import EdgeError
from enforcer.model.settings import MODES, Settings
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.compiled import Policy
from enforcer.policy.site_file import RULE_INTERFACE, interfaces_fault

PAUSES = "pauses.json"
"""Beside the event store."""


@click.command("run")
@config_option
@policies_option
@at_option
@store_option
@click.option("--mode", type=click.Choice(MODES), help="Instead of the site file's: see docs/modes.md.")
@click.option("--interface", "interfaces", multiple=True, metavar="NAME", help="The same; may be repeated.")
@click.option(
    "--service", is_flag=True, help="For a service manager: `fail` decides what stays in the kernel at the end."
)
@json_option
@told
def command(
    config: Path | None,
    policies: Path | None,
    at: float | None,
    store: Path | None,
    mode: str | None,
    interfaces: tuple[str, ...],
    service: bool,
    as_json: bool,
) -> None:
    """Enforce on this machine until stopped; put everything back then.

    Watches DNS over UDP and TCP, and the first data of other TCP and QUIC connections, forwarded and this machine's
    own, and allows, observes, flags or blocks by the policy of the hour. Needs root, or CAP_NET_ADMIN and CAP_NET_RAW.
    SIGHUP reads the policy anew; Ctrl-C or SIGTERM stops. docs/install.md has the service.

    \b
    enforcer run                                    with /etc/enforcer/enforcer.toml, if there is one
    enforcer run --config site.toml --store /tmp/e  somewhere else
    enforcer run --mode host                        this machine's own traffic, not what it forwards
    enforcer run --mode tap --interface eth1        a mirror port: seen, recorded, alerted, never stopped
    enforcer run --at 2024-09-28T23:59:30-04:00     a trial: the clock starts there, and events say so

    Exit codes: 0 stopped as told; 1 the host refused; 2 the command line; 3 the policy; 4 a missing capability;
    5 a host that cannot do it (no nft, an old kernel); 6 a queue number that is taken; 70 inspectors keep dying.
    """
    clock = Clock.simulated(at) if at is not None else Clock()
    intake = Intake(policies, config, partial(_overruled, mode, interfaces))
    _run(intake, clock, store, Screen(as_json), service=service)


def _run(intake: Intake, clock: Clock, store: Path | None, screen: Screen, *, service: bool) -> None:
    policy = intake.load()
    gateway = policy.settings.gateway or socket.gethostname()
    with ExitStack() as unwind:
        kept = Store(store or policy.settings.store, make_folder=True)
        stamp = Stamp(gateway=gateway, mode=policy.settings.mode, simulated=clock.trial)
        alerts = Alerts.of(policy.settings, kept.path, stamp, clock)
        outputs = Outputs(clock, stamp, kept, alerts, screen.event, policy.settings.limits)
        unwind.callback(outputs.close)
        manager = ServiceManager.of_this_process()
        unwind.callback(manager.close)
        charge = Charge(
            load=intake.load,
            accept=intake.accept,
            clock=clock,
            gateway=gateway,
            lane_numbers=kept.lane_numbers,
            manager=manager,
            kept=Kept.of_this_process(),
            mode_before=kept.last_run(simulated=clock.trial).mode,
            service=service,
            pauses=None if clock.trial else kept.path.with_name(PAUSES),
            doubts=tuple(weaknesses(kept.path, policy.settings.collectors)),
            unended=tuple if clock.trial else lambda: unended(kept.path, clock.now()),
        )
        supervisor = Supervisor(charge, policy, outputs)
        _serve(
            supervisor,
            lambda: screen.in_force(supervisor.policy, clock, kept.path, _doubts(policy, alerts)),
        )


def _overruled(mode: str | None, interfaces: tuple[str, ...], settings: Settings) -> Settings:
    """What the command line says of the data path. Another mode has no use for the site file's interfaces."""
    same = mode in (None, settings.mode)
    kept = interfaces or (settings.interfaces if same else ())
    if not same:
        settings = replace(settings, flowtable=(), check_senders=())
    settings = replace(settings, mode=mode or settings.mode, interfaces=kept)
    odd = next((f"{name!r} is no interface name" for name in interfaces if not RULE_INTERFACE.fullmatch(name)), "")
    if why := odd or interfaces_fault(settings):
        raise EdgeError(why, cure="see --mode and --interface, or `mode` and `interfaces` of [datapath]", code=2)
    return settings


def _serve(supervisor: Supervisor, announce: Callable[[], None]) -> None:
    supervisor.start()
    try:
        announce()
        supervisor.run()
    finally:
        supervisor.stop()


def _doubts(policy: Policy, alerts: Alerts) -> tuple[str, ...]:
    """What is weaker than one would think, told at the start: the alert of the start itself was just sent."""
    return (*filter(None, (policy.site.restraint,)), *alerts.doubts())
