"""A file that a verb was told to write."""

from __future__ import annotations

from pathlib import Path

import click

from enforcer.model.errors import EdgeError


def write(path: Path, text: str) -> None:
    """Writes the file, or prints it where the path is `-`. Raises EdgeError."""
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EdgeError(
            f"cannot write {path}: {error.strerror}", cure="name a file in a folder that this user may write to"
        ) from error
    click.echo(f"wrote {path}", err=True)
