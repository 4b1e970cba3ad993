"""What a client says in clear before its TLS hello, or before whatever is carried for it: stepped over.

In:  the client's bytes from the first that has not been left behind.
Out: the size of the message to step over, 0 for none of these, None for "need more", or DecodeError.
Ref: RFC 3207 (SMTP), 9051 section 6.2.1 (IMAP), 2595 section 4 (POP3), 4217 (FTP), 4642 (NNTP), 5804 (ManageSieve),
     6120 section 5.4.2 (XMPP), 4511 section 4.14 (LDAP); PostgreSQL's SSLRequest and MySQL's (their manuals' protocol
     chapters); the PROXY protocol of HAProxy, versions 1 and 2.

Servers speak first in many of these, but only the client's side is seen. Only commands that come before an upgrade are
stepped over: a client that logs in or sends mail in clear names nobody from there on, and is let go.
"""

from __future__ import annotations

import re

from enforcer.decode.reader import Reader
from enforcer.model.errors import DecodeError

MAX_LINE = 1024
"""Bytes. RFC 5321 section 4.5.3.1.4 has 512; IMAP's ID may be longer."""
MAX_TAG = 4096
"""Bytes of one tag of XMPP."""

_LINE = re.compile(
    rb"(?:(?:EHLO|HELO|LHLO|NOOP|RSET|HELP|STARTTLS|CAPA|STLS|CAPABILITIES|CAPABILITY|FEAT|SYST|CLNT|OPTS|PBSZ|PROT)"
    rb"(?=[ \r\n])"
    rb"|AUTH[ ]+(?:TLS|SSL)\b|MODE[ ]+READER\b|CAP[ ]+(?:LS|END)\b"
    rb"|[!#$&'.^_`|~0-9A-Za-z-]{1,32}[ ](?:CAPABILITY|STARTTLS|NOOP|ID)\b)[^\r\n\0]*\r?\n",
    re.IGNORECASE,
)
_TAG = re.compile(rb"\s*<(?:\?xml|stream:stream|/?starttls)(?![A-Za-z0-9:._-])[^<>]*>")
_TAGS = (b"<?xml", b"<stream:stream", b"<starttls", b"</starttls")
_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x84....)"  # of BER
_LDAP_LEAD = re.compile(rb"\x30" + _LENGTH + rb"\x02(?:\x01.|\x02..|\x03...|\x04....)", re.DOTALL)
_LDAP = re.compile(_LDAP_LEAD.pattern + rb"\x77" + _LENGTH + rb"\x80\x161\.3\.6\.1\.4\.1\.1466\.20037", re.DOTALL)
_LDAP_LEAD_SIZE, _LDAP_SIZE = 1 + 5 + 6, 1 + 5 + 6 + 1 + 5 + 24
"""The most bytes up to the request's kind, and up to the end of its name."""
_SEQUENCE, _INTEGER, _EXTENDED_REQUEST = 0x30, 0x02, 0x77
_POSTGRES = (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"\x00\x00\x00\x08\x04\xd2\x16\x30")  # SSLRequest, GSSENCRequest
_MYSQL, _MYSQL_SIZE, _CLIENT_SSL = b"\x20\x00\x00\x01", 36, 0x0800
_PROXY_1, _PROXY_2 = b"PROXY ", b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_1_SIZE = 107


def proxy_header(stream: bytes) -> int | None:
    """The PROXY protocol's, which precedes anything."""
    if stream.startswith(_PROXY_2):
        return 16 + int.from_bytes(stream[14:16], "big") if len(stream) >= 16 else None
    if stream.startswith(_PROXY_1):
        end = stream.find(b"\r\n", 0, _PROXY_1_SIZE)
        if end < 0 and len(stream) >= _PROXY_1_SIZE:
            raise DecodeError(f"PROXY header of more than {_PROXY_1_SIZE} bytes", 0)
        return None if end < 0 else end + 2
    return None if _PROXY_1.startswith(stream) or _PROXY_2.startswith(stream) else 0


def prelude(stream: bytes) -> int | None:
    """One message before an upgrade to TLS. `stream` is not empty, and not the beginning of TLS or HTTP."""
    first = stream[0]
    if first == _SEQUENCE:
        return _ldap(stream)
    if first == 0:
        return _begun(stream, *_POSTGRES)
    if stream[:4] == _MYSQL[: len(stream)]:
        return _mysql(stream)
    if stream.lstrip()[:1] in (b"<", b""):
        return _xmpp(stream)
    return _line(stream)


def looks_like_ldap(stream: bytes) -> bool:
    """Its length can be white space behind a digit, which is a method's beginning; no request line has the rest."""
    return stream[0] == _SEQUENCE and _INTEGER in stream[2:7]


def _line(stream: bytes) -> int | None:
    end = stream.find(b"\n", 0, MAX_LINE) + 1
    # A line of words that has not ended is still taken for HTTP, so this is none.
    return end if end and _LINE.fullmatch(stream, 0, end) else 0


def _xmpp(stream: bytes) -> int | None:
    """One tag: the stream's, or the request to upgrade. With any other the client goes on in clear."""
    end = stream.find(b">", 0, MAX_TAG) + 1
    if end:
        return end if _TAG.fullmatch(stream, 0, end) else 0
    text = stream.lstrip()
    return None if len(stream) < MAX_TAG and any(text[: len(tag)] == tag[: len(text)] for tag in _TAGS) else 0


def _ldap(stream: bytes) -> int | None:
    if _LDAP.match(stream):
        reader = Reader(stream)
        reader.take(1)
        short = reader.uint(1)
        body = short if short < 0x80 else reader.uint(short & 0x7F)
        return reader.at + body
    lead = _LDAP_LEAD.match(stream)
    if lead is None:
        return None if len(stream) < _LDAP_LEAD_SIZE else 0
    other = stream[lead.end() : lead.end() + 1] not in (b"", bytes([_EXTENDED_REQUEST]))
    return None if not other and len(stream) < _LDAP_SIZE else 0


def _mysql(stream: bytes) -> int | None:
    if len(stream) < _MYSQL_SIZE:
        return None
    return _MYSQL_SIZE if int.from_bytes(stream[4:8], "little") & _CLIENT_SSL else 0


def _begun(stream: bytes, *messages: bytes) -> int | None:
    for message in messages:
        if stream.startswith(message):
            return len(message)
    return None if any(message.startswith(stream) for message in messages) else 0
