"""Every request of a connection, against h11, cut anywhere."""

from ipaddress import IPv4Address

import h11
import pytest
from conversation import Conversation, converse, cut
from decode_fixtures import hello_for, records, refusal
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.http2 import PREFACE
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How

NAME = "dnl-03.geo.kaspersky.com"


def request(host: str, *fields: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} /x HTTP/1.1", f"Host: {host}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def by_h11(data: bytes) -> list[str] | None:
    """The hosts of all requests, as a server reads them; None if it refuses, or closes behind one."""
    connection, hosts = h11.Connection(h11.SERVER), list[str]()
    connection.receive_data(data)
    try:
        while (event := connection.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Request):
                hosts.append(dict(event.headers).get(b"host", b"").decode("latin-1"))
            elif isinstance(event, h11.EndOfMessage):
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                connection.start_next_cycle()
    except h11.ProtocolError:
        return None
    return hosts


HOSTS = st.sampled_from(["a.example", "b.example", NAME])
BODIES = st.binary(max_size=200) | st.just(request("inner.example")) | st.binary(min_size=30_000, max_size=30_000)
WITH_LENGTH = st.builds(lambda host, body: request(host, f"Content-Length: {len(body)}", body=body), HOSTS, BODIES)
IN_CHUNKS = st.builds(
    lambda host, body, size: request(host, "Transfer-Encoding: chunked", method="POST", body=chunked(body, size)),
    HOSTS,
    BODIES,
    st.integers(1, 30_000),
)


@given(st.lists(HOSTS.map(request) | WITH_LENGTH | IN_CHUNKS, min_size=1, max_size=5), st.lists(st.integers(0, 90_000)))
def test_names_each_request_as_h11_does(requests: list[bytes], places: list[int]) -> None:
    data = b"".join(requests)
    assert converse(cut(data, places)).names == by_h11(data)


@given(st.data())
def test_what_h11_reads_is_read_alike_or_refused(data: st.DataObject) -> None:
    """Two valid requests with one place changed: never another list of hosts."""
    whole = request("a.example", "Content-Length: 3", body=b"abc") + request(
        "b.example", "Transfer-Encoding: chunked", body=chunked(b"abcdef", 4)
    )
    place = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.binary(max_size=2) | st.sampled_from([b"\r\n", b"\n", b"0", b"9", b" ", b":", b"\r"]))
    changed = whole[:place] + change + whole[place + 1 :] + request(NAME)
    theirs = by_h11(changed)
    try:
        ours = converse([changed]).names
    except DecodeError:
        return
    assert theirs is None or ours == [host.lower().removesuffix(".") for host in theirs if host]


def test_no_body_is_kept() -> None:
    conversation = Conversation()
    conversation.say(request("a.example", "Content-Length: 300000"))
    for _ in range(10):
        conversation.say(b"x" * 30_000)
        assert conversation.stream.size == 0
    conversation.say(request(NAME))
    assert conversation.names == ["a.example", NAME]


def test_a_body_beyond_what_sequence_numbers_can_count() -> None:
    conversation = Conversation()
    conversation.say(request("a.example", f"Content-Length: {1 << 40}"))
    first = conversation.say(b"x")
    assert first is None or not first.final


def test_the_first_only_where_the_site_says_so() -> None:
    conversation = converse([request("a.example") + request(NAME)], every=False)
    assert conversation.names == ["a.example"]


TUNNEL = b"CONNECT proxied.example:443 HTTP/1.1\r\nHost: proxied.example:443\r\n\r\n"


@pytest.mark.parametrize("every", [True, False])
def test_within_a_tunnel_the_hello_is_read(every: bool) -> None:
    data = TUNNEL + records(hello_for(NAME))
    for at in range(1, len(data)):
        conversation = converse([data[:at], data[at:]], every=every)
        assert conversation.names == ["proxied.example", NAME]
    assert [first.how for first in conversation.heard] == [How.HTTP, How.TLS]
    assert conversation.last is not None
    assert conversation.last.final


@pytest.mark.parametrize("every", [True, False])
def test_within_a_tunnel_anything_may_follow(every: bool) -> None:
    assert converse([TUNNEL, request(NAME)], every=every).names[-1] == NAME
    assert converse([TUNNEL, TUNNEL.replace(b"proxied", b"second"), request(NAME)], every=every).names[1:] == [
        "second.example",
        NAME,
    ]
    silent = converse([TUNNEL, b"SSH-2.0-x\r\n"], every=every)
    assert silent.last is not None
    assert silent.last.final


def test_an_upgrade_may_be_taken_or_not() -> None:
    offer = request("a.example", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    block = b"\x82\x41" + bytes([len(NAME)]) + NAME.encode()
    frames = PREFACE + b"\0\0\0\4\0\0\0\0\0" + len(block).to_bytes(3, "big") + b"\1\5\0\0\0\3" + block
    assert converse([offer, frames]).names == ["a.example", NAME]
    assert converse([offer, request(NAME)]).names == ["a.example", NAME]
    websocket = converse([request("a.example", "Upgrade: websocket"), b"\x81\x85\1\2\3\4hello"])
    assert websocket.last is not None
    assert websocket.last.final


RTSP = b"PLAY rtsp://a.example/1 RTSP/1.0\r\nCSeq: 4\r\n\r\n"
STREAMS = {
    "media in RTSP": (RTSP, b"$\x01\x00\x08" + bytes(8)),
    "a broadcast": (b"SOURCE /live HTTP/1.0\r\nHost: a.example\r\n\r\n", b"\xff\xfb\x90\x00"),
    "a broadcast by PUT": (request("a.example", "Expect: 100-continue", method="PUT"), b"OggS\0\2"),
    "an NTRIP rover": (request("a.example", "User-Agent: NTRIP rtklib/2.4"), b"$GPGGA,123519,4807.038,N,*47\r\n"),
}


@pytest.mark.parametrize(("asked", "stream"), STREAMS.values(), ids=STREAMS.keys())
def test_what_streams_behind_a_request_by_design_names_nobody(asked: bytes, stream: bytes) -> None:
    streaming = converse([asked, stream])
    assert streaming.names == ["a.example"]
    assert streaming.last is not None
    assert streaming.last.final
    assert converse([asked, request(NAME)]).names == ["a.example", NAME]


def test_what_follows_a_request_is_a_request_or_refused() -> None:
    assert refusal(Conversation().say, request("a.example") + b"\0\1\2\r\n\r\n")
    assert converse([request("a.example") + b"\r\n\r\n" + request(NAME)]).names == ["a.example", NAME]


def test_addresses_are_told_too() -> None:
    assert converse([request("192.0.2.1")]).heard[0].addresses == (IPv4Address("192.0.2.1"),)
