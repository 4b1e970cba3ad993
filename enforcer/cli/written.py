"""A file that a verb was told to write."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def file_or_output(path: Path, what: str) -> Iterator[Path]:
    """Where to write what is no text: the file, or, for `-`, one whose content goes to standard output at the end.

    `what` it is, for the refusal where that is a terminal. Raises EdgeError.
    """
    if str(path) != "-":
        yield path
        return
    output = sys.stdout.buffer
    if output.isatty():
        raise EdgeError(f"{what} is nothing for a terminal", cure="name a file, or send it on: > FILE", code=2)
    with _temporary_folder() as folder:
        beside = folder / "output"
        yield beside
        with open(beside, "rb") as made:
            shutil.copyfileobj(made, output)
        output.flush()


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    try:
        made = tempfile.TemporaryDirectory(prefix="enforcer-")
    except OSError as error:
        why = f"cannot make a temporary folder: {error.strerror}"
        raise EdgeError(why, cure="free some space in /tmp, or name another folder by TMPDIR") from error
    with made as folder:
        yield Path(folder)
