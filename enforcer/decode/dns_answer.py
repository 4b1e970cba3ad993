"""The answer to a question that is blocked, made by us instead of a server.

Ref: RFC 1035 section 4.1.1, RFC 6891 (EDNS), RFC 8914 (Extended DNS Errors).

There is no SOA record on purpose: without one a negative answer is not cached (RFC 2308 section 5), so a client
asks again and meets the next phase of a ban at its hour, not an hour later (docs/decisions/0020).
"""

from __future__ import annotations

from struct import Struct

from enforcer.decode.dns import OPT, decode_question
from enforcer.decode.dns_name import Names
from enforcer.model.errors import DecodeError

NXDOMAIN, REFUSED = 3, 5
EDE_BLOCKED, EDE_FILTERED = 15, 17

MAX_TEXT = 200
"""Bytes of explanation. With the longest name (255) the whole answer has 488 bytes, below the 512 that every client
takes without EDNS (RFC 1035 section 2.3.4), so that its announced size does not matter."""

PAYLOAD_SIZE = 1232
"""What our OPT announces: fits in an IPv6 packet of the least MTU (DNS flag day 2020)."""

_HEADER = Struct("!HHHHHH")
_RECORD = Struct("!HHIH")
_OPTION = Struct("!HHH")
_EDE = 15
_QR, _RD, _RA, _CD, _DO = 0x8000, 0x0100, 0x0080, 0x0010, 0x8000


MAX_ANSWER = 512


def blocked_answer(
    query: bytes | memoryview, *, rcode: int, ede_code: int, ede_text: str, most: int = MAX_ANSWER
) -> bytes:
    """A whole response to `query` that holds no record, at most 512 bytes long.

    Where `most` is less, the explanation gives way, and then the OPT record; the question never does.

    The question is repeated byte for byte, since clients that mix the case of a name compare it. The explanation
    goes only to a client that sent an OPT record (RFC 6891 section 6.1.1) and is cut at MAX_TEXT bytes of UTF-8.
    `query` may be a response too, which is then replaced. Raises DecodeError if it asks nothing that can be read.
    """
    query = bytes(query)
    question = decode_question(query)
    if question is None:
        raise DecodeError("no question to answer", 2)
    flags = int.from_bytes(query[2:4], "big")
    options = _client_options(query, question.end)
    extra = b"" if options is None else _opt(options, ede_code, ede_text, most - question.end)
    answer = _QR | flags & (_RD | _CD) | _RA | rcode & 15
    head = _HEADER.pack(question.id, answer, 1, 0, 0, 1 if extra else 0)
    return head + query[12 : question.end] + extra


def _client_options(query: bytes, at: int) -> int | None:
    """The flags of the OPT record (only DO is defined); None without one, or where the records cannot be read."""
    reader = Names(query)
    try:
        for _ in range(sum(_HEADER.unpack_from(query)[3:])):
            at = reader.skip(at)
            kind, _, ttl, size = _RECORD.unpack_from(query, at) if at + 10 <= len(query) else (0, 0, 0, 1 << 16)
            if kind == OPT:
                return int(ttl) & 0xFFFF
            at += 10 + size
    except DecodeError:
        return None
    return None


def _opt(flags: int, ede_code: int, ede_text: str, room: int) -> bytes:
    room -= 1 + _RECORD.size + _OPTION.size
    if room < 0:
        return b""
    text = ede_text.encode("utf-8", "replace")
    if len(text) > min(MAX_TEXT, room):
        text = text[: min(MAX_TEXT, room)].decode("utf-8", "ignore").encode()
    option = _OPTION.pack(_EDE, 2 + len(text), ede_code) + text
    return b"\0" + _RECORD.pack(OPT, PAYLOAD_SIZE, flags & _DO, len(option)) + option
