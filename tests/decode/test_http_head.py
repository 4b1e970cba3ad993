"""Hosts from request heads, fed whole, byte by byte, cut anywhere and with a tail."""

import http.client
import socket
import threading
from ipaddress import IPv4Address, IPv6Address

import pytest
from decode_fixtures import refusal, work
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.first_data import read_names
from enforcer.decode.http_head import MAX_FIELDS, MAX_HEAD, MAX_METHOD, decode_http_head, looks_like_http
from enforcer.model.errors import DecodeError

NAME = "dnl-03.geo.kaspersky.com"
GET = b"GET /updates/u0607g.xml?x=http://other.example/ HTTP/1.1\r\n"


def head(*lines: bytes, end: bytes = b"\r\n") -> bytes:
    return b"".join(line + end for line in (*lines, b""))


READ = {
    "Host": (head(GET[:-2], b"Host: " + NAME.encode()), (NAME,)),
    "any case, any space": (head(GET[:-2], b"hOsT:\t " + NAME.upper().encode() + b"\t "), (NAME,)),
    "no space": (head(GET[:-2], b"Host:" + NAME.encode()), (NAME,)),
    "a port": (head(GET[:-2], b"Host: " + NAME.encode() + b":80"), (NAME,)),
    "among others": (head(GET[:-2], b"Accept: */*", b"Host: a.example", b"Hostname: b.example"), ("a.example",)),
    "bare line feeds": (head(GET[:-2], b"Host: a.example", end=b"\n"), ("a.example",)),
    "empty lines in front": (b"\r\n\n\r\n" + head(GET[:-2], b"Host: a.example"), ("a.example",)),
    "HTTP/1.0 without Host": (head(b"GET / HTTP/1.0"), ()),
    "an empty Host": (head(GET[:-2], b"Host:"), ()),
    "any method": (head(b"M-SEARCH * HTTP/1.1", b"Host: a.example"), ("a.example",)),
    "lower case method": (head(b"get / HTTP/1.1", b"Host: a.example"), ("a.example",)),
    "absolute form": (head(b"GET http://a.example:80/x HTTP/1.1", b"Host: a.example"), ("a.example",)),
    "absolute form, query only": (head(b"GET HTTPS://A.example?x HTTP/1.1"), ("a.example",)),
    "two names": (head(b"GET http://a.example/ HTTP/1.1", b"Host: b.example"), ("a.example", "b.example")),
    "CONNECT": (head(b"CONNECT a.example:443 HTTP/1.1", b"Host: b.example"), ("a.example", "b.example")),
    "bytes above ASCII in the target": (head(b"GET /\xc3\xbc HTTP/1.1", b"Host: a.example"), ("a.example",)),
}


@pytest.mark.parametrize(("stream", "names"), READ.values(), ids=READ.keys())
def test_reads_names(stream: bytes, names: tuple[str, ...]) -> None:
    whole = decode_http_head(stream)
    assert whole is not None
    assert (whole.names, whole.addresses, whole.complete) == (names, (), True)
    assert looks_like_http(stream) is True
    for tail in (b"\0\r\nHost: evil.example\r\n\r\n", b"Host: evil.example\r\n", b"GET / HTTP/1.1\r\n\r\n", b" "):
        assert decode_http_head(stream + tail) == whole


@pytest.mark.parametrize(("stream", "names"), READ.values(), ids=READ.keys())
def test_every_prefix_says_less(stream: bytes, names: tuple[str, ...]) -> None:
    before: tuple[str, ...] = ()
    for size in range(len(stream)):
        if not looks_like_http(stream[:size]):
            assert looks_like_http(stream[:size]) is None
            continue
        part = decode_http_head(stream[:size])
        seen = part.names if part else ()
        assert seen[: len(before)] == before
        assert names[: len(seen)] == seen
        assert part is None or not part.complete
        before = seen


def test_addresses_are_told_apart() -> None:
    got = decode_http_head(head(b"GET http://192.0.2.1/ HTTP/1.1", b"Host: [2001:db8::1]:8080"))
    want = (IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1"))
    assert got is not None
    assert (got.method, got.names, got.addresses, got.complete) == ("GET", (), want, True)


def test_reports_as_soon_as_one_host_is_whole() -> None:
    assert decode_http_head(GET + b"Host: a.example") is None
    assert decode_http_head(GET + b"Host: a.example\r") is None
    early = decode_http_head(GET + b"Host: a.example\r\n")
    assert early is not None
    assert (early.method, early.names, early.addresses, early.complete) == ("GET", ("a.example",), (), False)
    assert decode_http_head(b"CONNECT a.example:443 HTTP/1.1\r\n") is not None


REFUSED = {
    "Host twice": (GET + b"Host: a.example\r\nHost: b.example\r\n", "more than one Host"),
    "the same Host twice": (GET + b"Host: a.example\r\nhost: a.example\r\n", "more than one Host"),
    "an empty Host and another": (GET + b"Host:\r\nHost: a.example\r\n", "more than one Host"),
    "a folded Host": (GET + b"Host:\r\n a.example\r\n", "folded field line"),
    "a folded line behind Host": (GET + b"Host: a.example\r\n\t.evil.example\r\n", "folded field line"),
    "Host in a folded line": (GET + b"X: y\r\n Host: a.example\r\n", "folded field line"),
    "space before the colon": (GET + b"Host : a.example\r\n", "malformed field line"),
    "no colon": (GET + b"Host\r\n", "malformed field line"),
    "no name": (GET + b": a.example\r\n", "malformed field line"),
    "a bare CR in Host": (GET + b"Host: a.example\rHost: b.example\r\n", "bare CR or NUL in the request head"),
    "a bare CR anywhere": (GET + b"X: a\rb\r\n", "bare CR or NUL in the request head"),
    "a NUL": (GET + b"Host: a.example\0.b.example\r\n", "bare CR or NUL in the request head"),
    "two hosts in one": (GET + b"Host: a.example, b.example\r\n", "host: "),
    "a user name": (b"GET http://a.example@b.example/ HTTP/1.1\r\n", "host cannot be told from what stands around it"),
    "a backslash": (b"GET http://a.example\\b.example/ HTTP/1.1\r\n", "host: "),
    "CONNECT to a URL": (b"CONNECT http://a.example/ HTTP/1.1\r\n", "host cannot be told from what stands around it"),
    "a target that is none": (b"GET a.example/x HTTP/1.1\r\n", "request target is neither a path nor a URL"),
    "two spaces": (b"GET  / HTTP/1.1\r\n", "malformed request line"),
    "a tab": (b"GET\t/ HTTP/1.1\r\n", "malformed request line"),
    "a space in the target": (b"GET /a b HTTP/1.1\r\n", "malformed request line"),
    "space at the end": (b"GET / HTTP/1.1 \r\n", "malformed request line"),
    "a longer version": (b"GET / HTTP/1.10\r\n", "malformed request line"),
}


@pytest.mark.parametrize(("stream", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(stream: bytes, why: str) -> None:
    assert refusal(decode_http_head, stream).startswith(why)
    assert refusal(decode_http_head, stream + b"\r\n").startswith(why)
    assert looks_like_http(stream) is True


def test_the_limit_on_the_head() -> None:
    start = GET + b"Host: a.example\r\nCookie: "
    fits = start + b"c" * (MAX_HEAD - len(start) - 4) + b"\r\n\r\n"
    assert len(fits) == MAX_HEAD
    assert decode_http_head(fits[:-1]) is not None
    assert decode_http_head(fits) is not None
    for too_long in (fits.replace(b"cc", b"ccc", 1), fits[:-4] + b"c" * 9, b"\r\n" + fits):
        assert refusal(decode_http_head, too_long) == f"request head of more than {MAX_HEAD} bytes"


def test_the_limit_on_fields() -> None:
    fields = GET + b"a:b\r\n" * MAX_FIELDS
    assert decode_http_head(fields + b"\r\n") is not None
    assert refusal(decode_http_head, fields + b"a:b\r\n\r\n") == f"more than {MAX_FIELDS} header fields"


@pytest.mark.parametrize("piece", [b"a:\n", b"\r\n", b"\r", b"/", b"GET ", b"Host: a\n"], ids=repr)
@pytest.mark.parametrize("start", [b"", GET, GET[:5]], ids=["bare", "line", "GET"])
def test_work_is_bounded(start: bytes, piece: bytes) -> None:
    stream = start + piece * ((MAX_HEAD - 100) // len(piece))
    assert work(lambda: decode_http_head(stream)) < 20 * MAX_FIELDS
    assert work(lambda: looks_like_http(stream)) < 30


# --- is it HTTP at all? ------------------------------------------------------------------------------------------
YES = [
    GET,
    b"\r\n" + GET,
    b"OPTIONS * HTTP/1.0\n",
    b"x y HTTP/1.1\r\n",
    b"GET /a b c HTTP/1.1\r\n",
    b"a\tb\tHTTP/1.1\n",
    b"A" * MAX_METHOD + b" / HTTP/1.1\r\n",
    b"GET / HTTP/2.0\r\n",
    b"GET / HTTP/0.9\r\n",
    b"OPTIONS rtsp://a.example/ RTSP/1.0\r\n",
    b"SOURCE / ICE/1.0\r\n",
]
NO = {
    "SMTP": b"EHLO mail.example.com\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6 Debian-3\r\n",
    "FTP": b"USER anonymous\r\n",
    "IRC": b"USER guest 0 * :Ronnie Reagan\r\n",
    "POP3": b"CAPA\r\n",
    "IMAP": b"a001 LOGIN SMITH SESAME\r\n",
    "SIP": b"INVITE sip:bob@biloxi.example SIP/2.0\r\n",
    "memcached": b"set key 0 60 5\r\n",
    "redis": b"*1\r\n$4\r\nPING\r\n",
    "HTTP/2 with prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n",
    "the PROXY protocol": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 80\r\n",
    "JSON": b'{"jsonrpc": "2.0"}',
    "PostgreSQL": b"\0\0\0\x08\x04\xd2\x16\x2f",
    "BitTorrent": b"\x13BitTorrent protocol",
    "DNS": b"\0\x1d\x12\x34\1\0\0\1",
    "a long word": b"A" * (MAX_METHOD + 1),
    "words without end": b"GET " + b"x" * MAX_HEAD,
    "a word in other letters": "ÄÖ / HTTP/1.1\r\n".encode(),
}


@pytest.mark.parametrize("stream", YES, ids=repr)
def test_looks_like_http(stream: bytes) -> None:
    assert looks_like_http(stream) is True
    for size in range(stream.index(b"\n", 2)):
        assert looks_like_http(stream[:size]) is None


@pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/3.0", b"RTSP/1.0", b"ICE/1.0"])
def test_the_host_of_a_request_of_another_version_is_read(version: bytes) -> None:
    """Node.js serves 0.9, 2.0, RTSP and ICE by their Host, Caddy 1.2."""
    head = decode_http_head(b"GET / " + version + b"\r\nHost: a.example\r\n\r\n")
    assert head is not None
    assert head.names == ("a.example",)


# What servers were seen to take for a request, and to serve by its Host.
LENIENT = {
    "nginx: 16 KiB of empty lines": b"\r\n" * (MAX_HEAD // 2),
    "nginx: line feeds": b"\n" * MAX_HEAD,
    "http.server: a version of 01.1": b"GET / HTTP/01.1\r\nHost: a.example\r\n\r\n",
    "http.server: white space in front": b" GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
}


@pytest.mark.parametrize("stream", LENIENT.values(), ids=LENIENT.keys())
def test_what_only_some_servers_read_is_refused_and_not_let_pass(stream: bytes) -> None:
    assert looks_like_http(stream) is True
    assert looks_like_http(stream[:-1]) is not False
    refusal(decode_http_head, stream)
    refusal(read_names, stream)


def test_a_long_method_hides_no_host() -> None:
    """nginx serves it."""
    first = read_names(head(b"A" * 40 + b" / HTTP/1.1", b"Host: a.example"))
    assert first is not None
    assert first.names == ("a.example",)


@pytest.mark.parametrize("stream", NO.values(), ids=NO.keys())
def test_does_not_look_like_http(stream: bytes) -> None:
    assert looks_like_http(stream) is False
    # Once no, always no; never yes before.
    answers = [looks_like_http(stream[:size]) for size in range(len(stream) + 1)]
    assert True not in answers
    assert answers == sorted(answers, key=lambda answer: answer is False)


@pytest.mark.parametrize("target", [b"/", b"http://a.example/"])
def test_a_request_line_without_end_is_not_let_pass(target: bytes) -> None:
    stream = b"GET " + target + b"x" * MAX_HEAD
    assert looks_like_http(stream) is True
    assert refusal(decode_http_head, stream) == f"request head of more than {MAX_HEAD} bytes"


# --- a real client, and anything ---------------------------------------------------------------------------------
def test_reads_what_the_standard_library_sends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = http.client.HTTPConnection(NAME, 8080, timeout=60)
        connection.sock = socket.create_connection(listener.getsockname(), timeout=60)
        caller = threading.Thread(target=connection.request, args=("POST", "/a", b"body", {"X-Y": "z"}))
        caller.start()
        with listener.accept()[0] as accepted:
            accepted.settimeout(60)
            got = b""
            while b"body" not in got:
                got += accepted.recv(4096)
        caller.join()
        connection.close()
    read = decode_http_head(got)
    assert read is not None
    assert (read.method, read.names, read.complete) == ("POST", (NAME,), True)


PIECES = st.sampled_from(
    [
        b"GET",
        b" ",
        b"/",
        b"HTTP/1.1",
        b"\r\n",
        b"\n",
        b"\r",
        b"Host:",
        b"a.example",
        b"b",
        b"\t",
        b"\0",
        b"http://",
        b":",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=4), max_size=30).map(b"".join), st.booleans())
def test_raises_only_decode_error(stream: bytes, start: bool) -> None:
    stream = GET + stream if start else stream
    assert looks_like_http(stream) in (True, False, None)
    try:
        read = decode_http_head(stream)
    except DecodeError:
        return
    assert read is None or read.complete or read.names or read.addresses


@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_answers_do_not_change_when_more_comes(tail: bytes) -> None:
    stream = GET + tail
    answers = [looks_like_http(stream[:size]) for size in range(len(stream) + 1)]
    assert answers[-1] is True
    assert False not in answers
    whole = None
    for size in range(len(stream) + 1):
        try:
            part = decode_http_head(stream[:size]) if answers[size] else None
        except DecodeError:
            # What is refused stays refused.
            refusal(decode_http_head, stream)
            return
        if whole is not None and whole.complete:
            assert part == whole
        whole = part
