"""`enforcer policy bundle`: a policy set as one signed file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import json_option, policies_option
from enforcer.cli.whole_number import WholeNumber
from enforcer.edge.clock import Clock
from enforcer.edge.files import read_set, shipped_policies
from enforcer.edge.list_files import open_list, opened_in
from enforcer.edge.signatures import SHORT, read_signing_key
from enforcer.edge.text_files import write_chunks
from enforcer.model.errors import EdgeError
from enforcer.policy.bundle import bypass_of, pack, policies_of
from enforcer.policy.compiled import Policy
from enforcer.policy.lists import Lists
from enforcer.policy.load import load
from enforcer.policy.manifest import MAX_SERIAL, Member
from enforcer.policy.pattern_list import PatternList


@click.command("bundle")
@policies_option
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="The private Ed25519 key to sign with, in PEM. A passphrase is asked for.",
)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", required=True, help="The bundle to write.")
@click.option(
    "--serial",
    type=WholeNumber(1, MAX_SERIAL),
    metavar="N",
    help="Its serial, higher than that of any bundle before. Default: the time, in seconds since 1970.",
)
@json_option
@told
def command(policies: Path | None, key: Path, output: Path, serial: int | None, as_json: bool) -> None:
    """Put a policy set into one file and sign it, for gateways that load only what a key of theirs signed.

    The set must load without fault. Whoever has the file can read it with tar; nobody can change it unnoticed.
    docs/bundles.md tells how to make a key, how to check a bundle without this program, and how to change keys.

    \b
    openssl genpkey -algorithm ed25519 -out lawyer.pem
    enforcer policy bundle --policies DIR --key lawyer.pem --output policies.bundle
    enforcer policy bundle --policies DIR --key lawyer.pem --output policies.bundle --serial 42

    Exit codes: 0 written; 1 a file cannot be read or written; 2 the command line; 3 the policies have faults.
    """
    if str(output) == "-":
        raise click.BadParameter("name a file: standard output tells what was written", param_hint="'--output'")
    folder = policies or shipped_policies()
    files = _set(folder)
    policy = load(policies_of(files), lists=Lists(open=opened_in(folder)), bypass=bypass_of(files))
    lists = dict(_listed(policy, folder))
    signer = read_signing_key(key, lambda: _passphrase(key))
    created = float(int(Clock().now()))
    serial = serial or int(created)
    written = write_chunks(output, pack(files, serial=serial, created=created, sign=signer.sign, lists=lists))
    if as_json:
        members = {"bundle": str(written.path), "serial": serial, "revision": policy.revision}
        members |= {"fingerprint": signer.public.fingerprint, "files": len(files), "lists": len(lists)}
        click.echo(json.dumps(members | {"size": written.size, "sha256": written.sha256}, indent=1))
        return
    click.echo(f"{written.path}: serial {serial}, key {signer.public.fingerprint[:SHORT]}, revision {policy.revision}")
    listed = f", lists: {len(lists)}" if lists else ""
    click.echo(f"{len(files)} files{listed}, {written.size} bytes, SHA-256 {written.sha256}")


def _set(folder: Path) -> dict[str, bytes]:
    """Raises EdgeError, also for a set without any policy: signed, it would take all protection away."""
    files = read_set(folder)
    if not policies_of(files):
        raise EdgeError(
            f"{folder} holds no policy file (.toml)", cure="give the folder of a policy set with --policies"
        )
    return files


def _listed(policy: Policy, folder: Path) -> Iterator[tuple[Member, Iterable[bytes]]]:
    """Each list that the set names, as it was loaded; it is read once more when it is written."""
    for part in policy.patterns.parts:
        if isinstance(part.patterns, PatternList):
            found = open_list(folder / part.file)
            yield Member(path=part.file, size=found.size, sha256=part.patterns.digest.hex()), found.chunks


def _passphrase(key: Path) -> str:
    secret: str = click.prompt(f"Passphrase of {key}", hide_input=True, err=True)
    return secret
