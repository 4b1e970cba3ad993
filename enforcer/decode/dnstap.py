"""What a dnstap frame tells: who asked whom, when, and the DNS messages themselves.

In:  one frame, a message in Google's protocol buffers (their wire format: varint, fixed32, fixed64, length-delimited).
Out: a `Tap`; None for a frame that is of another type than MESSAGE; or DecodeError.
Ref: dnstap.proto (dnstap.info), of which a few fields are enough; unknown ones are stepped over, as its format wants.

Of a field that comes twice the last counts (the same document, "Last One Wins").
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from enforcer.decode.reader import Reader
from enforcer.model.errors import DecodeError
from enforcer.model.observation import Address

CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
CLIENT_QUERY, CLIENT_RESPONSE = 5, 6
"""What a resolver's client asked and was told; other types are between servers, or of no client's."""
_MESSAGE, _TYPE, _IS_MESSAGE = 14, 15, 1
_PROTOCOLS = {1: "udp", 2: "tcp", 3: "tcp", 4: "tcp", 7: "udp"}
"""UDP, TCP, DoT, DoH, DoQ: by their transport."""
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_MOST_VARINT = 10
"""Bytes: 64 bits, seven in each."""
_NANO = 1e-9

Value = int | bytes


class Tap(NamedTuple):
    kind: int
    """CLIENT_QUERY, CLIENT_RESPONSE or another of Message.Type."""
    at: float
    """When the query came, or the response went where that is not told; 0 if neither is."""
    client: Address | None
    client_port: int | None
    server: Address | None
    server_port: int | None
    protocol: str
    """`udp`, `tcp`, or empty."""
    query: bytes
    """The message on the wire; empty if it is not told."""
    response: bytes


def decode_dnstap(frame: bytes) -> Tap | None:
    """Reads one frame. Raises DecodeError."""
    outer = _fields(frame)
    body = outer.get(_MESSAGE)
    if outer.get(_TYPE) != _IS_MESSAGE or not isinstance(body, bytes):
        return None
    told = _fields(body)
    return Tap(
        kind=_number(told, 1),
        at=_instant(told, 8, 9) or _instant(told, 12, 13),
        client=_address(told, 4),
        client_port=_port(told, 6),
        server=_address(told, 5),
        server_port=_port(told, 7),
        protocol=_PROTOCOLS.get(_number(told, 3), ""),
        query=_bytes(told, 10),
        response=_bytes(told, 14),
    )


def _fields(data: bytes) -> dict[int, Value]:
    """The fields of a message by their numbers. Linear in its length: every field takes a byte at least."""
    reader, found = Reader(data), dict[int, Value]()
    while reader:
        tag = _varint(reader)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            found[number] = _varint(reader)
        elif wire == _BYTES:
            found[number] = reader.take(_varint(reader))
        elif wire in (_FIXED_32, _FIXED_64):
            found[number] = int.from_bytes(reader.take(4 if wire == _FIXED_32 else 8), "little")
        else:
            raise DecodeError(f"wire type {wire} of field {number}", reader.at)
    return found


def _varint(reader: Reader) -> int:
    value = 0
    for place in range(_MOST_VARINT):
        byte = reader.uint(1)
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value
    raise DecodeError("a number of more than 64 bits", reader.at)


def _number(told: dict[int, Value], field: int) -> int:
    value = told.get(field, 0)
    return value if isinstance(value, int) else 0


def _bytes(told: dict[int, Value], field: int) -> bytes:
    value = told.get(field, b"")
    return value if isinstance(value, bytes) else b""


def _instant(told: dict[int, Value], seconds: int, nanoseconds: int) -> float:
    return float(_number(told, seconds)) + _number(told, nanoseconds) * _NANO


def _port(told: dict[int, Value], field: int) -> int | None:
    value = told.get(field)
    return value if isinstance(value, int) and value <= 0xFFFF else None


def _address(told: dict[int, Value], field: int) -> Address | None:
    """By its length: the field that says the family may be missing or wrong, and four bytes are no IPv6 address."""
    data = _bytes(told, field)
    if len(data) == 4:
        return IPv4Address(data)
    return IPv6Address(data) if len(data) == 16 else None
