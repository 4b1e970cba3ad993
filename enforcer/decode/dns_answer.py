"""The answer to a question that is blocked, made by us instead of a server.

Ref: RFC 1035 section 4.1.1, RFC 6891 (EDNS), RFC 8914 (Extended DNS Errors).

There is no SOA record on purpose: without one a negative answer is not cached (RFC 2308 section 5), so a client
asks again and meets the next phase of a ban at its hour, not an hour later (docs/decisions/0020). An address of the
site's own is kept for a second for the same reason (docs/decisions/0645).
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from enforcer.decode.dns import OPT, Question, decode_question
from enforcer.decode.dns_name import Names
from enforcer.model.errors import DecodeError

NOERROR, NXDOMAIN, REFUSED = 0, 3, 5
EDE_BLOCKED, EDE_FILTERED = 15, 17
SINKHOLE_TTL = 1
"""Seconds: the least that every cache understands; 0 some take for a fault."""

MAX_TEXT = 200
"""Bytes of explanation. With the longest name (255) an answer without a record has 488 bytes, below the 512 that every
client takes without EDNS (RFC 1035 section 2.3.4), so that its announced size does not matter."""

PAYLOAD_SIZE = 1232
"""What our OPT announces: fits in an IPv6 packet of the least MTU (DNS flag day 2020)."""

_HEADER = Struct("!HHHHHH")
_RECORD = Struct("!HHIH")
_OPTION = Struct("!HHH")
_ADDRESS = Struct("!HHHIH")
_ASKED, _IN = 0xC00C, 1
"""The name at byte 12: the one asked for; and the class."""
_SIZES = {1: 4, 28: 16}
"""Of the address in a record of that type: A and AAAA."""
_EDE = 15
_QR, _RD, _RA, _CD, _DO = 0x8000, 0x0100, 0x0080, 0x0010, 0x8000


MAX_ANSWER = 512


def blocked_answer(
    query: bytes | memoryview,
    *,
    rcode: int,
    ede_code: int,
    ede_text: str,
    most: int = MAX_ANSWER,
    sinkhole: Sequence[bytes] = (),
) -> bytes:
    """A whole response to `query` that holds no record, at most 512 bytes long.

    `sinkhole`: packed addresses of IPv4 and IPv6. With any, the answer is no error, and has the one of the type that
    is asked for; none for other types, nor where there is no such address.

    Where `most` is less, the explanation gives way, then the OPT record, then the address; the question never does.

    The question is repeated byte for byte, since clients that mix the case of a name compare it. The explanation
    goes only to a client that sent an OPT record (RFC 6891 section 6.1.1) and is cut at MAX_TEXT bytes of UTF-8.
    `query` may be a response too, which is then replaced. Raises DecodeError if it asks nothing that can be read.
    """
    query = bytes(query)
    question = decode_question(query)
    if question is None:
        raise DecodeError("no question to answer", 2)
    flags = int.from_bytes(query[2:4], "big")
    room = most - question.end
    record = _address(question, sinkhole, room)
    options = _client_options(query, question.end)
    extra = b"" if options is None else _opt(options, ede_code, ede_text, room - len(record))
    answer = _QR | flags & (_RD | _CD) | _RA | (NOERROR if sinkhole else rcode & 15)
    head = _HEADER.pack(question.id, answer, 1, 1 if record else 0, 0, 1 if extra else 0)
    return head + query[12 : question.end] + record + extra


def _address(question: Question, sinkhole: Sequence[bytes], room: int) -> bytes:
    """The record that the question asks for; empty if there is none."""
    size = _SIZES.get(question.qtype) if question.qclass == _IN else None
    for address in sinkhole:
        if len(address) == size and _ADDRESS.size + size <= room:
            return sinkhole_record(question.qtype, address)
    return b""


def sinkhole_record(qtype: int, address: bytes) -> bytes:
    """Of the name asked for, on the wire: an A or AAAA record by its `qtype`, with the packed address at its end."""
    return _ADDRESS.pack(_ASKED, qtype, _IN, SINKHOLE_TTL, len(address)) + address


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
