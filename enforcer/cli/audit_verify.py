"""`enforcer audit verify`: was the record altered?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from enforcer.audit.chain import Head
from enforcer.audit.verification import members, text
from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option, policies_option, read_policy, store_option
from enforcer.cli.progress import progress_of
from enforcer.edge.signatures import SHORT, read_public_key
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError

ALTERED = 4
_FINGERPRINT = re.compile(rf"[0-9a-fA-F]{{{SHORT},64}}")
_SHORT = re.compile(rf"[0-9a-fA-F]{{1,{SHORT - 1}}}")


def _heads(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Head, ...]:
    return tuple(map(_head, values))


def _head(value: str) -> Head:
    match = re.fullmatch(r"([1-9][0-9]{0,17}):((?:[0-9a-fA-F]{2}){4,32})", value)
    if not match:
        raise click.BadParameter(f"{value!r} is no head; write it as verify prints it, NUMBER:DIGEST")
    return Head(int(match[1]), bytes.fromhex(match[2]))


@click.command("verify")
@store_option
@click.option("--key", "keys", multiple=True, metavar="KEY", help="The public key, a file, or its fingerprint.")
@click.option("--head", "heads", multiple=True, metavar="N:DIGEST", callback=_heads, help="A head noted elsewhere.")
@config_option
@policies_option
@json_option
@told
def command(
    store: Path | None,
    keys: tuple[str, ...],
    heads: tuple[Head, ...],
    config: Path | None,
    policies: Path | None,
    as_json: bool,
) -> None:
    """Was the record altered? Checks each record against the one before it, and all against the signed heads.

    Works offline, on a copy, without the private key, and while the daemon runs. Names the records that are wrong, and
    says which are proven all the same. Checks too that what reports count by agrees with the records.

    --key is what `enforcer audit key` told once: the file, or 16 digits or more of the fingerprint. Without it, the
    key is the one that stands in the store. A head that was noted elsewhere, say in the log of a collector (MSGID
    head), proves besides that nothing up to it was cut off or made anew by whoever has the private key. Both may be
    repeated.

    \b
    enforcer audit verify --key gateway.pub
    enforcer audit verify --store /mnt/copy/events.sqlite --key 3ab4c5d6e7f80912 --head 120417:9f2c64ab01

    Exit codes: 0 intact; 1 the store cannot be read, or there is none; 2 the command line; 3 the policy, if --store
    is not given; 4 altered or damaged.
    """
    asked = _asked(keys, heads)
    path = store or Path(read_policy(policies, config).settings.store)
    with progress_of("records") as tell:
        found = verify(path, asked, tell)
    if found is None:
        raise EdgeError(f"there is no store at {path}", cure="name the store with --store")
    if as_json:
        click.echo(json.dumps(members(found), indent=2))
    else:
        for line in text(found):
            click.echo(line)
    if not found.intact:
        raise click.exceptions.Exit(ALTERED)


def _asked(keys: tuple[str, ...], heads: tuple[Head, ...]) -> Asked:
    """Whatever looks like a fingerprint is one, unless there is such a file. Raises EdgeError."""
    fingerprints = [key for key in keys if _FINGERPRINT.fullmatch(key) and not Path(key).exists()]
    for key in keys:
        if _SHORT.fullmatch(key) and not Path(key).exists():
            why = f"--key {key}: no such file, and too short for a fingerprint"
            raise EdgeError(why, cure=f"give {SHORT} digits or more of it, or the file of the public key")
    files = [read_public_key(Path(key)) for key in keys if key not in fingerprints]
    return Asked(noted=heads, keys=files, fingerprints=fingerprints)
