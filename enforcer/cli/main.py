"""The `enforcer` command: one group, each verb in a module of its own."""

from __future__ import annotations

import importlib

import click

# Each verb and the module that holds it, loaded when asked for: `enforcer check` needs no SQLite, no netlink.
VERBS = {
    "run": "enforcer.cli.run",
    "check": "enforcer.cli.check",
    "audit": "enforcer.cli.audit",
    "policy": "enforcer.cli.policy",
    "lab": "enforcer.cli.lab",
    "panic-off": "enforcer.cli.panic_off",
}


class Verbs(click.Group):
    """A group whose commands are imported when they are used. A verb's module holds it as `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(VERBS[cmd_name]).command
        assert isinstance(command, click.Command)  # noqa: S101 (a programming fault, not a user's)
        return command


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="egress-enforcer", prog_name="enforcer")
def main() -> None:
    """Observe, flag or block the hosts of restricted vendors, by dated policies.

    \b
    enforcer check dnl-03.geo.kaspersky.com      what applies to this name, and why
    enforcer lab                                 see it work, in namespaces, changing nothing here
    enforcer run                                 enforce on this machine until stopped
    enforcer audit                               what is in force, and what happened
    """
