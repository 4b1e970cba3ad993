"""Signed heads: the store's own signature, at intervals, under how far its chain of records had come.

Signed is this text, in ASCII, each line ended by LF, numbers in decimal, digests in lower hexadecimal:

    enforcer-head-1
    serial 17
    number 120417
    digest <64 digits>
    at 1727582400000000
    occasion interval
    key <64 digits>
    previous <64 digits>

`number` and `digest` are those of the last record; `at` is in microseconds since 1970 UTC; `key` is the fingerprint
of the key that signs; `previous` is SHA-256 over the text and the 64 bytes of signature of the head before (zeros
for the first). So heads are a chain too: the last signature holds all heads before it, and none can be taken out.
The first line keeps a signature of ours from standing under anything else (domain separation).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

FIRST = bytes(32)
"""What the first head has in place of the one before."""
START, STOP, INTERVAL, COUNT, ROTATION, CLOSE = ("start", "stop", "interval", "count", "rotation", "close")
"""When a head is signed: with the record of a start or stop; a minute after something was recorded; after so many
records; at the end of a segment; when the store is closed with records that no head covers yet."""

WITNESS_SECONDS = 3600
"""How often, at most, a collector is told of heads between a start and a stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    serial: int
    """1 for the first of a store, and one more each time."""
    number: int
    digest: bytes
    at: int
    """When it was signed, in microseconds."""
    occasion: str
    key: str
    """The fingerprint of the key: SHA-256 over its DER, in hexadecimal."""
    previous: bytes
    signature: bytes = b""

    @property
    def document(self) -> bytes:
        """What is signed."""
        return (
            f"enforcer-head-1\nserial {self.serial}\nnumber {self.number}\ndigest {self.digest.hex()}\nat {self.at}\n"
            f"occasion {self.occasion}\nkey {self.key}\nprevious {self.previous.hex()}\n"
        ).encode(errors="surrogateescape")  # what another program put into a head need not be text

    @property
    def link(self) -> bytes:
        """What the next head has as `previous`."""
        return hashlib.sha256(self.document + self.signature).digest()

    @property
    def noted(self) -> str:
        """As `enforcer audit verify --head` takes it."""
        return f"{self.number}:{self.digest.hex()}"


def is_for_witness(head: SignedHead, last: SignedHead | None) -> bool:
    """Whether a collector should have this head, where `last` is what it had before."""
    if last is not None and head.serial == last.serial:
        return False
    return (
        last is None or head.occasion not in (INTERVAL, COUNT) or abs(head.at - last.at) >= WITNESS_SECONDS * 1_000_000
    )


def attestation(head: SignedHead) -> str:
    """The head in a sentence that holds what `enforcer audit verify --head` and `--key` take."""
    return f"the record is signed up to {head.noted}, head {head.serial}, by key {head.key}"
