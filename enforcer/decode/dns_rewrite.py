"""An answer about a name in policy, made so that no cache carries it over a date and no hint leads past our reading.

In:  a whole response as it came.
Out: the same with lower TTLs, and with SVCB and HTTPS records without `ech`, `ipv4hint` and `ipv6hint`.
Ref: RFC 1035 section 4.1.3, RFC 2181 section 8 (TTL), RFC 9460 sections 2.2 and 8 (SvcParams), RFC 8914 section 4.5.

Nothing moves: what is taken out of a record is filled with one parameter of the range for private use, which clients
must ignore (RFC 9460 section 14.3.2 and 8). So compression pointers stay right, and so do the places of a TCP stream.
Only an explanation at the very end makes a message longer, where that is allowed.
"""

from __future__ import annotations

from struct import Struct

from enforcer.decode.dns import HTTPS, OPT, SVCB, decode_links
from enforcer.decode.dns_name import Names
from enforcer.model.errors import DecodeError

EDE_FORGED = 4
"""Forged Answer: "for policy reasons", where an answer is still given (RFC 8914 section 4.5)."""

MOST_PLAIN, MOST_EDNS = 512, 1232
"""Bytes up to which a datagram may grow: what every client takes, and, for those that were sent more than that
already, what crosses every link (DNS flag day 2020)."""

_HEADER = Struct("!HHHHHH").unpack_from
_RECORD = Struct("!HHIH").unpack_from
_PARAMETER = Struct("!HH")
_OPTION = Struct("!HHH")
_RRSIG, _SIG, _TSIG = 46, 24, 250
_AD = 0x20
_MANDATORY, _HIDDEN = 0, frozenset((4, 5, 6))  # ipv4hint, ech, ipv6hint
_PRIVATE, _LAST_PRIVATE = 65280, 65534
_EDE = 15


def lasting(message: bytes, *, ttl: int | None = None, strip: bool = True, told: str | None = None) -> bytes | None:
    """`message` with no TTL above `ttl` and, with `strip`, nothing that hides or replaces a name; None if it is so.

    Where that breaks a signature, the AD bit is cleared and, if the client sent EDNS, `told` stands in an Extended
    DNS Error; with None no byte is added. Raises DecodeError: a message that cannot be read, or that is signed as a
    whole (TSIG, SIG(0)), parameters with which it cannot be done, or a name that would read otherwise.
    """
    changed = _Change(bytearray(message), ttl, strip)
    changed.records()
    if bytes(changed.message) == message:
        return None
    if changed.stripped and (changed.signed or message[3] & _AD):
        changed.message[3] &= ~_AD & 0xFF
        if told is not None:
            changed.explain(told)
    made = bytes(changed.message)
    # A pointer may lead into a TTL, and a label lie over one: then a client would read a name that nobody judged.
    if decode_links(made) != decode_links(message):
        raise DecodeError("a name lies over what is to be changed", 0)
    return made


class _Change:
    """Goes through one message and changes it where it stands."""

    __slots__ = ("_opt", "_strip", "_ttl", "message", "signed", "stripped")

    def __init__(self, message: bytearray, ttl: int | None, strip: bool) -> None:
        self.message = message
        self._ttl = ttl
        self._strip = strip
        self._opt: int | None = None
        self.signed = False
        """There is a signature over a kind of record that we strip."""
        self.stripped = False

    def records(self) -> None:
        original = bytes(self.message)
        if len(original) < 12:
            raise DecodeError("shorter than a DNS header", len(original))
        names, at = Names(original), 12
        _, _, questions, *counts = _HEADER(original)
        for _ in range(questions):
            at = names.skip(at) + 4
        for _ in range(sum(counts)):
            start, at = at, names.skip(at)
            if at + 10 > len(original):
                raise DecodeError("record cut short", at)
            kind, _, ttl, size = _RECORD(original, at)
            end = at + 10 + size
            if end > len(original):
                raise DecodeError("record data cut short", at)
            self._record(names, original, kind, ttl, start, at, end)
            at = end

    def explain(self, told: str) -> None:
        """Puts the reason at the end of the OPT record, if that is the last and the message stays small enough."""
        if self._opt is None:
            return
        text = told.encode()
        option = _OPTION.pack(_EDE, 2 + len(text), EDE_FORGED) + text
        most = MOST_EDNS if len(self.message) > MOST_PLAIN else MOST_PLAIN
        if len(self.message) + len(option) > most:
            return
        size = int.from_bytes(self.message[self._opt : self._opt + 2], "big") + len(option)
        self.message[self._opt : self._opt + 2] = size.to_bytes(2, "big")
        self.message += option

    def _record(self, names: Names, original: bytes, kind: int, ttl: int, start: int, at: int, end: int) -> None:
        if kind in (_SIG, _TSIG):
            raise DecodeError("the message is signed as a whole", start)
        if kind == OPT:
            self._opt = at + 8 if end == len(original) else None
            return  # what stands in the place of its TTL are flags (RFC 6891 section 6.1.3)
        # RFC 2181 section 8: the highest bit set means zero.
        if self._ttl is not None and self._ttl < ttl < 1 << 31:
            self.message[at + 4 : at + 8] = self._ttl.to_bytes(4, "big")
        if kind == _RRSIG:
            self.signed |= int.from_bytes(original[at + 10 : at + 12], "big") in (SVCB, HTTPS)
        elif kind in (SVCB, HTTPS) and self._strip:
            parameters = names.skip(at + 12)  # behind SvcPriority
            if parameters > end:
                raise DecodeError("target name beyond the record", at)
            new = without_hidden(original[parameters:end], parameters)
            self.stripped |= new != original[parameters:end]
            self.message[parameters:end] = new


def without_hidden(parameters: bytes, place: int = 0) -> bytes:
    """SvcParams of the same length without what hides or replaces a name.

    Raises DecodeError, `place` added: keys that do not rise, a parameter cut short, or no key left for the filling.
    """
    kept: list[tuple[int, bytes]] = []
    at, last = 0, -1
    while at < len(parameters):
        if at + 4 > len(parameters):
            raise DecodeError("parameter cut short", place + at)
        key, size = _PARAMETER.unpack_from(parameters, at)
        if key <= last or at + 4 + size > len(parameters):
            raise DecodeError("parameters out of order, or cut short", place + at)
        if key not in _HIDDEN:
            kept.append((key, parameters[at + 4 : at + 4 + size]))
        at, last = at + 4 + size, key
    if len(kept) and kept[0][0] == _MANDATORY:
        kept[0:1] = _mandatory(kept[0][1])
    new = b"".join(_PARAMETER.pack(key, len(value)) + value for key, value in kept)
    return new + _filling(len(parameters) - len(new), last, place)


def _mandatory(value: bytes) -> list[tuple[int, bytes]]:
    """The list of keys that must be understood (RFC 9460 section 8), without those that are gone."""
    keys = [value[at : at + 2] for at in range(0, len(value), 2)]
    left = b"".join(key for key in keys if int.from_bytes(key, "big") not in _HIDDEN)
    return [(_MANDATORY, left)] if left else []


def _filling(size: int, last: int, place: int) -> bytes:
    """One parameter of `size` bytes with a key above all others. Two bytes (from `mandatory`) cannot be one."""
    if not size:
        return b""
    key = max(_PRIVATE, last + 1)
    if key > _LAST_PRIVATE or size < _PARAMETER.size:
        raise DecodeError("no room for a filling parameter", place)
    return _PARAMETER.pack(key, size - _PARAMETER.size) + bytes(size - _PARAMETER.size)
