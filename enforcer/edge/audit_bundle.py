"""The archive for an auditor: records with their proofs, and what belongs to them.

The same store, period and moment give the same bytes: no times, owners or names of this machine get into the archive.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from enforcer.audit.bundle_readme import readme
from enforcer.audit.chain import GENESIS, Kept
from enforcer.audit.signed_heads import SignedHead
from enforcer.edge import bundle_verifier
from enforcer.edge.records import Records
from enforcer.edge.signatures import SigningKey, read_signing_key
from enforcer.edge.store_heads import key_file
from enforcer.edge.text_files import refuse_what_is_no_file
from enforcer.model.errors import EdgeError

TOP = "enforcer-audit"
"""The folder in the archive."""
FORM = b"enforcer-audit-bundle-1\n"
"""What stands before the manifest when it is signed: no signature of ours stands under anything else."""
SIGNATURE = "MANIFEST.sig"
"""The archive's file that holds it."""


def chain_of(records: Records, since: float, until: float) -> tuple[dict[str, Any], list[SignedHead]]:
    """Which records tell of a period, as `about.json` has it, and the heads from the first to the one that covers all.

    Raises EdgeError.
    """
    span = records.span(since, until)
    if span is None:
        return {"first": 1, "last": 0, "before": GENESIS.hex()}, []
    first, last = span
    heads = [head for head in records.heads() if head.number >= first]
    covering = next((place for place, head in enumerate(heads) if head.number >= last), len(heads) - 1)
    heads = heads[: covering + 1]
    last = max([last, *(head.number for head in heads)])
    # Of a record that was deleted by retention the seam still has the digest.
    return {"first": first, "last": last, "before": (records.digest(first - 1) or GENESIS).hex()}, heads


def write_bundle(
    out: Path, records: Records, about: dict[str, Any], heads: list[SignedHead], texts: Mapping[str, bytes]
) -> bool:
    """Writes the archive, for its owner only; `texts` are further files. Gives whether its list of files is signed.

    Raises EdgeError; then there is no archive.
    """
    refuse_what_is_no_file(out)
    beside = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        with tempfile.TemporaryDirectory(prefix=".enforcer-", dir=out.parent) as folder:
            files = _files(Path(folder), records, about, heads, texts)
            with _created(beside) as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
                _pack(packed, files)
        beside.replace(out)
        return SIGNATURE in files
    except OSError as error:
        raise EdgeError(f"cannot write {out}: {error.strerror}", cure="see to space and rights there") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _created(path: Path) -> BinaryIO:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _files(
    folder: Path, records: Records, about: dict[str, Any], heads: list[SignedHead], texts: Mapping[str, bytes]
) -> dict[str, Path]:
    """Every file of the archive by its name there, written below `folder`."""
    chain = about["chain"]
    _events(folder, records.kept(chain["first"], chain["last"]))
    public = records.keys()
    whole = {
        **texts,
        **{f"keys/{key.fingerprint}.pub": key.pem.encode() for key in public if _name(key.fingerprint)},
        "heads.jsonl": "".join(json.dumps(_head(head)) + "\n" for head in heads).encode(),
        "about.json": (json.dumps(about, indent=2) + "\n").encode(),
        "README.txt": readme(about).encode(),
        "verify.py": Path(bundle_verifier.__file__).read_bytes(),
    }
    for name, data in whole.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    names = sorted([*whole, "events.jsonl", "chain.tsv"])
    manifest = "".join(f"{_sha256(folder / name)}  {name}\n" for name in names).encode()
    (folder / "MANIFEST.sha256").write_bytes(manifest)
    key = _private_key(records.path, about["key"])
    if key is not None:
        (folder / SIGNATURE).write_text(key.sign(FORM + manifest).hex())
        names.append(SIGNATURE)
    return {name: folder / name for name in ("MANIFEST.sha256", *names)}


def _events(folder: Path, kept: Iterator[Kept]) -> None:
    with open(folder / "events.jsonl", "wb") as bodies, open(folder / "chain.tsv", "wb") as links:
        for one in kept:
            bodies.write(one.body + b"\n")
            links.write(f"{one.number}\t{one.recorded}\t{one.digest.hex()}\n".encode())


def _head(head: SignedHead) -> dict[str, Any]:
    return {
        "serial": head.serial,
        "number": head.number,
        "digest": head.digest.hex(),
        "at": head.at,
        "occasion": head.occasion,
        "key": head.key,
        "previous": head.previous.hex(),
        "signature": head.signature.hex(),
    }


def _name(fingerprint: str) -> bool:
    """Whether it can stand in a file's name: somebody else may have written that row."""
    return len(fingerprint) == 64 and set(fingerprint) <= set("0123456789abcdef")


def _private_key(store: Path, fingerprint: str) -> SigningKey | None:
    """The key that signs the store, where the bundle is made on the gateway itself."""
    try:
        key = read_signing_key(key_file(store), str)
    except EdgeError:
        return None
    return key if key.public.fingerprint == fingerprint else None


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(packed: gzip.GzipFile, files: Mapping[str, Path]) -> None:
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in sorted(files.items()):
            entry = tarfile.TarInfo(f"{TOP}/{name}")
            entry.size, entry.mode = path.stat().st_size, 0o644
            with open(path, "rb") as file:
                archive.addfile(entry, file)
