"""`enforcer audit key`: the public key by which the record's signatures are checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from enforcer.audit.visible import visible
from enforcer.cli.errors import told
from enforcer.cli.options import config_option, json_option, policies_option, read_policy, store_option
from enforcer.cli.stored import stored
from enforcer.cli.written import write
from enforcer.edge.store_heads import StoreKey
from enforcer.model.calendar import MICROSECONDS, iso
from enforcer.model.errors import EdgeError


@click.command("key")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the public key to a file.")
@store_option
@config_option
@policies_option
@json_option
@told
def command(out: Path | None, store: Path | None, config: Path | None, policies: Path | None, as_json: bool) -> None:
    """The public key that the record is signed with, and its fingerprint.

    Take it to where the gateway's administrators cannot change it, today: `enforcer audit verify --key` proves by it,
    years later, that this gateway wrote the record. The private key stays beside the store, in STORE.key.

    \b
    enforcer audit key
    enforcer audit key --out gateway.pub
    openssl pkey -pubin -in gateway.pub -outform DER | sha256sum        the fingerprint, by another program

    Exit codes: 0 told; 1 the store cannot be read, or nothing is signed; 2 the command line; 3 the policy, if --store
    is not given.
    """
    path = store or Path(read_policy(policies, config).settings.store)
    keys = _keys(path)
    if out is not None:
        write(out, keys[-1].pem)
    if as_json:
        click.echo(json.dumps({"version": 1, "store": str(path), "keys": [_members(key) for key in keys]}, indent=2))
    else:
        _show(keys)


def _keys(path: Path) -> list[StoreKey]:
    with stored(path) as records:
        keys = records.keys()
    if not keys:
        raise EdgeError(f"nothing is signed in {path}", cure="start the daemon once: it signs what it finds")
    return keys


def _since(key: StoreKey) -> str:
    return iso(key.since / MICROSECONDS)


def _members(key: StoreKey) -> dict[str, str]:
    return {"fingerprint": key.fingerprint, "since": _since(key), "pem": key.pem}


def _show(keys: Sequence[StoreKey]) -> None:
    """The newest first: it signs now."""
    for key in reversed(keys):
        for line in key.pem.splitlines():
            click.echo(visible(line))
        click.echo(f"fingerprint {visible(key.fingerprint)}\nsigns since {_since(key)}")
    if len(keys) > 1:
        click.echo(
            f"The store was signed by {len(keys)} keys: the file of the one before was lost or taken away.", err=True
        )
