"""The program that looks at what servers send, in the real kernel, against the reader in Python."""

from collections.abc import Callable, Iterator

import pytest
from classifier_fixtures import Connection, looking
from hypothesis import example, given
from hypothesis import strategies as st

from enforcer.decode.http_body import body_begins
from enforcer.model.bodies import HEAD, LONGEST, MOST_BODIES, SHORTEST

pytestmark = pytest.mark.kernel

Look = Callable[[bytes], bool]
BODIES = (b"KLZF", b"KLD2", b"LONGER-BODY-OF16", b"ODD-ONE")
OK = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
VERSIONS = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture(scope="module")
def look() -> Iterator[Look]:
    with looking(*BODIES) as look:
        yield look


def packet(payload: bytes, version: int = 4, options: bytes = b"") -> bytes:
    return Connection(version, 80).segment(7, payload, options=options)


def wanted(payload: bytes) -> bool:
    return any(begins.startswith(BODIES) for begins in body_begins(payload))


FOUND = {
    "a body alone": b"KLZF and more",
    "nothing but its beginning": b"KLD2",
    "the longest": b"LONGER-BODY-OF16",
    "behind a head": OK + b"KLZF" + bytes(1000),
    "at the end of the packet": OK + b"ODD-ONE",
    "behind a head without fields": b"HTTP/1.0 200\r\n\r\nKLZF",
    "in chunks": OK + b"1f4\r\nKLZF",
    "in a chunk of eight digits": OK + b"0000FfaA\r\nKLD2",
    "in chunks, apart from the head": b"1F\r\nKLD2",
    "behind a head as long as may be": OK[:-2].ljust(HEAD - 4, b"-") + b"\r\n\r\nKLZF",
}
NOT_FOUND = {
    "nothing": b"",
    "less than a beginning": b"KLZ",
    "less than the longest": b"LONGER-BODY-OF1",
    "another letter": OK + b"klzf",
    "further on": b"x KLZF",
    "further on behind a head": OK + b"x KLZF",
    "within a head": b"HTTP/1.1 200 OK\r\nServer: KLZF\r\n",
    "behind one empty line too many": OK + b"\r\nKLZF",
    "a head that does not end": OK[:-2] + b"KLZF",
    "a head that ends too late": OK[:-2].ljust(HEAD - 3, b"-") + b"\r\n\r\nKLZF",
    "a head of another version": b"HTTP/2.0 200\r\n\r\nKLZF",
    "a request": b"GET / HTTP/1.1\r\n\r\nKLZF",
    "a chunk of nine digits": OK + b"000000001\r\nKLZF",
    "a chunk of no digit": OK + b"g\r\nKLZF",
    "an extension of a chunk": OK + b"4;x\r\nKLZF",
    "the second chunk": OK + b"4\r\nwell\r\n4\r\nKLZF",
    "other files": OK + b"\x7fELF",
}


@VERSIONS
@pytest.mark.parametrize("options", [b"", b"\1" * 40], ids=["plain", "with options"])
def test_what_is_found(look: Look, version: int, options: bytes) -> None:
    assert [what for what, payload in FOUND.items() if not look(packet(payload, version, options))] == []
    assert [what for what, payload in NOT_FOUND.items() if look(packet(payload, version, options))] == []
    assert [what for what, payload in FOUND.items() if not wanted(payload)] == []
    assert [what for what, payload in NOT_FOUND.items() if wanted(payload)] == []


def short(payload: bytes) -> bytes:
    """Such as the kernel takes for a trial run."""
    return payload[: 2 * HEAD]


PIECES = st.sampled_from(
    (*BODIES, *(body[:-1] for body in BODIES), b"HTTP/1.", b"HTTP/1.1 200 OK\r\n", b"\r\n", b"\r", b"\n", b"\r\n\r\n")
)
NUMBERS = st.from_regex(rb"[0-9a-fA-Fg]{1,9}(\r\n)?", fullmatch=True)
ANY = st.binary(max_size=70)
RUNS = st.builds(
    lambda count, one: one * count, st.integers(0, HEAD), st.sampled_from((b"x", b"\r", b"a\r\n", b"\n\r"))
)


@given(
    payload=st.lists(st.one_of(PIECES, NUMBERS, ANY, RUNS), max_size=6).map(b"".join).map(short),
    version=st.sampled_from((4, 6)),
)
@example(payload=b"HTTP/1.\r\r\n\r\nKLZF", version=4)
@example(payload=b"HTTP/1.\r\n\r\r\n\r\n\r\nKLZF", version=6)
def test_it_finds_what_the_reader_finds(look: Look, payload: bytes, version: int) -> None:
    assert look(packet(payload, version)) == wanted(payload)


@given(at=st.integers(1, HEAD + 70), rest=st.integers(0, 80))
@example(at=HEAD - 4 - len(OK) + 3, rest=0)
@example(at=HEAD - 4 - len(OK) + 2, rest=0)
def test_a_head_of_any_length(look: Look, at: int, rest: int) -> None:
    payload = OK[:-2] + b"-" * at + b"\r\n\r\nKLZF" + bytes(rest)
    assert look(packet(payload)) == wanted(payload) == (len(OK) - 2 + at + 4 <= HEAD)


@VERSIONS
def test_other_packets_are_no_answers(look: Look, version: int) -> None:
    whole = packet(b"KLZF", version)
    protocol = 9 if version == 4 else 6
    assert not look(whole[:protocol] + b"\x11" + whole[protocol + 1 :])
    assert not look(b"\x50" + whole[1:])
    assert [size for size in range(len(whole)) if look(whole[:size].ljust(max(size, 1), b"\0"))] == []
    short = bytearray(whole)
    short[(20 if version == 4 else 40) + 12] = 0x40
    assert not look(bytes(short))


def test_the_most_that_a_policy_may_have() -> None:
    bodies = [
        f"{number:02d}LONGER-THAN-USUAL"[: SHORTEST + number % (LONGEST - SHORTEST + 1)]
        for number in range(MOST_BODIES)
    ]
    with looking(*(body.encode() for body in bodies)) as look:
        assert [body for body in bodies if not look(packet(OK + body.encode()))] == []
        assert not look(packet(OK + b"99LONGER"))
