"""The text that is signed is the documented one, to the byte."""

import hashlib
from dataclasses import replace
from pathlib import Path

from enforcer.audit.signed_heads import FIRST, INTERVAL, START, STOP, SignedHead, attestation, is_for_witness

HEAD = SignedHead(
    serial=17,
    number=120417,
    digest=bytes(range(32)),
    at=1727582400000000,
    occasion=INTERVAL,
    key="ab" * 32,
    previous=FIRST,
    signature=b"s" * 64,
)
TEXT = f"""\
enforcer-head-1
serial 17
number 120417
digest {bytes(range(32)).hex()}
at 1727582400000000
occasion interval
key {"ab" * 32}
previous {"00" * 32}
"""
HOUR = 3600 * 1_000_000


def test_what_is_signed() -> None:
    assert HEAD.document == TEXT.encode()
    assert HEAD.link == hashlib.sha256(TEXT.encode() + b"s" * 64).digest()


def test_a_head_that_another_program_wrote_is_told_from_ours() -> None:
    odd = replace(HEAD, occasion="\udcff")
    assert odd.document == HEAD.document.replace(b"occasion interval", b"occasion \xff")


def test_the_page_shows_the_same_text() -> None:
    page = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    for line in TEXT.splitlines():
        assert f"\n    {line.split()[0]}" in page


def test_a_collector_hears_of_the_first_of_starts_and_stops_and_once_an_hour() -> None:
    assert is_for_witness(HEAD, None)
    assert not is_for_witness(HEAD, HEAD)
    later = replace(HEAD, serial=18, at=HEAD.at + HOUR - 1)
    assert not is_for_witness(later, HEAD)
    assert is_for_witness(replace(later, at=HEAD.at + HOUR), HEAD)
    assert is_for_witness(replace(later, at=HEAD.at - HOUR), HEAD), "a clock set back puts nothing off"
    assert all(is_for_witness(replace(later, occasion=occasion), HEAD) for occasion in (START, STOP))


def test_the_sentence_holds_what_verify_takes() -> None:
    said = attestation(HEAD)
    assert HEAD.noted == f"120417:{bytes(range(32)).hex()}"
    assert HEAD.noted in said
    assert said.endswith(f"by key {HEAD.key}")
