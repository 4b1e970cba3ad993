"""Server names as browsers send them, and every way to send two names at once."""

import pytest
from browser_hellos import BROWSERS, browser_hello
from decode_fixtures import extension, hello, hello_for, refusal, sni, work
from hypothesis import example, given
from hypothesis import strategies as st

from enforcer.decode.tls_hello import TlsHello, decode_tls_hello
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName

NAME = "dnl-03.geo.kaspersky.com"
SNI = extension(0, sni(NAME.encode()))
ALPN = extension(16, b"\0\x0c\2h2\x08http/1.1")
GREASE = extension(0x0A0A, b"") + extension(0xFE0D, b"\0" + bytes(200))
PLAIN = hello(GREASE, SNI, ALPN)


def test_reads_name_protocols_and_ech() -> None:
    want = TlsHello(server_name=HostName(NAME), alpn=(b"h2", b"http/1.1"), has_ech=True)
    assert decode_tls_hello(PLAIN) == want
    assert decode_tls_hello(hello(SNI)) == TlsHello(server_name=HostName(NAME), alpn=(), has_ech=False)


@pytest.mark.parametrize("browser", BROWSERS)
def test_reads_browsers(browser: str) -> None:
    read = decode_tls_hello(browser_hello(browser)[5:])
    assert (read.server_name, read.alpn) == (NAME, (b"h2", b"http/1.1"))


def test_a_name_is_normalised() -> None:
    assert decode_tls_hello(hello(extension(0, sni(b"WWW.Kaspersky.COM.")))).server_name == "www.kaspersky.com"


def test_a_hello_may_name_no_host() -> None:
    for message in (hello(), hello(ALPN), old_style()):
        assert decode_tls_hello(message).server_name is None


def old_style() -> bytes:
    """Without even the length of the extensions, as TLS 1.0 may."""
    body = hello()[4:-2]
    return b"\1" + len(body).to_bytes(3, "big") + body


def hello_with(tail: bytes) -> bytes:
    body = hello(SNI)[4:] + tail
    return b"\1" + len(body).to_bytes(3, "big") + body


REFUSED = {
    "empty": (b"", "1 bytes announced, 0 left"),
    "a ServerHello": (b"\2" + PLAIN[1:], "handshake type 2, not ClientHello"),
    "bytes behind the message": (PLAIN + b"\0", "1 bytes left over"),
    "bytes behind the extensions": (hello_with(b"\0"), "1 bytes left over"),
    "two server_name extensions": (
        hello(extension(0, sni(b"ok.example")), extension(0, sni(b"bad.example"))),
        "extension 0 twice",
    ),
    "any extension twice": (hello(SNI, ALPN, ALPN), "extension 16 twice"),
    "two names": (hello(extension(0, sni(b"ok.example", b"bad.example"))), "14 bytes left over"),
    "no names": (hello(extension(0, b"\0\0")), "1 bytes announced, 0 left"),
    "an empty extension": (hello(extension(0, b"")), "2 bytes announced, 0 left"),
    "names outside of their extension": (
        hello(extension(0, sni(b"ok.example"), 0)),
        "extension of 27438 bytes, ",
    ),
    "extension longer than the hello": (
        hello(extension(0, sni(b"ok.example"), 9999)),
        "extension of 9999 bytes, ",
    ),
    "bytes behind the names": (hello(extension(0, sni(b"ok.example") + b"\0")), "1 bytes left over"),
    "another type of name": (hello(extension(0, b"\0\5\1\0\2ab")), "server name of type 1"),
    "empty name": (hello(extension(0, sni(b""))), "server name: the name is empty"),
    "a zero byte": (
        hello(extension(0, sni(b"ok.example\0.bad"))),
        "server name: 'ok.example\\x00.bad' has",
    ),
    "not ASCII": (hello(extension(0, sni("bücher.example".encode()))), "server name is not ASCII"),
    "a letter that lower() would make ASCII": (
        hello(extension(0, sni("\N{KELVIN SIGN}aspersky.com".encode()))),
        "server name is not ASCII",
    ),
    "too long a name": (hello(extension(0, sni(b"a." * 126 + b"bb"))), "server name: the name has 254 characters"),
    "two dots": (hello(extension(0, sni(b"a..example"))), "server name: 'a..example' has an empty label"),
    "an IPv6 address": (hello(extension(0, sni(b"2001:db8::1"))), "server name: '2001:db8::1' has the character ':'"),
    "ALPN beyond its extension": (hello(extension(16, b"\0\3\2h")), "3 bytes announced, 2 left"),
    "ALPN with bytes behind": (hello(extension(16, b"\0\3\2h2x")), "1 bytes left over"),
}


@pytest.mark.parametrize(("message", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(message: bytes, why: str) -> None:
    assert refusal(decode_tls_hello, message).startswith(why)


@pytest.mark.parametrize("browser", [None, *BROWSERS])
def test_refuses_every_prefix(browser: str | None) -> None:
    message = browser_hello(browser)[5:] if browser else PLAIN
    for size in range(len(message)):
        refusal(decode_tls_hello, message[:size])


def test_work_is_bounded() -> None:
    many = hello(*[extension(kind, b"") for kind in range(100, 4000)])
    assert len(many) < 16_384
    assert work(lambda: decode_tls_hello(many)) < 30 * 4000


@given(keep=st.integers(0, len(PLAIN)), tail=st.binary(max_size=300))
@example(keep=0, tail=b"")
def test_raises_only_decode_error(keep: int, tail: bytes) -> None:
    try:
        read = decode_tls_hello(PLAIN[:keep] + tail)
    except DecodeError:
        return
    assert read.server_name is None or read.server_name == read.server_name.lower()


@given(st.from_regex(r"[a-z0-9_-]{1,20}(\.[a-z0-9-]{1,20}){0,4}", fullmatch=True))
def test_any_name_comes_back(name: str) -> None:
    assert decode_tls_hello(hello_for(name)).server_name == name
