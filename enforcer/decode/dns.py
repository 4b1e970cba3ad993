"""The names in a DNS message: what is asked, and every further name an answer leads to.

In:  one message, without the length that TCP puts in front.
Out: a `Question`, or the chain of names, or None for what asks for no name, or DecodeError.
Ref: RFC 1035 section 4.1, RFC 9619 (one question), RFC 9460 (SVCB and HTTPS), RFC 6672 (DNAME).

A link is a name whose addresses the resolver may hand out without being asked for that name: targets of CNAME,
DNAME, SVCB and HTTPS. Targets of SRV, MX, NS and PTR are none: the client must ask for them, and we see it.
"""

from __future__ import annotations

from struct import Struct, error
from typing import NamedTuple

from enforcer.decode.dns_name import MAX_WIRE_NAME, Names, plain_name
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName

MAX_LINKS = 32
"""Names in one answer. Chains of 9 CNAMEs are real (NLnetLabs/unbound#438); resolvers stop at about 11."""

CNAME, DNAME, OPT, SVCB, HTTPS = 5, 39, 41, 64, 65
_BINDINGS = frozenset((SVCB, HTTPS))
_LINKS = frozenset((CNAME, DNAME, SVCB, HTTPS))

_HEADER = Struct("!HHHHHH").unpack_from
_TYPE_CLASS = Struct("!HH").unpack_from
_RECORD = Struct("!HxxxxxxH").unpack_from
_new = tuple.__new__  # what a named tuple's constructor calls, in half the time
_NOT_A_QUERY = 0x7800
_RESPONSE = 0x8000
_QUESTION_POINTER = b"\xc0\x0c"
"""How nearly every server writes the owner of an answer: "the name at byte 12"."""
_OPT_BEGINS = b"\0\0\x29"
"""The root as owner, and the type."""


class Question(NamedTuple):
    name: HostName
    """Lower case; the root is the empty name."""
    qtype: int
    qclass: int
    id: int
    is_response: bool
    end: int
    """The offset behind the question, where the answers begin."""


def decode_question(message: bytes | memoryview) -> Question | None:
    """What a standard query, or the response to one, asks for.

    None: another operation (an update, a notification), or no question at all (RFC 7873 section 5.4 allows that).
    Raises DecodeError: no DNS header, more than one question, a name that cannot be read.
    """
    if type(message) is not bytes:
        message = bytes(message)
    if len(message) < 12:
        raise DecodeError("shorter than a DNS header", len(message))
    ident, flags, questions, _, _, _ = _HEADER(message)
    if flags & _NOT_A_QUERY or not questions:
        return None
    if questions != 1:
        raise DecodeError(f"{questions} questions", 4)
    end = message.find(0, 12, 12 + MAX_WIRE_NAME)
    name = plain_name(message[12:end]) if end >= 0 else None
    if name is None:
        name, end = Names(message).at(12)
    else:
        end += 1
    if end + 4 > len(message):
        raise DecodeError("question cut short", end)
    qtype, qclass = _TYPE_CLASS(message, end)
    return _new(Question, (name, qtype, qclass, ident, flags >= _RESPONSE, end + 4))


def decode_links(message: bytes | memoryview) -> tuple[HostName, ...]:
    """Every name this message is about, in order of appearance, each once; the one asked for is first.

    That is the question, the owners of the answers, the links in the answers, and links with their owners in the
    additional section (RFC 9460 section 4.1). A query has only its question; `()` where decode_question says None
    and nothing is answered. Raises DecodeError as decode_question does, and for a record that cannot be read or
    more than MAX_LINKS names.
    """
    if type(message) is not bytes:
        message = bytes(message)
    question = decode_question(message)
    _, flags, _, answers, authorities, extras = _HEADER(message)
    if question is not None and _leads_nowhere(message, question.end, answers, authorities, extras):
        return (question.name,)
    names = {question.name: None} if question else {}
    if flags < _RESPONSE or flags & _NOT_A_QUERY:
        return tuple(names)
    walk = _Walk(message, names)
    at = walk.answers(question.end if question else 12, answers)
    if extras:
        walk.extras(walk.skip(at, authorities), extras)
    return tuple(names)


def _leads_nowhere(message: bytes, at: int, answers: int, authorities: int, extras: int) -> bool:
    """Whether this is the commonest message: answers for the name asked for, none a link, then at most an OPT.

    False may also mean that it cannot be told in passing.
    """
    try:
        for _ in range(answers):
            kind, size = _RECORD(message, at + 2)
            if message[at : at + 2] != _QUESTION_POINTER or kind in _LINKS:
                return False
            at += 12 + size
        if extras == 1 and not authorities and message[at : at + 3] == _OPT_BEGINS:
            _, size = _RECORD(message, at + 1)
            at, extras = at + 11 + size, 0
    except error:
        return False
    return not extras and at <= len(message)


class _Walk:
    """Goes through the records of one message and gathers names."""

    __slots__ = ("_message", "_names", "_reader")

    def __init__(self, message: bytes, names: dict[HostName, None]) -> None:
        self._message = message
        self._names = names
        self._reader = Names(message)

    def answers(self, at: int, count: int) -> int:
        """Gathers owners and links of `count` records from `at`; where they end."""
        message = self._message
        for _ in range(count):
            if message[at : at + 2] == _QUESTION_POINTER and self._names:
                at += 2
            else:
                owner, at = self._reader.at(at)
                self._add(owner, at)
            kind, at, end = self._record(at)
            if kind in _LINKS:
                self._target(kind, at, end)
            at = end
        return at

    def extras(self, at: int, count: int) -> None:
        """Gathers the links of `count` additional records, and whose links they are."""
        for _ in range(count):
            start = at
            at = self._reader.skip(at)
            kind, at, end = self._record(at)
            if kind in _LINKS:
                self._add(self._reader.at(start)[0], start)
                self._target(kind, at, end)
            at = end

    def skip(self, at: int, count: int) -> int:
        """Where `count` records from `at` end."""
        for _ in range(count):
            _, _, at = self._record(self._reader.skip(at))
        return at

    def _record(self, at: int) -> tuple[int, int, int]:
        """Type, begin and end of the data of the record whose owner ends at `at`."""
        if at + 10 > len(self._message):
            raise DecodeError("record cut short", at)
        kind, size = _RECORD(self._message, at)
        end = at + 10 + size
        if end > len(self._message):
            raise DecodeError(f"record data of {size} bytes, {len(self._message) - at - 10} left", at)
        return kind, at + 10, end

    def _target(self, kind: int, at: int, end: int) -> None:
        if kind in _BINDINGS:
            at += 2  # SvcPriority
        name, stop = self._reader.at(at)
        # The parameters of a binding follow its target; behind the other targets nothing may follow.
        if stop > end or (stop < end and kind not in _BINDINGS):
            raise DecodeError("target name and record data do not end together", stop)
        # RFC 9460 section 2.5: the target "." is the owner itself, or says that there is no service.
        if name or kind not in _BINDINGS:
            self._add(name, at)

    def _add(self, name: HostName, at: int) -> None:
        self._names[name] = None
        if len(self._names) > MAX_LINKS:
            raise DecodeError(f"more than {MAX_LINKS} names in one answer", at)
