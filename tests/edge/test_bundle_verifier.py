"""The arithmetic of the script that goes into each audit bundle; the rest of it is tests/cli/test_audit_bundle.py's."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.edge.bundle_verifier import P, Q, is_signed, main

# RFC 8032 section 7.1, TEST 1 and TEST 3: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032(key: str, message: str, signature: str) -> None:
    assert is_signed(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature))
    assert not is_signed(bytes.fromhex(key), bytes.fromhex(message) + b"x", bytes.fromhex(signature))


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_it_agrees_with_cryptography(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), bytearray(key.sign(message))
    assert is_signed(public, message, bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8
    assert not is_signed(public, message, bytes(signature))


def test_what_is_no_point_no_scalar_or_too_short_is_no_signature() -> None:
    key, message, signature = (bytes.fromhex(part) for part in VECTORS[0])
    again = (int.from_bytes(signature[32:], "little") + Q).to_bytes(32, "little")
    assert not is_signed(key, message, signature[:32] + again), "RFC 8032 section 5.1.7: s must be below the order"
    assert not is_signed(P.to_bytes(32, "little"), message, signature)
    assert not is_signed((2).to_bytes(32, "little"), message, signature)
    assert not is_signed(((1 << 255) + 1).to_bytes(32, "little"), message, signature)
    assert not is_signed(key, message, signature[:63])


@pytest.mark.parametrize("arguments", [["--key"], ["--key", "short"], ["--other", "0" * 64], ["0" * 64]])
def test_another_command_line_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "python3 -I verify.py" in said
    assert ("16 digits" in said) == ("short" in arguments)
