"""Keys that the real openssl made, as the documentation tells to make them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


class KeyPair(NamedTuple):
    private: Path
    public: Path


def openssl(*arguments: object) -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout


def key_pair(folder: Path, name: str = "key", *more: str, algorithm: str = "ed25519") -> KeyPair:
    """`more` goes to genpkey: `-aes-256-cbc -pass pass:x` encrypts the private key."""
    pair = KeyPair(folder / f"{name}.pem", folder / f"{name}.pub")
    openssl("genpkey", "-algorithm", algorithm, "-out", pair.private, *more)
    passphrase = ("-passin", more[more.index("-pass") + 1]) if "-pass" in more else ()
    openssl("pkey", "-in", pair.private, "-pubout", "-out", pair.public, *passphrase)
    return pair
