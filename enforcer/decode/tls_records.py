"""Joins the first handshake message of a TLS connection over its records.

In:  the bytes a client has sent so far, from the first.
Out: the ClientHello with its four bytes of header, None for "need more", or DecodeError.
Ref: RFC 8446 sections 4 and 5.1.

A hello may be cut anywhere: browsers' post-quantum hellos need two segments, and cutting one into many records is a
known way around gateways that read only the first.
"""

from __future__ import annotations

from enforcer.model.errors import DecodeError

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
CLIENT_HELLO = 1
MAJOR_VERSION, MOST_MAJOR = 3, 15
"""Of a record: as it should be; and the most that Go's servers take before a version is agreed on."""

MAX_HELLO = 16 * 1024
"""Bytes of the body. Browsers send up to 2 KB; large tickets and many key shares add a few more. OpenSSL's servers take
128 KB, so a longer one is not told from a trick: refused, which is not the same as let pass."""

MAX_RECORD = 1 << 14
"""RFC 8446 section 5.1, for records that are not encrypted."""

MAX_EMPTY_RECORDS = 32
"""Forbidden by TLS 1.3, tolerated to this number by OpenSSL, so a server may read on: then we must too."""

HEADER = 5
_TYPES = range(20, 25)
_WARNING = 1


def _is_version(stream: bytes, most: int) -> bool:
    """Whether a record's version, if it is there, is the one that it should have, or another up to `most`."""
    return stream[1:2] in (b"", bytes([MAJOR_VERSION])) or (most > MAJOR_VERSION and stream[1] <= most)


def begins_hello(stream: bytes) -> bool | None:
    """Whether a ClientHello's record stands here, whole or not; None for "need more". `stream` is not empty.

    Of another version than 3 only where a ClientHello follows: other protocols may begin so.
    """
    if stream[0] != HANDSHAKE:
        return False
    if _is_version(stream, MAJOR_VERSION):
        return len(stream) > 1 or None
    if stream[1] > MOST_MAJOR:
        return False
    return stream[HEADER] == CLIENT_HELLO if len(stream) > HEADER else None


def record_before_hello(stream: bytes) -> int | None:
    """The size of a record to step over, 0 for none of these, None for "need more". `stream` is not empty.

    OpenSSL's servers (3.0) step over an empty record of type change_cipher_spec in front of the hello, and RFC 5246
    section 7.2.2 leaves it to a server whether it goes on after a warning.
    """
    most = MOST_MAJOR if stream[0] == ALERT else MAJOR_VERSION  # Go takes nothing else first
    if stream[0] not in _TYPES or stream[0] == HANDSHAKE or not _is_version(stream, most):
        return 0
    if len(stream) < HEADER:
        return None
    length = stream[3] << 8 | stream[4]
    if stream[0] == ALERT and length == 2:
        if len(stream) == HEADER:
            return None
        return HEADER + length if stream[HEADER] == _WARNING else 0
    return 0 if length else HEADER


def hello_from_records(stream: bytes) -> bytes | None:
    """The whole message, type and length included.

    Raises DecodeError: another record type or message within the hello, a size beyond the limits, too many empty
    records, or bytes of a second message behind the hello in its record (RFC 8446 section 5.1 wants it aligned;
    two hellos in one record could be two names).
    """
    return HelloJoiner().read(stream)


class HelloJoiner:
    """hello_from_records for a stream that grows: a record is read once, whoever cuts it into how many segments."""

    __slots__ = ("_at", "_empties", "_message", "end")

    def __init__(self) -> None:
        self.end = 0
        """How many bytes of the stream the message took, once it is whole."""
        self._at = 0  # where the next record begins
        self._empties = 0
        self._message = bytearray()  # of the records before that

    def read(self, stream: bytes) -> bytes | None:
        """`stream` begins with all that it held the last time. Returns and raises as hello_from_records does."""
        while self._at + HEADER <= len(stream):
            length = _record(stream, self._at)
            self._count_empty(length)
            start, end = self._at + HEADER, self._at + HEADER + length
            part = stream[start:end]
            wanted = wanted_size(self._message[:4] + part[:4], start)
            if wanted and len(self._message) + length > wanted:
                raise DecodeError("bytes behind the ClientHello in its record", start)
            if end > len(stream):
                return None
            if wanted and len(self._message) + length == wanted:
                self.end = end
                return bytes(self._message + part)
            self._message += part
            self._at = end
        return None

    def _count_empty(self, length: int) -> None:
        self._empties += not length
        if self._empties > MAX_EMPTY_RECORDS:
            raise DecodeError(f"more than {MAX_EMPTY_RECORDS} empty records", self._at)


def _record(stream: bytes, at: int) -> int:
    """The length of the record that begins at `at`."""
    if stream[at] != HANDSHAKE:
        raise DecodeError(f"record type {stream[at]} within the ClientHello", at)
    if stream[at + 1] > MOST_MAJOR:
        raise DecodeError(f"record version {stream[at + 1]}", at + 1)
    length = stream[at + 3] << 8 | stream[at + 4]
    if length > MAX_RECORD:
        raise DecodeError(f"record of {length} bytes", at + 3)
    return length


def wanted_size(head: bytes | bytearray, at: int) -> int:
    """How many bytes the ClientHello that begins with `head` will have in all; 0 while that is not known.

    `at` is where that stands, for the error. Raises DecodeError: another message, or more than MAX_HELLO bytes.
    """
    if head and head[0] != CLIENT_HELLO:
        raise DecodeError(f"handshake type {head[0]}, not ClientHello", at)
    if len(head) < 4:
        return 0
    body = int.from_bytes(head[1:4], "big")
    if body > MAX_HELLO:
        raise DecodeError(f"ClientHello of {body} bytes", at)
    return 4 + body
