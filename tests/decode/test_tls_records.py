"""A hello is joined over records however it is cut, and never from anything else."""

import contextlib
import ssl
from itertools import pairwise

import pytest
from browser_hellos import BROWSERS, browser_hello
from conversation import converse
from decode_fixtures import cuts, hello_for, records, refusal, work
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.first_data import MAX_PRELUDES
from enforcer.decode.tls_records import (
    MAX_EMPTY_RECORDS,
    MAX_HELLO,
    HelloJoiner,
    hello_from_records,
    record_before_hello,
)
from enforcer.model.errors import DecodeError

HELLO = hello_for("dnl-03.geo.kaspersky.com")
EMPTY = b"\x16\x03\x01\0\0"
CHANGE_CIPHER_SPEC = b"\x14\x03\x03\0\1\1"


def test_one_record() -> None:
    assert hello_from_records(records(HELLO)) == HELLO


def test_needs_every_byte() -> None:
    stream = records(HELLO)
    for size in range(len(stream)):
        assert hello_from_records(stream[:size]) is None


def test_what_follows_in_other_records_does_not_matter() -> None:
    # Early data: RFC 8446 section 4.2.10; a dummy ChangeCipherSpec: appendix D.4.
    for tail in (CHANGE_CIPHER_SPEC, b"\x17\x03\x03\x00\x20" + bytes(32), b"\x16", b"any"):
        assert hello_from_records(records(HELLO) + tail) == HELLO


def test_every_cut_into_two_records() -> None:
    for at in range(1, len(HELLO)):
        stream = records(HELLO, at)
        assert hello_from_records(stream) == HELLO
        assert hello_from_records(stream[:-1]) is None


def test_one_byte_records_byte_by_byte() -> None:
    stream = records(HELLO, *[1] * (len(HELLO) - 1))
    joiner = HelloJoiner()
    answers = [joiner.read(stream[:size]) for size in range(len(stream) + 1)]
    assert answers[:-1] == [None] * len(stream)
    assert answers[-1] == HELLO


def test_a_record_is_read_once() -> None:
    stream = records(HELLO, *[1] * (len(HELLO) - 1))
    joiner = HelloJoiner()
    assert work(lambda: [joiner.read(stream[:size]) for size in range(len(stream) + 1)]) < 40 * len(stream)


@given(st.lists(st.integers(0, len(HELLO)), max_size=20), st.integers(0, MAX_EMPTY_RECORDS // 20))
def test_any_cuts_and_some_empty_records(marks: list[int], empties: int) -> None:
    edges = sorted({0, len(HELLO), *marks})
    parts = [HELLO[a:b] for a, b in pairwise(edges)]
    stream = b"".join(EMPTY * empties + b"\x16\x03\x03" + len(p).to_bytes(2, "big") + p for p in parts)
    if empties * len(parts) <= MAX_EMPTY_RECORDS:
        assert hello_from_records(stream) == HELLO


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_browsers_hello_cut_at_every_byte(browser: str) -> None:
    stream = browser_hello(browser)
    message = stream[5:]
    assert hello_from_records(stream) == message
    for at in range(1, len(message)):
        assert hello_from_records(records(message, at)) == message
    for first, second in cuts(stream):
        joiner = HelloJoiner()
        assert (joiner.read(first) is None) == bool(second)
        assert joiner.read(first + second) == message


def big(size: int) -> bytes:
    return b"\1" + size.to_bytes(3, "big") + bytes(size)


REFUSED = {
    "not a handshake": (CHANGE_CIPHER_SPEC, "record type 20 within the ClientHello"),
    "an alert within": (records(HELLO, 9)[:14] + b"\x15\x03\x03\0\2\1\0", "record type 21 within the ClientHello"),
    "data within": (records(HELLO, 9)[:14] + b"\x17\x03\x03\0\2\1\0", "record type 23 within the ClientHello"),
    "version 16": (b"\x16\x10\x00\0\5", "record version 16"),
    "a record too long": (b"\x16\x03\x01\x40\x01", "record of 16385 bytes"),
    "a ServerHello": (records(b"\2" + HELLO[1:]), "handshake type 2, not ClientHello"),
    "known from one byte": (records(b"\2" + HELLO[1:])[:6], "handshake type 2, not ClientHello"),
    "a hello too long": (records(big(MAX_HELLO + 1)[:100]), f"ClientHello of {MAX_HELLO + 1} bytes"),
    "a second message behind it": (records(HELLO + HELLO), "bytes behind the ClientHello in its record"),
    "one byte behind it": (records(HELLO + b"\0"), "bytes behind the ClientHello in its record"),
    "the same over two records": (records(HELLO + b"\0", 50), "bytes behind the ClientHello in its record"),
    "too many empty records": (EMPTY * (MAX_EMPTY_RECORDS + 1), f"more than {MAX_EMPTY_RECORDS} empty records"),
}


@pytest.mark.parametrize(("stream", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(stream: bytes, why: str) -> None:
    assert refusal(hello_from_records, stream) == why


def test_limits_are_inclusive() -> None:
    assert hello_from_records(records(big(MAX_HELLO), 1 << 14)) == big(MAX_HELLO)
    assert hello_from_records(EMPTY * MAX_EMPTY_RECORDS + records(HELLO)) == HELLO


@given(st.binary(max_size=300).map(lambda tail: b"\x16\x03\x01" + tail), st.lists(st.integers(0, 303), max_size=9))
def test_raises_only_decode_error_and_says_the_same_piece_by_piece(stream: bytes, marks: list[int]) -> None:
    def at_once() -> bytes | str | None:
        try:
            return hello_from_records(stream)
        except DecodeError as fault:
            return fault.why

    def by_pieces() -> bytes | str | None:
        joiner = HelloJoiner()
        try:
            for size in sorted({*marks, len(stream)}):
                if message := joiner.read(stream[:size]):
                    return message
        except DecodeError as fault:
            return fault.why
        return None

    assert at_once() == by_pieces()


# --- what may stand in front of the hello ------------------------------------------------------------------------
EMPTY_CHANGE, WARNING = b"\x14\3\1\0\0", b"\x15\3\1\0\2\1\x5a"


@pytest.mark.parametrize("record", [EMPTY_CHANGE, b"\x15\3\3\0\0", b"\x17\3\3\0\0", b"\x18\3\0\0\0", WARNING])
def test_a_record_in_front_of_the_hello_is_stepped_over(record: bytes) -> None:
    assert {record_before_hello(record[:size]) for size in range(1, 5)} == {None}
    assert record_before_hello(record) == record_before_hello(record + b"\x16\3\1") == len(record)


@pytest.mark.parametrize(
    "record",
    [
        b"\x16\3\1\0\0",
        b"\x14\2\1\0\0",
        b"\x13\3\1\0\0",
        b"\x19\3\1\0\0",
        b"\x14\3\3\0\1\1",
        b"\x15\3\3\0\2\2\0",
        b"\x15\3\3\0\x1a" + bytes(26),
        b"\x17\3\3\0\1x",
    ],
)
def test_other_records_are_not(record: bytes) -> None:
    """A hello; what is no TLS; the records of a connection that was taken up in its midst."""
    assert record_before_hello(record) == 0


@pytest.mark.parametrize("before", [EMPTY_CHANGE, WARNING, EMPTY_CHANGE * 32])
def test_the_hello_behind_such_records_is_read(before: bytes) -> None:
    for size in range(1, 8):
        parts = [before[:size], before[size:], records(hello_for("www.a.example"))]
        assert converse([part for part in parts if part]).names == ["www.a.example"]


def test_such_records_without_end_are_refused() -> None:
    endless = EMPTY_CHANGE * (MAX_PRELUDES + 1) + records(hello_for("www.a.example"))
    assert refusal(lambda data: converse([data]), endless) == f"more than {MAX_PRELUDES} commands and no hello"


def openssl_reads(stream: bytes) -> list[str | None]:
    """The names that an OpenSSL server sees in it, before it looks for a certificate."""
    names: list[str | None] = []

    def told(_link: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int:
        names.append(name)
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = told
    incoming = ssl.MemoryBIO()
    incoming.write(stream)
    with contextlib.suppress(ssl.SSLError):
        context.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True).do_handshake()
    return names


def test_what_openssl_reads_on_behind_is_no_pass() -> None:
    """One record of each type and of some lengths, several of them, and between the halves of a hello."""
    hello = browser_hello(BROWSERS[0])
    (name,) = openssl_reads(hello)
    bodies = (b"", b"\0", b"\1", b"\1\0", b"\1\x5a", b"\2\0", b"\1\0\1\0")
    odd = [bytes([kind, 3, 1, 0, len(body)]) + body for kind in range(256) for body in bodies]
    read_on = 0
    for before in [
        *odd,
        *(record * count for record in (EMPTY_CHANGE, WARNING, EMPTY) for count in (2, 31, 32, 33, 40)),
    ]:
        if openssl_reads(before + hello):
            read_on += 1
            try:
                assert converse([before + hello]).names == [name], before
            except DecodeError:
                assert before[0] != EMPTY_CHANGE[0]
    assert read_on >= 3, "empty records of the hello's own type, at least"
