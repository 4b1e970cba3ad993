"""`enforcer policy`: everything about the policies themselves. Each verb in a module of its own."""

from __future__ import annotations

import importlib

import click

# Loaded when asked for, as in main.py. A verb's module holds it as `command`.
VERBS = {
    "list": "enforcer.cli.policy_list",
    "show": "enforcer.cli.policy_show",
    "timeline": "enforcer.cli.policy_timeline",
    "diff": "enforcer.cli.policy_diff",
    "simulate": "enforcer.cli.policy_simulate",
    "new": "enforcer.cli.policy_new",
    "validate": "enforcer.cli.policy_validate",
    "bundle": "enforcer.cli.policy_bundle",
    "verify": "enforcer.cli.policy_verify",
    "lint": "enforcer.cli.policy_lint",
    "test": "enforcer.cli.policy_test",
    "export": "enforcer.cli.policy_export",
}


class PolicyVerbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(VERBS[cmd_name]).command
        assert isinstance(command, click.Command)  # noqa: S101 (a programming fault, not a user's)
        return command


@click.command("policy", cls=PolicyVerbs)
def command() -> None:
    """Look at the policies, test them, compare them, and write new ones.

    \b
    enforcer policy list                         the bans, and which phase of each is in force
    enforcer policy show --at 2024-09-29         service by service: what applies that day, and why
    enforcer policy timeline                     when each phase begins and ends
    enforcer policy lint                         what loads and is still not as it should be
    enforcer policy test                         do they still say what their case files expect
    enforcer policy new ban acme-2027 --country us   begin a ban: the questions to answer
    enforcer policy diff OLD NEW                 whom a change touches, and when
    enforcer policy simulate --at 2027-01-01     what of the recorded traffic becomes blocked that day
    enforcer policy export rpz                   the policy as files for resolvers, IDS and proxies
    """
