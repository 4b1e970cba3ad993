"""Whether a client that has said its TLS hello says another: after a HelloRetryRequest (RFC 8446 section 4.1.4).

In:  the bytes behind the first hello, as they come.
Out: the second hello's names, NOTHING_NEW where no server would read one here any more, None for "need more", or
     DecodeError for one that begins and cannot be read.
Ref: RFC 8446 sections 4.1.2, 4.2.10, 5.1 and D.4.

The second hello should repeat the first one's name, but OpenSSL's servers do not look. Most of what comes here is no
hello at all, and some is encrypted: of TLS 1.2 a resumed session's Finished is a handshake record of which any byte may
be the first. So what a server ends the connection for is no fault here, but the end of our interest.
"""

from __future__ import annotations

from enforcer.decode.named import NOTHING_NEW, FirstData, skipped
from enforcer.decode.tls_hello import decode_tls_hello
from enforcer.decode.tls_records import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    HANDSHAKE,
    HEADER,
    MAX_EMPTY_RECORDS,
    MAX_HELLO,
    MAX_RECORD,
    MOST_MAJOR,
    record_before_hello,
)
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How

MAX_EARLY = 64 * 1024
"""Bytes of early data, encrypted, that a server may skip to find the second hello. OpenSSL, BoringSSL and GnuTLS skip
16 KB if they are not told otherwise."""
MAX_RECORDS = 32
"""Stepped over in front of the second hello, early data apart. OpenSSL takes as many."""
LONGEST = 131_396
"""Bytes of the longest body that a server takes: OpenSSL's."""
_TYPES = range(CHANGE_CIPHER_SPEC, APPLICATION_DATA + 1)
SHORTEST = 38
"""Bytes of a body with every block empty: no server reads a shorter one."""


class SecondHello:
    """One connection behind its hello, asked again as its stream grows."""

    __slots__ = ("_at", "_early", "_empties", "_message", "_records", "untouched")
    over = False
    """What follows a message is to be looked at by this reader."""

    def __init__(self, *, early: bool = False) -> None:
        """`early`: the first hello offered early data, so that some may come before the second."""
        self.untouched = not early
        """Nothing was read yet, and no early data was offered."""
        self._early = MAX_EARLY if early else 0
        self._records = 0
        self._at = 0  # where the next record of the hello begins
        self._empties = 0
        self._message = bytearray()  # of the records before that

    def read(self, stream: bytes) -> FirstData | None:
        """`stream` begins with all that it held the last time, less what was to be left behind."""
        self.untouched = False
        if not self._at:
            size = self._before(stream)
            if size is None:
                return None
            if size:
                return skipped(size)
            if stream[0] != HANDSHAKE or stream[1] > MOST_MAJOR:
                return NOTHING_NEW
        return self._hello(stream)

    def _before(self, stream: bytes) -> int | None:
        """The size of a record to step over, 0 for none of these, None for "need more"."""
        if len(stream) < HEADER and stream[0] in _TYPES and max(stream[1:2], default=0) <= MOST_MAJOR:
            return None
        whole = len(stream) >= HEADER and stream[1] <= MOST_MAJOR
        length = stream[3] << 8 | stream[4] if whole else 0
        if stream[0] == APPLICATION_DATA and length:
            return self._skip_early(HEADER + length)
        if stream[0] == CHANGE_CIPHER_SPEC and length == 1:
            if len(stream) == HEADER:
                return None
            size: int | None = HEADER + 1 if stream[HEADER] == 1 else 0
        elif stream[0] == HANDSHAKE:
            size = HEADER if whole and not length else 0
        else:
            size = record_before_hello(stream)
        self._records += bool(size)
        if self._records > MAX_RECORDS:
            raise DecodeError(f"more than {MAX_RECORDS} records before a second ClientHello", 0)
        return size

    def _skip_early(self, size: int) -> int:
        self._early -= size
        return size if self._early >= 0 else 0

    def _hello(self, stream: bytes) -> FirstData | None:
        """A record is read once, as HelloJoiner does for the first hello."""
        while self._at + HEADER <= len(stream):
            at, start = self._at, self._at + HEADER
            length = stream[at + 3] << 8 | stream[at + 4]
            if stream[at] != HANDSHAKE or stream[at + 1] > MOST_MAJOR:
                return self._broken_off(stream[at], length)
            part = stream[start : start + length]
            wanted = self._wanted(part)
            if wanted == 0:
                return NOTHING_NEW
            self._check(length, wanted)
            if start + length > len(stream):
                return None
            if len(self._message) + length == wanted:
                return _said(bytes(self._message + part))
            self._message += part
            self._at = start + length
        return None

    def _wanted(self, part: bytes) -> int | None:
        """How many bytes the hello will have in all; None while that is not known, 0 for what no server takes."""
        head = self._message[:4] + part[:4]
        if head and head[0] != CLIENT_HELLO:
            return 0
        if len(head) < 4:
            return None
        body = int.from_bytes(head[1:4], "big")
        if not SHORTEST <= body <= LONGEST:
            return 0
        if body > MAX_HELLO and self._message:  # one record alone may be encrypted
            raise DecodeError(f"second ClientHello of {body} bytes", self._at)
        return 4 + body

    def _check(self, length: int, wanted: int | None) -> None:
        """Of a record of the hello."""
        self._empties += not length
        if self._empties > MAX_EMPTY_RECORDS:
            raise DecodeError(f"more than {MAX_EMPTY_RECORDS} empty records", self._at)
        if length > MAX_RECORD:
            raise DecodeError(f"record of {length} bytes", self._at + 3)
        if wanted and len(self._message) + length > wanted:
            raise DecodeError("bytes behind the second ClientHello in its record", self._at)

    def _broken_off(self, kind: int, length: int) -> FirstData:
        """Another record where the hello should go on. OpenSSL steps over some, so that these are no end of it."""
        stepped_over = kind == CHANGE_CIPHER_SPEC or (kind == ALERT and length == 2)
        if stepped_over or (kind == APPLICATION_DATA and self._early > 0):
            raise DecodeError(f"record type {kind} within the second ClientHello", self._at)
        return NOTHING_NEW


def _said(message: bytes) -> FirstData:
    hello = decode_tls_hello(message)
    return FirstData(how=How.TLS, names=hello.names, alpn=hello.alpn)
