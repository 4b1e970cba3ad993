"""dnstap files put together by hand: protocol buffers, Frame Streams around them, questions and answers in them."""

from __future__ import annotations

from dns import message, rrset

from enforcer.decode.dnstap import CLIENT_QUERY, CLIENT_RESPONSE

TYPE = b"protobuf:dnstap.Dnstap"


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | bytes, *, fixed: int = 0) -> bytes:
    """A varint, some bytes, or a number of `fixed` bytes."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if fixed:
        return varint(number << 3 | (5 if fixed == 4 else 1)) + value.to_bytes(fixed, "little")
    return varint(number << 3) + varint(value)


def frame(told: bytes, kind: int = 1) -> bytes:
    return field(1, b"identity") + field(2, b"version 1") + field(14, told) + field(15, kind)


def query(name: str, ident: int = 7, *, at: int = 1727582400, port: int = 33000) -> bytes:
    asked = message.make_query(name, "A", id=ident)
    told = field(1, CLIENT_QUERY) + field(3, 1) + field(4, bytes([10, 1, 0, 2])) + field(6, port) + field(8, at)
    return frame(told + field(10, asked.to_wire()))


def response(name: str, ident: int = 7, *, at: int = 1727582401, port: int = 33000) -> bytes:
    """With a CNAME to edge.example."""
    answer = message.make_response(message.make_query(name, "A", id=ident))
    answer.answer.append(rrset.from_text(name, 60, "IN", "CNAME", "edge.example."))
    told = field(1, CLIENT_RESPONSE) + field(3, 1) + field(4, bytes([10, 1, 0, 2])) + field(6, port) + field(12, at)
    return frame(told + field(14, answer.to_wire()))


def control(kind: int, content: bytes | None = None) -> bytes:
    """A control frame, with the content type that it names."""
    told = b"" if content is None else (1).to_bytes(4, "big") + len(content).to_bytes(4, "big") + content
    body = kind.to_bytes(4, "big") + told
    return bytes(4) + len(body).to_bytes(4, "big") + body


def data(one: bytes) -> bytes:
    return len(one).to_bytes(4, "big") + one


START, STOP = control(2, TYPE), control(3)
