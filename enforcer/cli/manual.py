"""`enforcer manual`: the help of all verbs as manual pages."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.man_page import pages
from enforcer.model.errors import EdgeError


@click.command("manual")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@told
def command(folder: Path) -> None:
    """Write the manual pages into a folder, which is made if need be.

    The Debian package brings them. After an installation by pip:

    \b
    enforcer manual ~/.local/share/man/man1   then: man enforcer-audit-report
    """
    root = click.get_current_context().find_root()
    written = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages(root.command, "enforcer", version("egress-enforcer")):
            (folder / name).write_text(text, encoding="utf-8")
            written += 1
    except OSError as error:
        raise EdgeError(
            f"cannot write into {folder}: {error.strerror}", cure="name a folder that this user may write to"
        ) from error
    click.echo(f"wrote {written} pages into {folder}", err=True)
