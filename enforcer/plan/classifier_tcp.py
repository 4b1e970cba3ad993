"""The classifier's part for TCP: where connections begin, and first data that is whole and nobody's.

A plain SYN is remembered with its sequence number and passes (docs/decisions/0240). The first data of the connection
passes when it stands where the SYN says, is one TLS hello in one piece (plan/classifier_hello.py), and nothing else of
the connection has been queued before: then no other bytes can take its place. Whatever is queued of a connection is
remembered, and from there on all of it is queued.

Behind a hello that passed a second one may come, after a HelloRetryRequest (docs/decisions/0650), and in its place
another, if its server dropped it (docs/decisions/0710). So the connection is remembered until its server has
acknowledged the hello (plan/classifier_answer.py notes that), then something behind it whose first bytes show that it
is none (plan/classifier_second_hello.py), and those too (docs/decisions/0760). What follows these is not looked at.

The memory is a map that forgets the flow not heard of for longest when it is full (BPF_MAP_TYPE_LRU_HASH). What it does
not know it does not let pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from enforcer.plan import classifier_hello, classifier_second_hello
from enforcer.plan.assembler import FRAME, Program
from enforcer.plan.classifier_frame import AT, LOWEST, PACKET, fetch

FLOW_SIZE = 40
"""Addresses and ports as they stand in the packet, padded with zeros."""
OPENING = Struct("=IIIIII")
"""The sequence number of a SYN or of a hello's last byte, and a state. Of a hello also the number of the byte before
its first, and what the client acknowledged then; 0: not known. How far the server has acknowledged its client; 1 if
that is known, from its SYN-ACK on."""
FRESH, QUEUED, AMBIGUOUS, LATE, HELLO = 0, 1, 2, 3, 4
"""Only its SYN was seen. Something of it was queued. Two SYNs with different numbers. Taken to begin with the first
data that we saw: what came before is not known. A hello was let pass, and nothing has come behind it."""
UNTIL_ANSWERED = 1
"""Of what is AMBIGUOUS, in the place of BEFORE: the server has answered another SYN. Its next answer tells."""
BEHIND, IN_PIECES, FOLLOWED = 1, 2, 8
"""Added to HELLO: something behind it was queued; it came in more than one segment, so that an inspector read it; what
shows that no second hello comes was let pass."""
SHOWN = 12
"""Bytes behind a hello that show it: a change_cipher_spec at most, and the beginning of another record."""
OTHER_JUDGES = (53, 853)
"""Ports of which everything is queued: DNS over TCP, which is read both ways as long as it lives, and over TLS."""

LOOK_UP, _UPDATE, _DELETE = 1, 2, 3
_FIN, _SYN, _RST, _ACK, _URG = 1, 2, 4, 16, 32

# The frame: a TCP header, the key and the value of the map.
_TCP = LOWEST - 24
ADDRESSES = _TCP - FLOW_SIZE
_VALUE = ADDRESSES - OPENING.size
_LOWEST = _VALUE
_ENTRY = 9
_HELLO_END = _VALUE
_STATE = 8
_RECORD = _VALUE + 1
# Places in an entry of the map.
BEFORE, ACKED, TAKEN, IS_KNOWN = 8, 12, 16, 20


@dataclass(frozen=True, slots=True)
class Memory:
    """Descriptors of maps."""

    flows: int
    count: int
    """One number of 64 bits: how many flows were put into the other, less those that passed and were taken out."""


def segment(p: Program, endings: int, pages: int, openings: Memory, *, begins: bool = False) -> None:
    """From the TCP header on; ADDRESSES are filled in. `begins`: conntrack has not heard a server on these ports."""
    fetch(p, _TCP, 20)
    for port in OTHER_JUDGES:
        for place in (_TCP, _TCP + 2):
            p.load_16(1, FRAME, place)
            p.jump("judge", 1, "==", port)
    p.load(1, FRAME, _TCP + 12, 1)
    p.calculate(1, ">>=", 4)
    p.calculate(1, "<<=", 2)
    p.jump("judge", 1, "<", 20)
    p.combine(AT, "+=", 1)
    p.load(2, PACKET, 0, 4)  # its length
    p.jump_if("judge", AT, ">", 2)
    p.map(1, openings.flows)
    _address(p, 2, ADDRESSES)
    p.call(LOOK_UP)
    p.combine(_ENTRY, "=", 0)
    p.load(1, FRAME, _TCP + 13, 1)
    p.calculate(1, "&=", _SYN | _ACK)
    p.jump("not known", _ENTRY, "==")
    _known(p, begins)
    _data(p)
    if begins:
        p.jump("judge")
    else:
        _passes(p, endings, pages, openings)
    p.label("not known")
    p.jump("late", 1, "!=", _SYN)
    _nothing_known(p)
    p.label("opens")
    _opens(p, openings)
    p.label("late")
    _late(p, openings)


def _passes(p: Program, endings: int, pages: int, openings: Memory) -> None:
    """Data where they belong, and nobody's. Where conntrack has not heard their server, what they acknowledge proves
    nothing."""
    p.jump("behind a hello", _STATE, "!=", FRESH)
    _note_end(p)
    classifier_hello.hello(p, endings, pages, _LOWEST)
    _heard(p, openings)
    p.label("behind a hello")
    _is_answered(p)
    classifier_second_hello.no_hello(p, _RECORD)
    _followed(p)


def settled(p: Program, openings: Memory) -> None:
    """Goes on for a packet of a connection whose server has all that is to be known of it, and forgets it; for others
    to "judge". ADDRESSES are filled in."""
    p.map(1, openings.flows)
    _address(p, 2, ADDRESSES)
    p.call(LOOK_UP)
    p.jump("judge", 0, "==")
    p.load(1, 0, 4, 4)
    p.calculate(1, "|=", IN_PIECES)
    p.jump("judge", 1, "!=", HELLO | IN_PIECES | FOLLOWED)
    p.load(2, 0, IS_KNOWN, 4)
    p.jump("settled", 2, "==")  # nobody will say more
    p.load(1, 0, TAKEN, 4)
    p.load(2, 0, 0, 4)
    _is_beyond(p, SHOWN)
    p.label("settled")
    p.map(1, openings.flows)
    _address(p, 2, ADDRESSES)
    p.call(_DELETE)
    _count(p, openings, -1)


def _opens(p: Program, openings: Memory) -> None:
    """Remembers a SYN. One that is not plain, or has data (RFC 7413), is queued, and its connection too."""
    p.load_32(1, FRAME, _TCP + 4)
    p.store(FRAME, _VALUE, 1, 4)
    _is_plain(p, "plain")
    p.calculate(1, "=", QUEUED)
    p.store(FRAME, _VALUE + 4, 1, 4)
    _put(p, openings)
    p.jump("judge")
    p.label("plain")
    p.calculate(1, "=", FRESH)
    p.store(FRAME, _VALUE + 4, 1, 4)
    _put(p, openings)
    p.calculate(0, "=", 0)
    p.end()


def _late(p: Program, openings: Memory) -> None:
    """Data of a connection that we came late to, or have forgotten: queued, and taken to begin here."""
    p.load(2, PACKET, 0, 4)
    p.jump_if("judge", AT, "==", 2)
    _nothing_known(p)
    p.load_32(1, FRAME, _TCP + 4)
    p.calculate(1, "-=", 1)
    p.store(FRAME, _VALUE, 1, 4)
    p.calculate(1, "=", LATE)
    p.store(FRAME, _VALUE + 4, 1, 4)
    _put(p, openings)
    p.jump("judge")


def _is_plain(p: Program, label: str) -> None:
    """Goes to `label` for a SYN without data and with no flag that has no business there."""
    p.load(1, FRAME, _TCP + 13, 1)
    p.calculate(1, "&=", _FIN | _SYN | _RST | _ACK | _URG)
    p.calculate(1, "^=", _SYN)
    p.load(2, PACKET, 0, 4)
    p.combine(2, "-=", AT)
    p.combine(1, "|=", 2)
    p.jump(label, 1, "==")


def _known(p: Program, begins: bool) -> None:
    """A packet of a connection that we know; goes on with data. r1: SYN and ACK."""
    p.jump("data", 1, "!=", _SYN)
    p.load_32(1, FRAME, _TCP + 4)
    p.load(2, _ENTRY, 0, 4)
    p.jump_if("another", 1, "!=", 2)
    if begins:
        p.load(2, _ENTRY, ACKED, 4)
        p.jump("another", 2, "!=")  # though with the same number: what is known is of one that is over
    _is_plain(p, "again")
    p.load(1, _ENTRY, 4, 4)
    p.jump("judge", 1, "!=", FRESH)
    _say(p, QUEUED)
    p.jump("judge")
    p.label("again")
    p.calculate(0, "=", 0)
    p.end()
    p.label("another")
    if begins:
        # What its server said last on these ports holds until it takes this one up: it may not.
        _nothing_known(p)
        p.load(2, _ENTRY, ACKED, 4)
        p.jump("opens", 2, "==")
        p.store(_ENTRY, 0, 1, 4)
        _say(p, AMBIGUOUS)
        _say(p, UNTIL_ANSWERED, BEFORE)
    else:
        # To conntrack it belongs to the connection whose hello has passed, which it does not change.
        p.load(1, _ENTRY, 4, 4)
        p.jump("amid", 1, ">", LATE)
        _say(p, AMBIGUOUS)  # however long ago: nobody knows which of the two its server took
        p.jump("judge")
        p.label("amid")
    _is_plain(p, "again")
    p.jump("judge")


def _say(p: Program, state: int, place: int = 4) -> None:
    p.calculate(1, "=", state)
    p.store(_ENTRY, place, 1, 4)


def _data(p: Program) -> None:
    """Goes on for data where it belongs: the first, or what follows a hello; the state before into _STATE.

    A FIN or urgent data with it makes it another's affair.
    """
    p.label("data")
    p.load(_STATE, _ENTRY, 4, 4)
    p.combine(1, "=", _STATE)
    p.calculate(1, "|=", IN_PIECES | FOLLOWED)
    p.jump("after hello", 1, "==", HELLO | IN_PIECES | FOLLOWED)
    p.jump("judge", _STATE, "!=", FRESH)
    _say(p, QUEUED)  # until we know better
    p.jump("in place")
    p.label("after hello")
    _goes_on(p)
    p.combine(1, "=", _STATE)
    p.calculate(1, "|=", BEHIND)
    p.store(_ENTRY, 4, 1, 4)
    p.label("in place")
    p.load_32(1, FRAME, _TCP + 4)
    p.load(2, _ENTRY, 0, 4)
    p.combine(1, "-=", 2)
    p.calculate(1, "<<=", 32)
    p.calculate(1, ">>=", 32)  # sequence numbers wrap
    p.jump("judge", 1, "!=", 1)
    p.load(1, FRAME, _TCP + 13, 1)
    p.calculate(1, "&=", _FIN | _SYN | _RST | _ACK | _URG)
    p.jump("judge", 1, "!=", _ACK)


def _goes_on(p: Program) -> None:
    """What lies behind the bytes that show that no second hello comes passes."""
    p.combine(1, "=", _STATE)
    p.calculate(1, "&=", FOLLOWED)
    p.jump("first behind", 1, "==")
    p.load(1, FRAME, _TCP + 13, 1)
    p.calculate(1, "&=", _SYN | _RST | _ACK | _URG)
    p.jump("first behind", 1, "!=", _ACK)
    p.load_32(1, FRAME, _TCP + 4)
    p.load(2, _ENTRY, 0, 4)
    _is_beyond(p, SHOWN, "first behind")
    p.calculate(0, "=", 0)
    p.end()
    p.label("first behind")


def _is_beyond(p: Program, count: int, otherwise: str = "judge") -> None:
    """Goes on if the sequence number in r1 lies more than so many behind that in r2."""
    p.combine(1, "-=", 2)
    p.calculate(1, "<<=", 32)
    p.calculate(1, ">>=", 32)
    p.jump(otherwise, 1, "<", count + 1)
    p.calculate(1, ">>=", 31)
    p.jump(otherwise, 1, "!=")


def _is_answered(p: Program) -> None:
    """Goes on if the server has the whole hello. Where that is not known: if the client acknowledges more than the
    hello did, for it cannot acknowledge what was not sent, and a server says nothing before."""
    p.load(1, _ENTRY, IS_KNOWN, 4)
    p.jump("by its client", 1, "==")
    p.load(1, _ENTRY, TAKEN, 4)
    p.load(2, _ENTRY, 0, 4)
    _is_beyond(p, 0)
    p.jump("has the hello")
    p.label("by its client")
    p.load_32(1, FRAME, _TCP + 8)
    p.load(2, _ENTRY, ACKED, 4)
    _is_beyond(p, 0)
    p.label("has the hello")


def _followed(p: Program) -> None:
    """Something behind a hello shows that no second one comes, if the server gets it."""
    p.calculate(_STATE, "|=", FOLLOWED)
    p.store(_ENTRY, 4, _STATE, 4)
    p.calculate(0, "=", 0)
    p.end()


def _note_end(p: Program) -> None:
    """The number of the last byte of data into the frame."""
    p.load_32(1, FRAME, _TCP + 4)
    p.load(2, PACKET, 0, 4)
    p.combine(1, "+=", 2)
    p.combine(1, "-=", AT)
    p.calculate(1, "-=", 1)
    p.store(FRAME, _HELLO_END, 1, 4)


def _heard(p: Program, openings: Memory) -> None:
    """A hello has passed: what the connection goes on with is looked at."""
    p.map(1, openings.flows)
    _address(p, 2, ADDRESSES)
    p.call(LOOK_UP)
    p.jump("judge", 0, "==")  # forgotten meanwhile
    p.load(1, 0, 0, 4)
    p.store(0, BEFORE, 1, 4)
    p.load(1, FRAME, _HELLO_END, 4)
    p.store(0, 0, 1, 4)
    p.calculate(1, "=", HELLO)
    p.store(0, 4, 1, 4)
    p.load(1, 0, ACKED, 4)
    p.jump("known", 1, "!=", 0)
    p.load_32(1, FRAME, _TCP + 8)
    p.store(0, ACKED, 1, 4)
    p.label("known")
    p.calculate(0, "=", 0)
    p.end()


def _address(p: Program, target: int, place: int) -> None:
    p.combine(target, "=", FRAME)
    p.calculate(target, "+=", place)


def _nothing_known(p: Program) -> None:
    """Of the server, nor of a hello."""
    for place in (BEFORE, TAKEN):
        p.clear(_VALUE + place)


def _put(p: Program, openings: Memory) -> None:
    p.map(1, openings.flows)
    _address(p, 2, ADDRESSES)
    _address(p, 3, _VALUE)
    p.calculate(4, "=", 0)
    p.call(_UPDATE)
    p.jump("judge", 0, "!=")  # there is no room
    _count(p, openings, 1)


def _count(p: Program, openings: Memory, by: int) -> None:
    p.calculate(1, "=", 0)
    p.store(FRAME, _VALUE, 1, 4)
    p.map(1, openings.count)
    _address(p, 2, _VALUE)
    p.call(LOOK_UP)
    p.jump("judge", 0, "==")  # never: an array has what it has
    p.calculate(1, "=", by)
    p.add_atomically(0, 0, 1)
