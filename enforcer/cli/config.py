"""`enforcer config`: the site file. Each verb in a module of its own."""

from __future__ import annotations

import click

from enforcer.cli.verbs import Verbs

VERBS = {
    "init": "enforcer.cli.config_init",
    "check": "enforcer.cli.config_check",
    "show": "enforcer.cli.config_show",
    "migrate": "enforcer.cli.config_migrate",
}


@click.command("config", cls=Verbs, modules=VERBS)
def command() -> None:
    """Write, check and show the site file: who we are, clients, waivers, data path, outputs.

    \b
    enforcer config init      propose one by what is found on this machine, and ask
    enforcer config check     is it without fault, and what does it come to
    enforcer config show      every key with its value, the defaults too
    enforcer config migrate   keys that have other names by now
    """
