"""Where requests end; h11, which reads for a living, has the second opinion in test_http_requests.py."""

import pytest
from decode_fixtures import refusal

from enforcer.decode.http_framing import MAX_CHUNK_LINE, MAX_TRAILER, chunk_size, read_framing, trailer_size

READ = {
    "nothing": (b"Host: a\r\n", 0, False),
    "a length": (b"Content-Length: 12\r\n", 12, False),
    "a length in any case": (b"CONTENT-length:12  \n", 12, False),
    "not the length": (b"X-Content-Length: 12\r\n", 0, False),
    "chunks": (b"Transfer-Encoding: chunked\r\n", None, False),
    "compressed chunks": (b"Transfer-Encoding: gzip, Chunked\r\n", None, False),
    "an upgrade": (b"Upgrade: h2c\r\nUpgrade-Insecure-Requests: 1\r\n", 0, True),
    "no upgrade": (b"Upgrade-Insecure-Requests: 1\r\n", 0, False),
    "a rover": (b"User-Agent: NTRIP x/1\r\n", 0, True),
    "a broadcast": (b"Expect: 100-continue\r\n", 0, True),
    "a body that waits": (b"Expect: 100-continue\r\nContent-Length: 3\r\n", 3, False),
}


@pytest.mark.parametrize(("fields", "length", "is_open"), READ.values(), ids=READ.keys())
def test_reads(fields: bytes, length: int | None, is_open: bool) -> None:
    framing = read_framing(fields, minor=1)
    assert (framing.length, framing.open) == (length, is_open)


REFUSED = {
    "both": b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
    "two lengths": b"Content-Length: 1\r\nContent-Length: 1\r\n",
    "a list of lengths": b"Content-Length: 1, 1\r\n",
    "a signed length": b"Content-Length: +1\r\n",
    "a hexadecimal length": b"Content-Length: 0x1\r\n",
    "an empty length": b"Content-Length:\r\n",
    "a length beyond 64 bits": b"Content-Length: 18446744073709551617\r\n",
    "two codings": b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
    "another last coding": b"Transfer-Encoding: chunked, gzip\r\n",
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n",
    "chunked with something": b"Transfer-Encoding: chunked;q=1\r\n",
    "a control character": b"Transfer-Encoding:\x0bchunked\r\n",
}


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(fields: bytes) -> None:
    assert refusal(lambda data: read_framing(data, minor=1), fields)


def test_chunks_are_not_of_http_1_0() -> None:
    assert "HTTP/1.0" in refusal(lambda data: read_framing(data, minor=0), b"Transfer-Encoding: chunked\r\n")


@pytest.mark.parametrize(
    ("data", "want"),
    [
        (b"0\r\n", (0, 3)),
        (b"1aF\r\nx", (0x1AF, 5)),
        (b"5;name=value\r\n", (5, 14)),
        (b"5 ;x\r\n", (5, 6)),
        (b"5\r", None),
        (b"", None),
    ],
)
def test_chunk_lines(data: bytes, want: tuple[int, int] | None) -> None:
    assert chunk_size(data) == want


@pytest.mark.parametrize("data", [b"5\n", b"\r\n", b"-5\r\n", b"5\r5\r\n", b"0x5\r\n", b" 5\r\n", b"f" * 16 + b"\r\n"])
def test_chunk_lines_that_are_none(data: bytes) -> None:
    assert refusal(chunk_size, data)


def test_trailers() -> None:
    assert trailer_size(b"\r\nGET") == 2
    assert trailer_size(b"A: b\r\nC:d\r\n\r\nGET") == 13
    assert trailer_size(b"A: b\r\n") is None
    assert refusal(trailer_size, b"A: b\nC: d\r\n\r\n")
    assert refusal(trailer_size, b"A: b\r\n c\r\n\r\n")


def test_both_are_bounded() -> None:
    assert "more than" in refusal(chunk_size, b"5;" + b"x" * MAX_CHUNK_LINE)
    assert "more than" in refusal(trailer_size, b"a:" + b"x" * MAX_TRAILER)
