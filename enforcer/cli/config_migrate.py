"""`enforcer config migrate`: the site file with today's names of its keys."""

from __future__ import annotations

from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import config_option
from enforcer.edge.files import SITE_FILE, read_site
from enforcer.edge.text_files import write_bytes
from enforcer.model.errors import EdgeError
from enforcer.policy.site_renames import rewritten
from enforcer.policy.site_trust import check_site

BEFORE = ".before-migrate"


@click.command("migrate")
@click.option("--write", is_flag=True, help="Replace the file, and keep the old one beside it.")
@config_option
@told
def command(write: bool, config: Path | None) -> None:
    """Write keys of the site file by the names that they have today; all else stays, comments too.

    An old name goes on being read, so this can wait: `enforcer config check` says which are old. An older program does
    not know the new names: keep the old file, FILE.before-migrate, for a way back.

    \b
    enforcer config migrate                        what it would be
    enforcer config migrate --write && enforcer config check

    Exit codes: 0 done, or nothing to do; 1 a file cannot be read or written, or only by hand; 3 faults.
    """
    text, name = read_site(config)
    check_site(text, name)
    try:
        new = rewritten(text)
    except ValueError as fault:
        raise EdgeError(f"{name}: {fault}", cure="write it by hand as `enforcer config check` says") from fault
    if not write:
        click.echo(new, nl=False)
    elif new == text:
        click.echo(f"{name}: every key has today's name")
    else:
        _replace(config or SITE_FILE, text, new)
        click.echo(f"rewrote {name}; as it was: {name}{BEFORE}")


def _replace(path: Path, text: str, new: str) -> None:
    """Raises EdgeError; then the file is as it was."""
    mode = path.stat().st_mode & 0o777
    write_bytes(path.with_name(path.name + BEFORE), text.encode(), mode)
    write_bytes(path, new.encode(), mode)
