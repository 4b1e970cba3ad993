"""The hosts that an HTTP/1 request names: in its target, in CONNECT, and in Host.

In:  the bytes a client has sent so far, from the first.
Out: an `HttpHead`, None for "need more", or DecodeError.
Ref: RFC 9112 sections 2.2, 3, 5.1 and 5.2, RFC 9110 sections 4.2.4 and 7.2.

One request is read, the first there is; http_requests.py finds the next. Whatever servers are known to read in two
ways is refused: two Host lines, a folded line, a bare CR, NUL, white space before a colon, user names in front of a
host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from enforcer.decode.http_authority import Hosts, read_authority
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.observation import Address

MAX_HEAD = 16 * 1024
"""Bytes. Apache takes 8 KB a line, nginx 8 KB a line and 32 KB in all; cookies of 8 KB are rare but real."""

MAX_METHOD = 8192
"""Characters. The longest registered method has 17 (UPDATEREDIRECTREF), but nginx takes one as long as its line."""

MAX_FIELDS = 256
"""Lines. Browsers send some 20; Apache and Tomcat take 100."""

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REQUEST = re.compile(
    rb"(?P<method>[^ ]+) (?P<target>[\x21-\x7e\x80-\xff]+) (?P<protocol>[A-Z]{3,4})/[0-9]\.(?P<minor>[0-9])"
)
_FIELDS = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r?\n)*")
_HOST = re.compile(rb"^host:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_VERSION = re.compile(rb"(?:HTTP|RTSP|ICE)/[0-9]")
_PREFACE = b"PRI"
"""What HTTP/2 begins with where a method stands (RFC 9113 section 3.4)."""
_SPACE = b" \t\x0b\x0c\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHead:
    method: str
    names: tuple[HostName, ...]
    """Every host named, the target's first, each once."""
    addresses: tuple[Address, ...]
    """Hosts that are written as IP addresses."""
    complete: bool
    """False: the head goes on. Names are enough to block on, never to pass on: the next line may be a second Host."""
    size: int = 0
    """Of a complete head with the empty lines around it, in bytes."""
    target: bytes = b""
    """As it stands in the request line."""
    minor: int = 1
    """The last digit of the version."""
    streams: bool = False
    """It is of RTSP, where media go between requests (RFC 2326 section 10.12), or begins a broadcast to Icecast."""
    fields: bytes = b""
    """The field lines of a complete head, each well formed."""


def looks_like_http(prefix: bytes) -> bool | None:
    """Whether a connection that begins so is HTTP/1; None while that depends on bytes to come.

    True once the first line is whole and is: a token, white space, anything, white space, `HTTP/` and a digit. Of any
    version, and RTSP and ICE too, since Node.js serves `HTTP/2.0`, `RTSP/1.0` and `ICE/1.0` by their Host as if they
    were HTTP/1.1; also where only some servers take it for that (white space in front, a version of `01.1`), so that
    it is refused and not let pass.
    Empty lines before it are allowed (RFC 9112 section 2.2), and nginx takes them without end. A line that does not
    end within MAX_HEAD is taken for HTTP if it begins as a request for a path or URL does.
    """
    text = prefix.lstrip(b"\r\n \t")
    if not text:
        return None if len(prefix) < MAX_HEAD else True
    token = _TOKEN.match(text)
    if token is None or token.end() > MAX_METHOD:
        return False
    if token.end() == len(text):
        return None
    if text[token.end()] not in _SPACE:
        return False
    end = text.find(b"\n")
    if end < 0:
        rest = text[token.end() :].lstrip(_SPACE)
        return None if len(prefix) < MAX_HEAD else rest.startswith(b"/") or _ABSOLUTE.match(rest) is not None
    words = text[:end].split()
    return len(words) >= 3 and words[0] != _PREFACE and _VERSION.match(words[-1]) is not None


def decode_http_head(stream: bytes) -> HttpHead | None:
    """Reads the first request's head, as far as it has come.

    For a stream of which looks_like_http is true. None until the first host is known or the head is whole. Raises
    DecodeError: a head of more than MAX_HEAD bytes or MAX_FIELDS fields, and what the head of this file says.
    """
    head, size = _cut(stream)
    complete = size > 0
    line, ended, fields = head.partition(b"\n")
    if not ended and not complete:
        return None
    if not complete:
        fields = fields[: fields.rfind(b"\n") + 1]  # the last line may go on
    elif ended:
        fields += b"\n"
    parts, hosts = _request_line(_bare(line))
    _host_field(fields, len(line) + 1, hosts)
    if not complete and not hosts:
        return None
    return HttpHead(
        method=parts["method"].decode("ascii"),
        names=tuple(hosts.names),
        addresses=tuple(hosts.addresses),
        complete=complete,
        size=size,
        target=parts["target"],
        minor=int(parts["minor"]),
        streams=parts["method"] == b"SOURCE" or parts["protocol"] == b"RTSP",
        fields=fields if complete else b"",
    )


def _cut(stream: bytes) -> tuple[bytes, int]:
    """The head without the empty lines around it, and its size with them; 0 while it has not ended."""
    text = stream.lstrip(b"\r\n")
    ends = [(text.find(end), len(end)) for end in (b"\n\r\n", b"\n\n") if end in text]
    at, size = min(ends, default=(len(text), 0))
    before = len(stream) - len(text)
    # With the empty lines in front; what is not whole at the limit will be above it.
    if before + at + max(size, 1) > MAX_HEAD:
        raise DecodeError(f"request head of more than {MAX_HEAD} bytes", MAX_HEAD)
    return text[:at], before + at + size if ends else 0


def _bare(line: bytes) -> bytes:
    line = line.removesuffix(b"\r")
    if b"\r" in line or b"\0" in line:
        raise DecodeError("bare CR or NUL in the request head", 0)
    return line


def _request_line(line: bytes) -> tuple[re.Match[bytes], Hosts]:
    parts = _REQUEST.fullmatch(line)
    if parts is None or not _TOKEN.fullmatch(parts["method"]):
        raise DecodeError("malformed request line", 0)
    target, hosts = parts["target"], Hosts()
    if parts["method"] == b"CONNECT":
        hosts.add(read_authority(target, 0))
    elif absolute := _ABSOLUTE.match(target):
        hosts.add(read_authority(absolute[1], 0))
    elif target != b"*" and not target.startswith(b"/"):
        raise DecodeError("request target is neither a path nor a URL", 0)
    return parts, hosts


def _host_field(fields: bytes, at: int, hosts: Hosts) -> None:
    """Checks whole field lines, which begin at `at` in the head, and takes the host from the one that has it."""
    if fields.count(b"\n") > MAX_FIELDS:
        raise DecodeError(f"more than {MAX_FIELDS} header fields", at)
    good = _FIELDS.match(fields)
    if good is None or good.end() < len(fields):
        begin = good.end() if good else 0
        raise DecodeError(_what_is_wrong(fields[begin : fields.index(b"\n", begin)]), at + begin)
    found = list(_HOST.finditer(fields))
    if len(found) > 1:
        raise DecodeError("more than one Host", at + found[1].start())
    for host in found:
        hosts.add(read_authority(host[1].strip(b" \t"), at + host.start(1)))


def _what_is_wrong(line: bytes) -> str:
    if line.startswith((b" ", b"\t")):
        return "folded field line"
    line = line.removesuffix(b"\r")
    return "bare CR or NUL in the request head" if b"\r" in line or b"\0" in line else "malformed field line"
