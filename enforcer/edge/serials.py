"""The serials of the policy bundles that were accepted, by key: so that an older bundle is known as such.

A small file of its own, not a table of the event store (docs/decisions/0091). Whoever can write to it can also write
the site file, so it needs no protection of its own; what is damaged is refused and never taken for empty.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from enforcer.edge.files import read_plain
from enforcer.edge.signatures import SHORT
from enforcer.edge.text_files import write_bytes
from enforcer.model.errors import EdgeError

MAX_STATE = 2**20
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The newest bundle by a key that was ever in force here."""

    serial: int
    manifest: str
    """SHA-256 of its manifest, in hexadecimal."""


class Serials:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._accepted: dict[str, Accepted] = {}

    def known(self, fingerprint: str) -> bool:
        """Whether a bundle by this key was accepted before `accept` was called for it now."""
        return fingerprint in self._accepted

    def refuse_older(self, serial: int, manifest: str, trusted: Collection[str]) -> None:
        """Raises EdgeError if a newer bundle was accepted by any key that is trusted now, or if that cannot be known.

        By any, not only by the one that signed: else the last bundle by the old key would go for new after a change
        of keys. What a key signed that is trusted no more counts for nothing.
        """
        self._read()
        for key in trusted:
            before = self._accepted.get(key)
            if before is None or (before.serial, before.manifest) == (serial, manifest):
                continue
            if before.serial > serial:
                raise _older(serial, before.serial, key)
            if before.serial == serial:
                why = f"another bundle with serial {serial} was in force here"
                raise EdgeError(why, cure="sign this one with a higher serial")

    def accept(self, serial: int, manifest: str, signer: str) -> None:
        """Remembers that this bundle is in force. Raises EdgeError."""
        self._read()
        now = Accepted(serial=serial, manifest=manifest)
        if self._accepted.get(signer) == now:
            return
        self._accepted[signer] = now
        self._write()

    def _read(self) -> None:
        """What the file has, and what this process knows besides: a file that is taken away makes nobody forget."""
        for key, found in _read(self.path).items():
            mine = self._accepted.get(key)
            if mine is None or found.serial >= mine.serial:
                self._accepted[key] = found

    def _write(self) -> None:
        keys = {key: asdict(one) for key, one in sorted(self._accepted.items())}
        text = json.dumps({"version": VERSION, "accepted": keys}, indent=1) + "\n"
        try:
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            cure = f"mkdir -p -m 700 {self.path.parent}"
            raise EdgeError(f"cannot make {self.path.parent}: {error.strerror}", cure=cure) from error
        write_bytes(self.path, text.encode())


def _older(serial: int, before: int, key: str) -> EdgeError:
    return EdgeError(
        f"the bundle is an older one: it has serial {serial}, and {before} by key {key[:SHORT]} was in force here",
        cure=f"take the newest bundle; to go back on purpose, sign the older policies with a serial above {before}",
    )


def _read(path: Path) -> dict[str, Accepted]:
    if _absent(path):
        return {}
    cure = "restore it; or see that the bundle is the newest there is, then remove the file"
    data = read_plain(path, MAX_STATE, cure=cure)
    try:
        return _accepted(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise EdgeError(f"{path} is damaged: it does not say which bundles were accepted", cure=cure) from error


def _absent(path: Path) -> bool:
    try:
        path.lstat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)  # of anything else, reading tells
    return False


def _accepted(values: Any) -> dict[str, Accepted]:  # noqa: ANN401 (any JSON; whatever is odd raises)
    if values["version"] != VERSION:
        raise ValueError("of another version")
    return {key: _one(**one) for key, one in values["accepted"].items()}


def _one(serial: int, manifest: str) -> Accepted:
    if type(serial) is not int or type(manifest) is not str:
        raise TypeError("not as it was written")
    return Accepted(serial=serial, manifest=manifest)
