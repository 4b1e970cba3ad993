"""`enforcer config show`: every key of the site file, with its value."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option, policies_option
from enforcer.edge.policy_source import read_source
from enforcer.policy.schema_site import site_schema
from enforcer.policy.site_shown import as_toml, keys


@click.command("show")
@config_option
@policies_option
@json_option
@told
def command(config: Path | None, policies: Path | None, as_json: bool) -> None:
    """Print the site file with everything that it leaves out; what is a default says so.

    What is printed is a site file itself. A file with a fault is not shown: `enforcer config check` tells the faults.

    \b
    enforcer config show                           /etc/enforcer/enforcer.toml, or all defaults where there is none
    enforcer config show --config site.toml --json

    Exit codes: 0 shown; 1 a file cannot be read; 3 faults.
    """
    source = read_source(policies, config)
    source.load(looking=True)
    rows = list(keys(tomllib.loads(source.site), site_schema()))
    if as_json:
        members = [{"table": row.table, "key": row.key, "value": row.value, "given": row.given} for row in rows]
        click.echo(json.dumps({"file": source.site_name, "keys": members}, indent=1, default=str))
        return
    click.echo(f"# {source.site_name}")
    for line in as_toml(rows):
        click.echo(line)
