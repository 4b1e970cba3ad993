"""`enforcer policy`: everything about the policies themselves. Each verb in a module of its own."""

from __future__ import annotations

import click

from enforcer.cli.verbs import Verbs

VERBS = {
    "list": "enforcer.cli.policy_list",
    "show": "enforcer.cli.policy_show",
    "timeline": "enforcer.cli.policy_timeline",
    "diff": "enforcer.cli.policy_diff",
    "simulate": "enforcer.cli.policy_simulate",
    "new": "enforcer.cli.policy_new",
    "validate": "enforcer.cli.policy_validate",
    "schema": "enforcer.cli.policy_schema",
    "bundle": "enforcer.cli.policy_bundle",
    "verify": "enforcer.cli.policy_verify",
    "lint": "enforcer.cli.policy_lint",
    "test": "enforcer.cli.policy_test",
    "export": "enforcer.cli.policy_export",
}


@click.command("policy", cls=Verbs, modules=VERBS)
def command() -> None:
    """Look at the policies, test them, compare them, and write new ones.

    \b
    enforcer policy list                         the bans, and which phase of each is in force
    enforcer policy show --at 2024-09-29         service by service: what applies that day, and why
    enforcer policy timeline                     when each phase begins and ends
    enforcer policy lint                         what loads and is still not as it should be
    enforcer policy test                         do they still say what their case files expect
    enforcer policy new ban acme-2027 --country us   begin a ban: the questions to answer
    enforcer policy schema --output DIR          JSON Schemas, for editors
    enforcer policy diff OLD NEW                 whom a change touches, and when
    enforcer policy simulate --at 2027-01-01     what of the recorded traffic becomes blocked that day
    enforcer policy export rpz                   the policy as files for resolvers, IDS and proxies
    """
