"""What a client says behind its TLS hello: another hello, or something that shows that none comes."""

import pytest
from browser_hellos import BROWSERS, browser_hello
from conversation import Conversation, converse, cut
from decode_fixtures import cuts, extension, hello, hello_for, records, refusal, sni
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.first_data import FirstReader
from enforcer.decode.named import NOTHING_NEW, FirstData, skipped
from enforcer.decode.second_hello import LONGEST, MAX_EARLY, MAX_RECORDS, SHORTEST, SecondHello
from enforcer.decode.stream import LIMIT
from enforcer.decode.tls_records import MAX_EMPTY_RECORDS, MAX_HELLO
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.observation import How

FREE, BLOCKED = "www.free.test", "dnl-03.geo.kaspersky.com"
HELLO = hello_for(BLOCKED)
SAID = FirstData(how=How.TLS, names=(HostName(BLOCKED),), alpn=(b"h2", b"http/1.1"))
CHANGED = b"\x14\x03\x03\0\1\1"
EARLY = extension(42, b"")


def record(kind: int, body: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(body).to_bytes(2, "big") + body


DATA = record(23, b"x" * 30)
NO_HELLO = {
    "application data": DATA,
    "application data behind a change of cipher": CHANGED + DATA,
    "TLS 1.2's key exchange": record(22, b"\x10" + bytes(65)) + CHANGED,
    "a client's certificate": record(22, b"\x0b" + bytes(900)),
    "an encrypted Finished": CHANGED + record(22, bytes(40)),
    "a fatal alert": record(21, b"\2\x28"),
    "an encrypted alert": record(21, bytes(26)),
    "another version": b"\x16\x02\0\0\5hello",
    "a bad change of cipher": record(20, b"\2"),
    "a long change of cipher": record(20, b"\1\1"),
    "no TLS": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "another type": record(24, b"\1\0\3"),
}


def read(*pieces: bytes, early: bool = False) -> FirstData | None:
    """What the last of the pieces brings, each read behind those before it."""
    reader, stream, behind, first = SecondHello(early=early), b"", 0, None
    for piece in pieces:
        stream += piece
        while len(stream) > behind:
            first = reader.read(stream[behind:])
            if first is None or not first.used:
                break
            behind += first.used
    return first


@pytest.mark.parametrize("data", NO_HELLO.values(), ids=NO_HELLO)
def test_what_shows_that_no_second_hello_comes(data: bytes) -> None:
    assert read(data) == NOTHING_NEW
    told = [read(*(data[at : at + 1] for at in range(size))) for size in range(1, min(len(data), 40) + 1)]
    assert set(told) <= {None, NOTHING_NEW, skipped(len(CHANGED))}


@pytest.mark.parametrize("before", [b"", CHANGED, CHANGED * 3, record(22, b""), record(21, b"\1\0"), record(20, b"")])
def test_a_second_hello_in_every_cut(before: bytes) -> None:
    for stream in (before + records(HELLO), before + records(HELLO, 1, 30)):
        assert read(stream) == SAID
        assert read(*(stream[at : at + 1] for at in range(len(stream)))) == SAID
        for one, two in cuts(stream):
            first = read(one)
            assert first is None or first.used or one == stream
            assert read(one, two) == SAID


@pytest.mark.parametrize("major", [0, 3, 4, 15])
def test_records_of_any_version_that_servers_take_are_stepped_over_in_every_cut(major: int) -> None:
    first = records(hello(extension(0, sni(FREE.encode())), EARLY))
    early = bytes((23, major, 3, 0, 5)) + b"early" + bytes((20, major, 3, 0, 1, 1))
    for one, two in cuts(early + records(HELLO)):
        assert converse([first, one, two], retries=True).names == [FREE, BLOCKED]


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("early", [False, True])
def test_a_conversation_with_two_hellos(browser: str, early: bool) -> None:
    """Every cut of both, as segments bring them."""
    first = records(hello(extension(0, sni(FREE.encode())), *([EARLY] if early else [])))
    between = record(23, bytes(2000)) * 3 + CHANGED if early else CHANGED
    whole = first + between + browser_hello(browser, BLOCKED)
    for place in range(1, len(whole), 7):
        assert converse(cut(whole, [place]), retries=True).names == [FREE, BLOCKED]
    assert converse([whole[at : at + 1] for at in range(len(whole))], retries=True).names == [FREE, BLOCKED]


def test_early_data_is_stepped_over_where_it_was_offered_and_not_without_end() -> None:
    packet = record(23, bytes(1 << 14))
    offered = records(hello(EARLY))
    assert converse([offered, packet * 3, records(HELLO)], retries=True).names == [BLOCKED]
    conversation = converse([records(hello()), packet, records(HELLO)], retries=True)
    assert (conversation.names, conversation.last) == ([], NOTHING_NEW)
    conversation = converse([offered, packet * (1 + MAX_EARLY // len(packet)), records(HELLO)], retries=True)
    assert (conversation.names, conversation.last) == ([], NOTHING_NEW)


def test_what_looks_like_a_hello_and_is_none() -> None:
    """Of a resumed session in TLS 1.2 the Finished is encrypted: any byte may be its first."""
    sizes = [SHORTEST, 300, MAX_HELLO, MAX_HELLO + 1, LONGEST]
    for size in sizes:
        finished = record(22, b"\1" + size.to_bytes(3, "big") + bytes(36))
        assert read(CHANGED + finished) is None
        assert read(CHANGED + finished, DATA) == NOTHING_NEW
        assert read(CHANGED + finished, record(21, bytes(26))) == NOTHING_NEW
    for size in (0, SHORTEST - 1, LONGEST + 1, 0xFFFFFF):
        assert read(CHANGED + record(22, b"\1" + size.to_bytes(3, "big") + bytes(36))) == NOTHING_NEW


REFUSED = {
    "an extension twice": records(hello(extension(0, sni(b"a.example")), extension(0, sni(b"b.example")))),
    "bytes behind it in its record": record(22, HELLO + b"x"),
    "a change of cipher within": records(HELLO, 9)[:14] + CHANGED,
    "a warning within": records(HELLO, 9)[:14] + record(21, b"\1\0"),
    "more than we read": record(22, b"\1\0\x50\0" + bytes(99)) + record(22, bytes(99)),
    "a record too long": b"\x16\x03\x03\x40\x01\1\0\x40\0",
    "empty records within": records(HELLO, 9)[:14] + record(22, b"") * (MAX_EMPTY_RECORDS + 1),
    "changes of cipher without end": CHANGED * (MAX_RECORDS + 1),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_a_second_hello_that_cannot_be_read(data: bytes) -> None:
    reader = FirstReader(stage=SecondHello())

    def whole(stream: bytes) -> None:
        while (first := reader.read(stream)) is not None:
            assert first.used, first
            stream = stream[first.used :]

    refusal(whole, data)


def test_early_data_within_a_hello_is_no_end_of_it_where_it_was_offered() -> None:
    begun = records(HELLO, 9)[:14]
    assert read(begun, DATA) == NOTHING_NEW
    with pytest.raises(DecodeError, match="within the second"):
        read(begun, DATA, early=True)


def test_what_came_before_is_forgotten() -> None:
    """After a restart: of a connection that was looked at, TLS goes on as behind a hello, and all else as it begins."""
    assert FirstReader(retries=True, heard=True).read(CHANGED) == skipped(len(CHANGED))
    assert FirstReader(retries=True, heard=True).read(DATA) == skipped(len(DATA))
    get = FirstReader(retries=True, heard=True).read(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
    assert get is not None
    assert get.names == ("a.example",)


PARTS = st.sampled_from(
    [
        CHANGED,
        DATA,
        records(HELLO),
        records(HELLO, 4, 9),
        record(22, b""),
        record(21, b"\1\0"),
        b"\x16\x03",
        b"\x17\x07\x03\0\5early",
        *NO_HELLO.values(),
    ]
)


@given(st.lists(PARTS | st.binary(max_size=9), max_size=5).map(b"".join), st.booleans(), st.data())
def test_says_the_same_however_it_is_cut(data: bytes, early: bool, draw: st.DataObject) -> None:
    """And never waits beyond what is kept."""

    def said(pieces: list[bytes]) -> tuple[list[str], FirstData | None] | str:
        conversation = Conversation(retries=True)
        try:
            for piece in pieces:
                conversation.say(piece)
        except DecodeError as fault:
            return fault.what if hasattr(fault, "what") else str(fault)
        return conversation.names, conversation.last

    first = records(hello(extension(0, sni(FREE.encode())), *([EARLY] if early else [])))
    places = draw.draw(st.lists(st.integers(0, 400), max_size=6))
    whole = said([first + data])
    assert said(cut(first + data, places)) == whole or isinstance(whole, str)
    ended = said([first + data, bytes(LIMIT)])
    assert isinstance(ended, str) or (ended[1] is not None and ended[1].final)
