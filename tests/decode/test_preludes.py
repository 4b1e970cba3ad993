"""What is said before a hello, by the standard library's clients and by hand, cut anywhere."""

import ftplib
import imaplib
import poplib
import smtplib
import socket
import threading
from collections.abc import Callable

import pytest
from conversation import Conversation, converse, cut
from decode_fixtures import hello_for, records, refusal
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.first_data import MAX_PRELUDES
from enforcer.decode.preludes import MAX_LINE, prelude, proxy_header

NAME = "dnl-03.geo.kaspersky.com"
HELLO = records(hello_for(NAME))
LDAP = bytes.fromhex("301d020101771880162e".replace("2e", "")) + b"1.3.6.1.4.1.1466.20037"
MYSQL = b"\x20\0\0\1" + (0x0A00 | 0x85).to_bytes(4, "little") + b"\0\0\0\1\x2d" + bytes(23)

SPOKEN = {
    "SMTP": b"EHLO mail.example\r\nSTARTTLS\r\n",
    "SMTP twice asked": b"HELO a\r\nEHLO a\r\nNOOP\r\nSTARTTLS\r\n",
    "LMTP": b"LHLO a\r\nSTARTTLS\r\n",
    "IMAP": b'a1 CAPABILITY\r\na2 ID ("name" "x y")\r\nA003 STARTTLS\r\n',
    "POP3": b"CAPA\r\nSTLS\r\n",
    "FTP": b"FEAT\r\nAUTH TLS\r\n",
    "FTP, old": b"AUTH SSL\r\n",
    "NNTP": b"CAPABILITIES\r\nMODE READER\r\nSTARTTLS\r\n",
    "ManageSieve": b"CAPABILITY\r\nStartTLS\r\n",
    "IRC": b"CAP LS 302\r\nSTARTTLS\r\n",
    "XMPP": b"<?xml version='1.0'?><stream:stream to='x.example' xmlns='jabber:client' version='1.0'>"
    b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    "XMPP with an end tag": b"<stream:stream to='x'>\n<starttls xmlns='a'></starttls>",
    "LDAP": LDAP,
    "LDAP, long lengths": b"\x30\x84\0\0\0\x1d\x02\x01\x01\x77\x18\x80\x16".replace(b"\x84\0\0\0\x1d", b"\x81\x1d")
    + b"1.3.6.1.4.1.1466.20037",
    "PostgreSQL": b"\0\0\0\x08\x04\xd2\x16\x2f",
    "PostgreSQL with GSS": b"\0\0\0\x08\x04\xd2\x16\x30" + b"\0\0\0\x08\x04\xd2\x16\x2f",
    "MySQL": MYSQL,
    "PROXY 1": b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 443\r\n",
    "PROXY 2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12),
    "PROXY and SMTP": b"PROXY UNKNOWN\r\nEHLO a\r\nSTARTTLS\r\n",
}


@pytest.mark.parametrize("before", SPOKEN.values(), ids=SPOKEN.keys())
@given(places=st.lists(st.integers(0, 500), max_size=6))
def test_the_hello_behind_it_is_read(before: bytes, places: list[int]) -> None:
    conversation = converse(cut(before + HELLO, places))
    assert conversation.names == [NAME]
    assert conversation.last is not None
    assert conversation.last.final


@pytest.mark.parametrize("before", SPOKEN.values(), ids=SPOKEN.keys())
def test_byte_by_byte_nothing_ends_the_reading_before_the_hello(before: bytes) -> None:
    conversation = Conversation()
    for at in range(len(before)):
        first = conversation.say(before[at : at + 1])
        assert first is None or not first.final, before[: at + 1]
    assert conversation.stream.size == 0


IN_CLEAR = {
    "SMTP": b"EHLO a\r\nMAIL FROM:<a@b>\r\n",
    "SMTP with a password": b"EHLO a\r\nAUTH PLAIN xxx\r\n",
    "IMAP": b"a1 CAPABILITY\r\na2 LOGIN x y\r\n",
    "POP3": b"USER x\r\n",
    "FTP": b"USER anonymous\r\n",
    "LDAP's bind": b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0",
    "PostgreSQL's start": b"\0\0\0\x2a\0\3\0\0user\0x\0\0",
    "PostgreSQL refused": b"\0\0\0\x08\x04\xd2\x16\x2f" + b"\0\0\0\x2a\0\3\0\0user\0x\0\0",
    "MySQL without TLS": MYSQL[:4] + b"\0\0\0\0" + MYSQL[8:],
    "XMPP's login": b"<stream:stream to='x'><auth mechanism='PLAIN'>eA==</auth><presence/>",
    "XML": b"<html><body></body></html>",
    "SSH": b"SSH-2.0-x\r\n",
}


@pytest.mark.parametrize("said", IN_CLEAR.values(), ids=IN_CLEAR.keys())
def test_what_goes_on_in_clear_is_let_go(said: bytes) -> None:
    conversation = converse([said])
    assert conversation.names == []
    assert conversation.last is not None
    assert conversation.last.final


def test_asking_without_end_is_refused() -> None:
    conversation = converse([b"NOOP\r\n" * MAX_PRELUDES])
    assert conversation.last is None
    assert "no hello" in refusal(conversation.say, b"NOOP\r\n")


def test_bounds() -> None:
    assert prelude(b"EHLO " + b"x" * MAX_LINE + b"\r\n") == 0
    assert prelude(b"<stream:stream " + b"x" * 4096) == 0
    assert "107" in refusal(proxy_header, b"PROXY " + b"x" * 107)


def smtp(port: int) -> None:
    smtplib.SMTP("127.0.0.1", port, timeout=60).starttls()


def imap(port: int) -> None:
    imaplib.IMAP4("127.0.0.1", port, timeout=60).starttls()


def pop3(port: int) -> None:
    poplib.POP3("127.0.0.1", port, timeout=60).stls()


def ftp(port: int) -> None:
    client = ftplib.FTP_TLS(timeout=60)  # noqa: S321 (the client is what is tested)
    client.connect("127.0.0.1", port)
    client.auth()


CLIENTS: dict[str, tuple[Callable[[int], None], list[bytes]]] = {
    "SMTP": (smtp, [b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n"]),
    "IMAP": (imap, [b"* OK x\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%b OK x\r\n", b"%b OK go\r\n"]),
    "POP3": (pop3, [b"+OK x\r\n", b"+OK\r\nSTLS\r\n.\r\n", b"+OK go\r\n"]),
    "FTP": (ftp, [b"220 x\r\n", b"234 go\r\n"]),
}


@pytest.mark.parametrize(("client", "answers"), CLIENTS.values(), ids=CLIENTS.keys())
def test_clients_of_the_standard_library(client: Callable[[int], None], answers: list[bytes]) -> None:
    """They send no server name for an address; that the hello was read shows in how the reading ends."""
    conversation, faults = Conversation(), list[Exception]()

    def call(port: int) -> None:
        try:
            client(port)
        except Exception as fault:  # noqa: BLE001 (whatever: our server ends in the midst of TLS)
            faults.append(fault)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=call, args=(server.getsockname()[1],))
        thread.start()
        with server.accept()[0] as link:
            link.settimeout(60)
            link.sendall(answers[0])
            for answer in [*answers[1:], b""]:
                said = link.recv(4096)
                conversation.say(said)
                link.sendall(answer.replace(b"%b", said.split(b" ")[0]))
        thread.join()
    assert faults
    assert conversation.last is not None
    assert conversation.last.final
    assert conversation.last.how == "tls"
