"""Ed25519 (RFC 8032): keys in files as openssl writes them, signatures, and their check.

The one home of the `cryptography` package's signatures (docs/decisions/0090). It is loaded at the first key that is
read: whoever signs nothing and checks nothing does not pay the tenth of a second and the 12 MB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from enforcer.edge.files import read_plain
from enforcer.edge.text_files import write_bytes
from enforcer.model.errors import EdgeError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

MAX_KEY = 16 * 2**10
"""Bytes of a key file: an Ed25519 key has 120, and one of another kind is to be named as such."""
SHORT = 16
"""Hexadecimal digits of a fingerprint in records and messages: 64 bits tell a site's few keys apart."""
_MAKE = "openssl genpkey -algorithm ed25519 -out KEY.pem"
_PUBLISH = "openssl pkey -in KEY.pem -pubout -out KEY.pub"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    path: Path
    fingerprint: str
    """SHA-256 over the key in DER, in hexadecimal: `openssl pkey -pubin -in KEY.pub -outform DER | sha256sum`."""
    _key: Ed25519PublicKey = field(repr=False)

    @property
    def pem(self) -> str:
        """As `openssl pkey -pubout` writes it."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def made(self, document: bytes, signature: bytes) -> bool:
        """Whether the signature on the document is by this key."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, document)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    public: PublicKey
    _key: Ed25519PrivateKey = field(repr=False)

    def sign(self, document: bytes) -> bytes:
        """64 bytes, the same for the same document."""
        return self._key.sign(document)


def read_public_key(path: Path) -> PublicKey:
    """A public key in PEM. Raises EdgeError."""
    return public_key(path, read_plain(path, MAX_KEY, cure=f"give a public key: {_PUBLISH}"))


def public_key(path: Path, data: bytes) -> PublicKey:
    """The public key in these bytes, which come from that file. Raises EdgeError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY-----" in data:
        raise EdgeError(f"{path} is a private key", cure=f"give the public one, and keep this one away: {_PUBLISH}")
    try:
        return _public(path, load_pem_public_key(data))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise EdgeError(f"{path} is no public key in PEM", cure=f"give a public key: {_PUBLISH}") from error


def read_signing_key(path: Path, passphrase: Callable[[], str]) -> SigningKey:
    """A private key in PEM (PKCS #8); `passphrase` is asked for that of an encrypted one. Raises EdgeError."""
    data = read_plain(path, MAX_KEY, cure=f"give a private key: {_MAKE}")
    secret = passphrase().encode() if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data else None
    key = _private(path, data, secret)
    return SigningKey(public=_public(path, key.public_key()), _key=key)


def made_signing_key(path: Path) -> SigningKey:
    """The private key of that file, which is made (mode 0600, no passphrase) if it is not there. Raises EdgeError.

    It appears under its name only when it is on the disk whole.
    """
    if path.exists():
        return read_signing_key(path, str)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_bytes(path, pem, mode=0o600)
    return SigningKey(public=_public(path, key.public_key()), _key=key)


def _private(path: Path, data: bytes, secret: bytes | None) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if secret is not None:
            cure = "type the passphrase that the key was made with"
            raise EdgeError(f"{path} cannot be decrypted with this passphrase", cure=cure) from error
        raise EdgeError(f"{path} is no private key in PEM", cure=f"make one: {_MAKE}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _other_kind(path, key)
    return key


def _public(path: Path, key: PublicKeyTypes) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if not isinstance(key, Ed25519PublicKey):
        raise _other_kind(path, key)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(path=path, fingerprint=hashlib.sha256(der).hexdigest(), _key=key)


def _other_kind(path: Path, key: PrivateKeyTypes | PublicKeyTypes) -> EdgeError:
    kind = type(key).__name__.removesuffix("PublicKey").removesuffix("PrivateKey")
    return EdgeError(f"{path} is a key of another kind ({kind}), not Ed25519", cure=f"make one: {_MAKE}")
