"""`enforcer policy verify`: whether a bundle is what a key signed, and what it holds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import json_option
from enforcer.edge.policy_source import read_bundle
from enforcer.edge.signatures import SHORT, PublicKey, read_public_key
from enforcer.model.calendar import iso
from enforcer.policy.bundle import Bundle
from enforcer.policy.compiled import Policy
from enforcer.policy.lists import Lists
from enforcer.policy.load import load


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "keys",
    type=click.Path(path_type=Path),
    metavar="PUBLIC",
    required=True,
    multiple=True,
    help="A public key in PEM. May be given several times: one of them must have signed.",
)
@json_option
@told
def command(bundle: Path, keys: tuple[Path, ...], as_json: bool) -> None:
    """Check a bundle as the daemon would: its signature, each file, and that the policies load without fault.

    Whether it is older than one that was in force on some gateway, only that gateway can tell.

    \b
    openssl pkey -in lawyer.pem -pubout -out lawyer.pub
    enforcer policy verify policies.bundle --key lawyer.pub
    enforcer policy verify policies.bundle --key old.pub --key new.pub --json

    Exit codes: 0 good; 1 a file cannot be read; 2 the command line; 3 not signed by these keys, changed, or faulty.
    """
    trusted = [read_public_key(key) for key in keys]
    found = read_bundle(bundle, trusted)
    policy = load(found.policies, lists=Lists(open=found.open_list), bypass=found.bypass)
    signer = next(key for key in trusted if key.fingerprint == found.signer)
    if as_json:
        click.echo(json.dumps(_members(bundle, found, signer), indent=1))
    else:
        click.echo("\n".join(_lines(bundle, found, policy, signer)))


def _lines(path: Path, bundle: Bundle, policy: Policy, signer: PublicKey) -> list[str]:
    manifest = bundle.manifest
    lists = f", lists: {len(manifest.lists)}" if manifest.lists else ""
    return [
        f"{path}: good, signed by {signer.path} (key {signer.fingerprint[:SHORT]})",
        f"serial {manifest.serial}, made {iso(manifest.created)}, revision {manifest.revision}",
        f"without fault; bans: {len(policy.bans)}, vendors: {len(policy.vendors)}, files: {len(bundle.files)}{lists}",
    ]


def _members(path: Path, bundle: Bundle, signer: PublicKey) -> dict[str, object]:
    manifest = bundle.manifest
    return {
        "bundle": str(path),
        "serial": manifest.serial,
        "created": iso(manifest.created),
        "revision": manifest.revision,
        "key": str(signer.path),
        "fingerprint": signer.fingerprint,
        "files": {one.path: one.sha256 for one in manifest.members},
        "lists": {one.path: one.sha256 for one in manifest.lists},
    }
