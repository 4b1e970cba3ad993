"""The names of a connection's first data, whatever the protocol and however it is cut."""

import socket
import ssl
import threading
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from browser_hellos import BROWSERS, browser_hello
from decode_fixtures import extension, hello, hello_for, records, refusal, sni, work
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.first_data import NO_NAMES, FirstData, FirstReader, read_names
from enforcer.decode.http_head import MAX_HEAD
from enforcer.decode.stream import LIMIT, Stream
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.observation import How

NAME = "dnl-03.geo.kaspersky.com"
TLS = FirstData(how=How.TLS, names=(HostName(NAME),), alpn=(b"h2", b"http/1.1"))
HTTP = FirstData(how=How.HTTP, names=(HostName(NAME),), path=b"/")
REQUEST = f"GET / HTTP/1.1\r\nAccept: */*\r\nHost: {NAME}\r\nUser-Agent: x\r\n\r\n".encode()

WHOLE = {
    "TLS": (records(hello_for(NAME)), TLS),
    "TLS in records of 3": (records(hello_for(NAME), *[3] * 30), TLS),
    "TLS without a name": (records(hello()), FirstData(how=How.TLS)),
    "HTTP": (REQUEST, HTTP),
    "HTTP without a name": (b"GET / HTTP/1.0\r\n\r\n", FirstData(how=How.HTTP, path=b"/")),
}


@pytest.mark.parametrize(("stream", "want"), WHOLE.values(), ids=WHOLE.keys())
def test_reads_whole_byte_by_byte_and_with_a_tail(stream: bytes, want: FirstData) -> None:
    assert read_names(stream) == want
    assert read_names(stream + b"\x17\x03\x03\0\1x") == want
    reader = FirstReader()
    for size in range(len(stream)):
        part = reader.read(stream[:size])
        assert part == read_names(stream[:size])
        assert part is None or not part.final
    assert reader.read(stream) == want


def test_http_is_reported_early_but_not_for_good() -> None:
    early = read_names(REQUEST[: REQUEST.index(b"User-Agent")])
    assert early == FirstData(how=How.HTTP, names=(HostName(NAME),), final=False)


OTHERS = {
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "SMTP in clear": b"MAIL FROM:<a@mail.example.com>\r\n",
    "SSL 2 hello": b"\x80\x2e\x01\x03\x01",
    "a byte that TLS begins with": b"\x16\x02\x01\0\5hello",
    "HTTP/2 in another version": b"PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n",
    "zeros": bytes(40),
    "BitTorrent": b"\x13BitTorrent protocol",
}


@pytest.mark.parametrize("stream", OTHERS.values(), ids=OTHERS.keys())
def test_other_protocols_carry_no_name(stream: bytes) -> None:
    assert read_names(stream) == NO_NAMES


@pytest.mark.parametrize("major", [0, 2, 4, 15])
def test_a_hello_in_records_of_another_version_is_read(major: int) -> None:
    """Go's servers, Caddy and Traefik among them, take any below 16."""
    stream = records(hello_for(NAME))
    odd = bytes([stream[0], major]) + stream[2:]
    assert [read_names(odd[:size]) for size in range(6)] == [None] * 6
    assert read_names(odd) == TLS
    reader, alert = FirstReader(), b"\x15" + bytes([major]) + b"\1\0\2\1\x5a"
    stepped = reader.read(alert + odd)
    assert stepped is not None
    assert (stepped.used, reader.read(odd)) == (len(alert), TLS)
    assert read_names(b"\x16\x10" + stream[2:]) == NO_NAMES


def test_nothing_says_nothing() -> None:
    assert read_names(b"") is None
    assert read_names(b"\x16") is None


REFUSED = {
    "two server names": records(hello(extension(0, sni(b"ok.example")), extension(0, sni(b"bad.example")))),
    "an alert within the hello": records(hello_for(NAME), 9)[:14] + b"\x15\x03\x03\0\2\1\0",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n",
    "an endless request": b"GET /" + b"x" * MAX_HEAD,
    "endless tiny records": records(b"\1\0\x20\0" + bytes(8192), *[1] * 5000)[:LIMIT],
}


@pytest.mark.parametrize("stream", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(stream: bytes) -> None:
    why = refusal(read_names, stream)
    assert refusal(FirstReader().read, stream) == why


BEGINNINGS = [
    b"\x16\x03\x01\x40\0\1\0\x40\0",
    b"\x16\x03\x01\0\1\1",
    b"GET / HTTP/1.1\r\nHost: a\r\n",
    b"GET",
    b"\r\n",
    b"A",
]


@given(st.sampled_from(BEGINNINGS), st.binary(min_size=1, max_size=40))
def test_waiting_ends_at_the_limit(start: bytes, filling: bytes) -> None:
    stream = (start + filling * LIMIT)[:LIMIT]
    try:
        first = read_names(stream)
    except DecodeError:
        return
    assert first is not None
    assert first.final


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_browsers_hello_through_the_joiner_cut_at_every_byte(browser: str) -> None:
    data = browser_hello(browser)
    for at in range(1, len(data)):
        stream, reader = Stream(7), FirstReader()
        for place, part in ((at, data[at:]), (0, data[:at])) if at % 2 else ((0, data[:at]), (at, data[at:])):
            assert reader.read(stream.joined) is None
            stream.add(8 + place, part)
        assert reader.read(stream.joined) == TLS


@pytest.mark.parametrize("browser", BROWSERS)
@given(seed=st.integers(0, 2**32), marks=st.lists(st.integers(0, 1500), max_size=12))
def test_a_browsers_hello_in_pieces_in_any_order_twice(browser: str, seed: int, marks: list[int]) -> None:
    data = browser_hello(browser)
    spans = list(pairwise(sorted({0, len(data), *marks})))
    pieces = [*spans, *spans, (0, len(data) // 2)]
    Random(seed).shuffle(pieces)
    stream, reader = Stream(0xFFFFFF00), FirstReader()
    answers = []
    for start, end in pieces:
        stream.add((0xFFFFFF01 + start) % (1 << 32), data[start:end])
        answers.append(reader.read(stream.joined))
    assert answers[-1] == TLS
    assert set(answers) <= {None, TLS}


def test_one_byte_segments_of_one_byte_records_cost_their_number() -> None:
    message = hello(extension(0, sni(NAME.encode())), extension(21, bytes(2600)))
    data = records(message, *[1] * (len(message) - 1))
    assert 15_000 < len(data) < LIMIT
    reader = FirstReader()
    assert work(lambda: [reader.read(data[:size]) for size in range(len(data) + 1)]) < 40 * len(data)
    assert reader.read(data) == replace(TLS, alpn=())


def test_one_byte_segments_of_many_lines_are_bounded() -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a:\n" * 250 + b"x:" + b"y" * 15_000
    reader = FirstReader()
    assert work(lambda: [reader.read(data[:size]) for size in range(len(data) + 1)]) < 250 * 250 * 10 + 40 * len(data)


def test_reads_what_openssl_sends() -> None:
    """The standard library's TLS, which is OpenSSL's: another writer of hellos than the browsers' BoringSSL."""
    context = ssl.create_default_context()
    for name in (NAME, "www.example.org"):
        client, server = socket.socketpair()
        with client, server:
            client.settimeout(60)
            server.settimeout(60)
            caller = threading.Thread(target=_handshake, args=(context, client, name))
            caller.start()
            got, first = b"", None
            while first is None:
                got += server.recv(4096)
                first = read_names(got)
            server.close()
            caller.join()
        assert first == FirstData(how=How.TLS, names=(HostName(name),), alpn=first.alpn)


def _handshake(context: ssl.SSLContext, client: socket.socket, name: str) -> None:
    with pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(client, server_hostname=name)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"\x16\x03\x01\0\x40\1\0\0\x3c" + tail))
def test_raises_only_decode_error_and_the_same_piece_by_piece(data: bytes) -> None:
    reader = FirstReader()
    for size in range(len(data) + 1):
        try:
            first = reader.read(data[:size])
        except DecodeError:
            refusal(read_names, data)
            return
        if first is not None and (first.final or first.used):
            assert read_names(data) == first
            return
        assert first == read_names(data[:size])
