"""`enforcer policy schema`: JSON Schemas of the files that people write, for their editors."""

from __future__ import annotations

from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.written import write
from enforcer.model.errors import EdgeError
from enforcer.policy.schemas import NOUNS, file_name, schema_text


@click.command("schema")
@click.argument("noun", type=click.Choice(list(NOUNS)), required=False)
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Write it as a file into this folder.")
@told
def command(noun: str | None, output: Path | None) -> None:
    """Print the JSON Schema (draft 7) of a kind of file, or write those of all kinds, for an editor that reads them.

    They are shipped in policies/schemas; .taplo.toml in a checkout tells Taplo and Even Better TOML which file has
    which. A schema knows the shape of one file; `enforcer policy validate` knows all faults.

    \b
    enforcer policy schema site                   print one
    enforcer policy schema --output DIR           write all, as DIR/ban.schema.json and so on
    enforcer policy schema vendor --output DIR    write one

    Exit codes: 0 done; 1 a file cannot be written; 2 the command line.
    """
    if output is None:
        if noun is None:
            raise click.UsageError(f"which one? Name {', '.join(NOUNS)}, or give --output DIR for all of them")
        click.echo(schema_text(noun), nl=False)
        return
    _make(output)
    for one in [noun] if noun else NOUNS:
        write(output / file_name(one), schema_text(one))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cure = "name a folder that this user may write to"
        raise EdgeError(f"cannot make {folder}: {error.strerror}", cure=cure) from error
