"""The protection of QUIC Initial packets, whose keys anyone can derive who has seen the client's first packet.

Ref: RFC 9001 sections 5.2 (keys), 5.3 (AEAD) and 5.4 (header protection); RFC 9369 section 3.3 (version 2).

AES comes from the `cryptography` package (docs/decisions/0021); everything else is the standard library's HMAC.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

SAMPLE = 16
"""Bytes of ciphertext from which the header's mask is made."""


@dataclass(frozen=True, slots=True)
class Version:
    salt: bytes
    label: bytes
    """What the key labels begin with."""
    initial: int
    """The two bits that say "Initial" in a long header."""


VERSIONS = {
    0x00000001: Version(bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), b"quic", 0),
    0x6B3343CF: Version(bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"), b"quicv2", 1),
}


class InitialKeys:
    """What a client protects its Initial packets with."""

    __slots__ = ("_aead", "_header", "_iv")

    def __init__(self, version: Version, connection_id: bytes) -> None:
        """`connection_id` is the destination of the client's first Initial, or of the first after a Retry."""
        secret = _expand(hmac.digest(version.salt, connection_id, "sha256"), b"client in", 32)
        self._aead = AESGCM(_expand(secret, version.label + b" key", 16))
        self._iv = int.from_bytes(_expand(secret, version.label + b" iv", 12), "big")
        # RFC 9001 section 5.4.3 prescribes ECB, for a single block that is a mask and hides nothing.
        self._header = Cipher(AES(_expand(secret, version.label + b" hp", 16)), ECB())  # noqa: S305

    def mask(self, sample: bytes) -> bytes:
        """Five bytes or more that lie over the first byte and the packet number. `sample` has SAMPLE bytes."""
        return self._header.encryptor().update(sample)

    def open(self, number: int, header: bytes, sealed: bytes) -> bytes | None:
        """The payload; None if it was not sealed with these keys, header and packet number."""
        try:
            return self._aead.decrypt((self._iv ^ number).to_bytes(12, "big"), sealed, header)
        except InvalidTag:
            return None


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label of RFC 8446 section 7.1 with an empty context, for at most 32 bytes: one round of HMAC."""
    name = b"tls13 " + label
    return hmac.digest(secret, size.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0\1", "sha256")[:size]
