"""The `enforcer` command: one group, each verb in a module of its own."""

from __future__ import annotations

import click

from enforcer.cli.verbs import Verbs

VERBS = {
    "run": "enforcer.cli.run",
    "status": "enforcer.cli.status",
    "doctor": "enforcer.cli.doctor",
    "reload": "enforcer.cli.reload",
    "pause": "enforcer.cli.pause",
    "resume": "enforcer.cli.resume",
    "check": "enforcer.cli.check",
    "audit": "enforcer.cli.audit",
    "policy": "enforcer.cli.policy",
    "config": "enforcer.cli.config",
    "lab": "enforcer.cli.lab",
    "panic-off": "enforcer.cli.panic_off",
    "manual": "enforcer.cli.manual",
    "completion": "enforcer.cli.completion",
}


@click.command(cls=Verbs, modules=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="egress-enforcer", prog_name="enforcer")
def main() -> None:
    """Observe, flag or block the hosts of restricted vendors, by dated policies.

    \b
    enforcer check dnl-03.geo.kaspersky.com      what applies to this name, and why
    enforcer lab                                 see it work, in namespaces, changing nothing here
    enforcer run                                 enforce on this machine until stopped
    enforcer status                              how the running service stands
    enforcer doctor                              what is wrong with this gateway, and its cure
    enforcer audit                               what is in force, and what happened
    """
