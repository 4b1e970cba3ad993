"""HTTP/2 in clear, written by another implementation, cut anywhere."""

import h2.config
import h2.connection
import h2.settings
import pytest
from conversation import Conversation, converse, cut
from decode_fixtures import refusal
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.first_data import FirstReader
from enforcer.decode.http2 import MAX_CONTINUATIONS, PREFACE
from enforcer.model.observation import How

NAMES = ["dnl-03.geo.kaspersky.com", "free.example", "b.example", "192.0.2.1"]
SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def client() -> h2.connection.H2Connection:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding=None))
    connection.initiate_connection()
    return connection


def asked(connection: h2.connection.H2Connection, name: str, body: bytes = b"", **more: object) -> bytes:
    stream = connection.get_next_available_stream_id()
    fields = [(":method", "POST" if body else "GET"), (":scheme", "http"), (":authority", name), (":path", "/x?y=1")]
    fields += [("user-agent", "grpc-go/1.60"), ("cookie", "a=" + "b" * 50)]
    connection.send_headers(stream, fields, end_stream=not body, **more)  # type: ignore[arg-type]
    if body:
        connection.send_data(stream, body, end_stream=True)
    return bytes(connection.data_to_send())


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


REQUESTS = st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=3000)), min_size=1, max_size=5)


@given(REQUESTS, st.lists(st.integers(0, 20_000), max_size=12))
def test_every_request_of_a_connection_is_read(requests: list[tuple[str, bytes]], places: list[int]) -> None:
    connection = client()
    data = b"".join(asked(connection, name, body) for name, body in requests)
    conversation = converse(cut(data, places))
    heard = [str((first.names or first.addresses)[0]) for first in conversation.heard]
    assert heard == [name for name, _ in requests]
    assert {first.how for first in conversation.heard} == {How.HTTP}


def test_byte_by_byte_the_name_is_known_with_the_end_of_its_block() -> None:
    conversation, connection = Conversation(), client()
    data = asked(connection, NAMES[0])
    for at in range(len(data) - 1):
        conversation.say(data[at : at + 1])
        assert conversation.names == []
    conversation.say(data[-1:])
    assert conversation.names == [NAMES[0]]


def test_only_the_first_where_the_site_says_so() -> None:
    connection = client()
    data = asked(connection, NAMES[1]) + asked(connection, NAMES[0])
    conversation = converse([data], every=False)
    assert conversation.names == [NAMES[1]]
    assert conversation.last is not None
    assert conversation.last.final


def test_padding_priority_and_continuations() -> None:
    connection = client()
    connection.get_next_available_stream_id()
    block = connection.encoder.encode([(":authority", NAMES[0]), ("host", NAMES[1])])
    padded = b"\3" + b"\0\0\0\0\x10" + block[:5] + b"\0\0\0"
    rest = frame(9, 0, 1, block[5:9]) + frame(9, 4, 1, block[9:])
    data = PREFACE + SETTINGS + frame(1, 0x08 | 0x20, 1, padded) + rest
    assert converse(cut(data, range(0, 200, 3))).names == NAMES[:2]


def test_a_huge_body_is_stepped_over_without_being_kept() -> None:
    conversation, connection = Conversation(), client()
    conversation.say(asked(connection, NAMES[1]))
    conversation.say(frame(0, 1, 1, b"x" * 1_000_000) + asked(connection, NAMES[0]))
    assert conversation.names == [NAMES[1], NAMES[0]]
    assert conversation.stream.size == 0


HEADERS = b"\x82\x41\x09a.example"
REFUSED = {
    "two authorities": frame(1, 4, 1, HEADERS + b"\x41\x09b.example"),
    "in capitals": frame(1, 4, 1, b"\x40\x04Host\x01a"),
    "user names": frame(1, 4, 1, b"\x41\x0ba@b.example."),
    "another frame within a block": frame(1, 0, 1, HEADERS) + frame(0, 0, 1, b"x"),
    "another stream's continuation": frame(1, 0, 1, HEADERS) + frame(9, 4, 3, b"x"),
    "a continuation of nothing": frame(9, 4, 1, HEADERS),
    "continuations without end": frame(1, 0, 1, HEADERS) + frame(9, 0, 1, b"") * (MAX_CONTINUATIONS + 1),
    "a huge block": frame(1, 4, 1, b"\0" * 16_385),
    "more padding than there is": frame(1, 4 | 8, 1, b"\x09abc"),
    "a broken block": frame(1, 4, 1, b"\xff\xff\xff\xff\xff\xff\xff"),
}


@pytest.mark.parametrize("frames", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(frames: bytes) -> None:
    assert refusal(Conversation().say, PREFACE + SETTINGS + frames)


def test_the_table_counts_as_memory() -> None:
    reader = FirstReader(every=True)
    assert reader.size == 0
    conversation = Conversation()
    conversation.say(asked(client(), NAMES[0]))
    assert 100 < conversation.reader.size < 4097
