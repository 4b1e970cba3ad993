"""The fields of HTTP/2's header blocks, unpacked.

In:  header blocks of one direction of one connection, in their order.
Out: their fields, or DecodeError.
Ref: RFC 7541.

What the other side allows is not seen, so the table may be as large as MAX_TABLE; a client that goes beyond what its
server allows is refused there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

from enforcer.decode.hpack_tables import CODE_LENGTHS, CODE_STARTS, CODE_SYMBOLS, EOS, LONGEST, STATIC, Field
from enforcer.decode.reader import Reader
from enforcer.model.errors import DecodeError

MAX_TABLE = 65_536
"""Bytes, by section 4.1. The default is 4,096; servers are known to offer up to this."""
MAX_FIELDS_SIZE = 65_536
"""Bytes of one block's fields, unpacked: one byte can stand for 4 KB of them."""
_DEFAULT_TABLE = 4096
_OVERHEAD = 32
"""Section 4.1: what an entry counts beyond its bytes."""


class HpackDecoder:
    """Keeps the dynamic table of one direction. After an error it is of no more use."""

    __slots__ = ("_entries", "_most", "size")

    def __init__(self) -> None:
        self._entries: deque[Field] = deque()  # the newest first
        self._most = _DEFAULT_TABLE
        self.size = 0
        """Of the dynamic table, by section 4.1."""

    def decode(self, block: bytes) -> list[Field]:
        """Raises DecodeError: an index that is not there, a string that breaks off, more than MAX_FIELDS_SIZE."""
        reader, fields, total = Reader(block), list[Field](), 0
        while reader:
            field = self._field(reader, block[reader.at], first=not fields)
            if field is None:
                continue
            total += _cost(field)
            if total > MAX_FIELDS_SIZE:
                raise DecodeError(f"fields of more than {MAX_FIELDS_SIZE} bytes", reader.at)
            fields.append(field)
        return fields

    def _field(self, reader: Reader, lead: int, *, first: bool) -> Field | None:
        if lead & 0x80:  # section 6.1: an entry of a table
            return self._entry(integer(reader, 7), reader.at)
        if lead & 0xC0 == 0x40:  # section 6.2.1: a field to be remembered
            return self._remember(self._literal(reader, 6))
        if lead & 0xE0 == 0x20:  # section 6.3: another size for the table, before any field
            if not first:
                raise DecodeError("the table's size changes behind a field", reader.at)
            self._resize(integer(reader, 5), reader.at)
            return None
        return self._literal(reader, 4)

    def _literal(self, reader: Reader, bits: int) -> Field:
        index = integer(reader, bits)
        name = self._entry(index, reader.at)[0] if index else string(reader)
        return name, string(reader)

    def _entry(self, index: int, at: int) -> Field:
        if not 0 < index <= len(STATIC) + len(self._entries):
            raise DecodeError(f"entry {index} of {len(STATIC) + len(self._entries)}", at)
        return STATIC[index - 1] if index <= len(STATIC) else self._entries[index - len(STATIC) - 1]

    def _remember(self, field: Field) -> Field:
        self._entries.appendleft(field)
        self.size += _cost(field)
        self._evict()
        return field

    def _resize(self, size: int, at: int) -> None:
        if size > MAX_TABLE:
            raise DecodeError(f"table of {size} bytes", at)
        self._most = size
        self._evict()

    def _evict(self) -> None:
        while self.size > self._most:
            self.size -= _cost(self._entries.pop())


def _cost(field: Field) -> int:
    return len(field[0]) + len(field[1]) + _OVERHEAD


def integer(reader: Reader, bits: int) -> int:
    """Section 5.1. Raises DecodeError beyond 28 bits."""
    most = (1 << bits) - 1
    value = reader.uint(1) & most
    if value < most:
        return value
    for shift in (0, 7, 14, 21):
        byte = reader.uint(1)
        value += (byte & 0x7F) << shift
        if not byte & 0x80:
            return value
    raise DecodeError("number of more than 28 bits", reader.at)


def string(reader: Reader) -> bytes:
    """Section 5.2."""
    at = reader.at
    size = integer(reader, 7)
    packed = reader.source[at] & 0x80
    data = reader.take(size)
    return unpacked(data, at) if packed else data


def unpacked(data: bytes, at: int) -> bytes:
    """A Huffman string. Raises DecodeError: EOS within, or filled up with anything but up to seven of its bits."""
    out, have, bits = bytearray(), 0, 0
    for byte in data:
        have, bits = have << 8 | byte, bits + 8
        while bits >= 5:
            window = have << LONGEST - bits if bits <= LONGEST else have >> bits - LONGEST
            index = bisect_right(CODE_STARTS, window) - 1
            length = CODE_LENGTHS[index]
            if length > bits:
                break
            if CODE_SYMBOLS[index] == EOS:
                raise DecodeError("EOS within a string", at)
            out.append(CODE_SYMBOLS[index])
            bits -= length
            have &= (1 << bits) - 1
    if bits > 7 or have != (1 << bits) - 1:
        raise DecodeError("string filled up with other bits than ones", at)
    return bytes(out)
