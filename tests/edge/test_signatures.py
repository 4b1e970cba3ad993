"""Keys and signatures, with openssl as the other side."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from signing_fixtures import KeyPair, key_pair, openssl

from enforcer.edge.signatures import MAX_KEY, SigningKey, read_public_key, read_signing_key
from enforcer.model.errors import EdgeError


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return key_pair(tmp_path_factory.mktemp("keys"))


def unasked() -> str:
    raise AssertionError("nobody should be asked")


def signing(pair: KeyPair) -> SigningKey:
    return read_signing_key(pair.private, unasked)


def test_openssl_verifies_what_we_sign(pair: KeyPair, tmp_path: Path) -> None:
    (tmp_path / "document").write_bytes(b"document")
    (tmp_path / "signature").write_bytes(signing(pair).sign(b"document"))
    what = ("-rawin", "-in", tmp_path / "document", "-sigfile", tmp_path / "signature")
    assert b"Signature Verified Successfully" in openssl("pkeyutl", "-verify", "-pubin", "-inkey", pair.public, *what)


def test_we_verify_what_openssl_signs(pair: KeyPair, tmp_path: Path) -> None:
    (tmp_path / "document").write_bytes(b"document")
    signature = openssl("pkeyutl", "-sign", "-inkey", pair.private, "-rawin", "-in", tmp_path / "document")
    assert read_public_key(pair.public).made(b"document", signature)


def test_a_signature_is_for_one_document_and_by_one_key(pair: KeyPair, tmp_path: Path) -> None:
    signature = signing(pair).sign(b"document")
    public, other = read_public_key(pair.public), read_public_key(key_pair(tmp_path).public)
    assert public.made(b"document", signature)
    assert not public.made(b"Document", signature)
    assert not other.made(b"document", signature)
    for odd in (b"", bytes(64), signature[:-1], signature + b"\0"):
        assert not public.made(b"document", odd)
    for at in range(64):
        assert not public.made(b"document", signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :])


def test_a_signature_in_another_spelling_is_refused(pair: KeyPair) -> None:
    """RFC 8032 section 5.1.7: S must lie below the order of the group, or one signature would have several forms."""
    signature = signing(pair).sign(b"document")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    assert not read_public_key(pair.public).made(b"document", signature[:32] + s.to_bytes(32, "little"))


def test_the_fingerprint_is_what_openssl_tells(pair: KeyPair) -> None:
    der = openssl("pkey", "-pubin", "-in", pair.public, "-outform", "DER")
    assert read_public_key(pair.public).fingerprint == hashlib.sha256(der).hexdigest()
    assert signing(pair).public.fingerprint == read_public_key(pair.public).fingerprint


def test_an_encrypted_key_asks_for_its_passphrase(tmp_path: Path) -> None:
    locked = key_pair(tmp_path, "locked", "-aes-256-cbc", "-pass", "pass:horse")
    key = read_signing_key(locked.private, lambda: "horse")
    assert read_public_key(locked.public).made(b"x", key.sign(b"x"))
    with pytest.raises(EdgeError, match="cannot be decrypted with this passphrase"):
        read_signing_key(locked.private, lambda: "hors")
    with pytest.raises(EdgeError, match="cannot be decrypted with this passphrase"):
        read_signing_key(locked.private, lambda: "")


def public_refusal(path: Path) -> str:
    with pytest.raises(EdgeError) as caught:
        read_public_key(path)
    assert caught.value.cure
    return caught.value.why


def private_refusal(path: Path) -> str:
    with pytest.raises(EdgeError) as caught:
        read_signing_key(path, unasked)
    assert caught.value.cure
    return caught.value.why


def test_keys_that_are_none_are_named(pair: KeyPair, tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    assert public_refusal(odd) == f"cannot read {odd}: No such file or directory"
    assert public_refusal(pair.private) == f"{pair.private} is a private key"
    assert private_refusal(pair.public) == f"{pair.public} is no private key in PEM"
    for data in (b"", b"\xff\xfe", pair.public.read_bytes()[:-40], b"-----BEGIN PUBLIC KEY-----\n"):
        odd.write_bytes(data)
        assert public_refusal(odd) == f"{odd} is no public key in PEM"
        assert private_refusal(odd) == f"{odd} is no private key in PEM"
    odd.write_bytes(b"x" * (MAX_KEY + 1))
    assert public_refusal(odd) == private_refusal(odd) == f"{odd} has more than {MAX_KEY} bytes"


@pytest.mark.parametrize(
    ("algorithm", "more", "kind"),
    [
        ("rsa", ("-pkeyopt", "rsa_keygen_bits:1024"), "RSA"),
        ("ec", ("-pkeyopt", "ec_paramgen_curve:P-256"), "EC"),
        ("ed448", (), "Ed448"),
        ("x25519", (), "X25519"),
    ],
)
def test_keys_of_another_kind_are_named(tmp_path: Path, algorithm: str, more: tuple[str, ...], kind: str) -> None:
    other = key_pair(tmp_path, "other", *more, algorithm=algorithm)
    assert public_refusal(other.public) == f"{other.public} is a key of another kind ({kind}), not Ed25519"
    assert private_refusal(other.private) == f"{other.private} is a key of another kind ({kind}), not Ed25519"


def test_no_key_is_shown_by_accident(pair: KeyPair) -> None:
    assert "_key" not in repr(signing(pair))


def test_who_reads_no_key_does_not_load_the_library() -> None:
    program = (
        "import sys; import enforcer.edge.signatures;"
        "print([name for name in sys.modules if name.startswith('cryptography')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
