"""Tables of our own that hand packets to the queue, where the ruleset cannot: two reasons, two expressions.

Some kernels have no nft `queue`; the NFQUEUE target of xtables stands in for it. And the classifier of DNS
(plan/classifier.py) is a match of xtables in front of either. Both are put into `ip enforcer_queue` and
`ip6 enforcer_queue` through nftables' compatibility layer, as iptables-nft does in its own tables. nft has no words for
that, hence netlink messages: one batch, one transaction. docs/decisions/0030 says why not in the `mangle` table.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from enforcer.model.marks import ACKNOWLEDGES, HEARD, HELD, PASS, QUEUE, READING, SERVED, TAKEN_UP, UNDECIDED, Marks
from enforcer.model.settings import Settings
from enforcer.plan.netlink import attribute, nested, number, text
from enforcer.plan.nf_tables import (
    IPV4,
    IPV6,
    Step,
    base_chain,
    batch,
    counts,
    emptied,
    expression,
    new_counter,
    new_table,
    rule,
    without,
)
from enforcer.plan.served import COUNTER, told

TABLE = "enforcer_queue"
FAMILIES = (IPV4, IPV6)
# Each directly after the classify_* chain of its hook (plan/ruleset.py). Hook numbers: linux/netfilter.h.
CHAINS = (("prerouting", 0, -153), ("output", 3, -153), ("forward", 2, -12), ("input", 1, -12))
FIRST_DATA = ("prerouting", "output")
"""Where what a client sends is queued."""
SERVING = ("forward", "input")
"""Where what a server sends is on its way to its client, NAT undone."""
SHARED = ("prerouting", "forward")
"""Where clients have shares: not what is the gateway's own."""
HANDED = "handed_to_inspectors"
"""The counter of packets that went into the queue, or found no inspector there: with what inspectors have seen it tells
what reached none."""

_TCP, _SYN, _ACCEPT = 6, 2, 1
# Of conntrack: a key of linux/netfilter/nf_tables.h, bits of linux/netfilter/nf_conntrack_common.h.
_STATUS = 2
_SEEN_REPLY, _CONFIRMED = 2, 8
_TARGET_REVISION, _MATCH_REVISION = 3, 1
_FLAG_BYPASS = 1
_TIME = 30  # NFT_META_TIME_NS
_BY_DESCRIPTOR, _PROGRAM_SIZE, _POINTER_SIZE = 2, 512, 8  # linux/netfilter/xt_bpf.h
_WORDS = re.compile(r"mark (0x[0-9a-f]{8}) to (\d{1,5})-(\d{1,5})( bypass)?(, queue)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTarget:
    """Which packets go where."""

    mask: int
    first: int
    last: int
    bypass: bool
    expression: bool = False
    """By nft's `queue`, otherwise by the target of xtables."""

    @property
    def words(self) -> str:
        """Stands as the comment of our tables: what was put there can be read back."""
        options = (" bypass" if self.bypass else "") + (", queue" if self.expression else "")
        return f"mark {self.mask:#010x} to {self.first}-{self.last}{options}"


@dataclass(frozen=True, slots=True)
class Programs:
    """Descriptors of the classifier's programs, in the process that sends a batch."""

    classifier: int
    begins: int | None = None
    """For the packets with which conntrack begins a connection; None: there is no difference."""
    bodies: int | None = None
    """For what servers send (plan/served.py); None: it is not looked at."""
    answers: int | None = None
    """For what servers begin with and acknowledge (plan/classifier_answer.py); None: it is not noted."""
    settled: int | None = None
    """For clients' packets whose connection may be decided by what is noted; None: there are none."""


def queue_target(settings: Settings, *, expression: bool = False) -> QueueTarget:
    return QueueTarget(
        expression=expression,
        mask=settings.mark_mask,
        first=settings.queue,
        last=settings.queue + settings.inspectors - 1,
        bypass=settings.fail == "open",
    )


def from_words(words: str) -> QueueTarget | None:
    """The reverse of `QueueTarget.words`; None if they are not ours."""
    found = _WORDS.fullmatch(words)
    if found is None:
        return None
    mask, first, last, bypass, expression = found.groups()
    return QueueTarget(
        mask=int(mask, 16),
        first=int(first),
        last=int(last),
        bypass=bypass is not None,
        expression=expression is not None,
    )


def installation(
    target: QueueTarget, classifier: Programs | None = None, *, stand: bool = False, until: int | None = None
) -> bytes:
    """One batch that puts both tables in place of whatever had their names.

    What the programs of `classifier` let pass is not queued. Where both tables `stand` as made for the same target,
    only their rules are replaced: see plan/in_place.py. From the instant `until` of the kernel's clock on nothing is
    queued: it goes on as it does where nobody listens to the queue.
    """
    steps: list[Step] = []
    for family in FAMILIES:
        steps += [emptied(family, TABLE)] if stand else without(family, TABLE)
        steps += _table(family, target, classifier, until)
    return batch(steps)


def trial(target: QueueTarget, classifier: Programs | None = None) -> bytes:
    """The same for tables that are not there, to be looked at by the kernel and not to be done."""
    return batch([step for family in FAMILIES for step in _table(family, target, classifier)], commit=False)


def _table(family: int, target: QueueTarget, programs: Programs | None, until: int | None = None) -> Iterator[Step]:
    classifier = None if programs is None else programs.classifier
    yield new_table(family, TABLE, target.words)
    yield new_counter(family, TABLE, HANDED)
    if programs is not None and programs.bodies is not None:
        yield new_counter(family, TABLE, COUNTER)
    for name, hook, priority in CHAINS:
        yield base_chain(family, TABLE, name, hook, priority)
        yield rule(family, TABLE, name, [*_marked(target, UNDECIDED), _accept()])  # bulk leaves here
        if programs is not None:
            yield from _served(family, name, target, programs) if name in SERVING else ()
            yield from _settled(family, name, target, programs) if name in FIRST_DATA else ()
        matched = [] if classifier is None else [_match(classifier)]
        if until is not None:
            yield rule(family, TABLE, name, [*_marked(target), *_since(until), *matched, _accept()])
        if programs is not None and programs.begins is not None and name in FIRST_DATA:
            # Handed over here, or the rules below hear of it too.
            for first in _first(target, QUEUE, programs.begins):
                yield rule(family, TABLE, name, [*first, counts(HANDED), _queue(target)])
        yield rule(family, TABLE, name, [*_marked(target), *matched, counts(HANDED), _queue(target)])
        if classifier is not None and name in FIRST_DATA:
            yield _let_pass(family, name, target, QUEUE)
        if programs is not None and programs.begins is not None and name in FIRST_DATA:
            yield rule(family, TABLE, name, [*_marked(target, TAKEN_UP), _match(programs.begins)])
            yield rule(family, TABLE, name, [*_marked(target, TAKEN_UP), *_becomes(target, UNDECIDED), _accept()])
        if programs is not None and name in SHARED:
            yield from _held(family, name, target, programs)


def _first(target: QueueTarget, value: int, begins: int) -> Iterator[list[bytes]]:
    """Matches what is first of a connection, as conntrack has it, and to be judged: SYNs, data before its server."""
    for syn, bits in ((True, _CONFIRMED), (False, _SEEN_REPLY)):
        yield [*_marked(target, value), *_tcp(syn=syn), *_without(bits), _match(begins)]


def _held(family: int, name: str, target: QueueTarget, programs: Programs) -> Iterator[Step]:
    """Of a client beyond its share (plan/shares.py) what is nobody's passes too; the rest is left HELD: dropped."""
    marked = [*_marked(target, HELD)]
    if programs.begins is not None and name in FIRST_DATA:
        for first in _first(target, HELD, programs.begins):
            yield rule(family, TABLE, name, [*first, _accept()])
    yield rule(family, TABLE, name, [*marked, _match(programs.classifier), _accept()])
    if name in FIRST_DATA:
        yield _let_pass(family, name, target, HELD)
    yield rule(family, TABLE, name, [*marked, *_becomes(target, UNDECIDED)])


def _served(family: int, name: str, target: QueueTarget, programs: Programs) -> Iterator[Step]:
    """Notes what a server begins with and acknowledges, and tells of a vendor's file that begins here. Whatever it is,
    it goes on."""
    marked = [*_marked(target, SERVED)]
    if programs.answers is not None:
        yield rule(family, TABLE, name, [*marked, _match(programs.answers)])
    if programs.bodies is not None:
        yield rule(family, TABLE, name, [*marked, _match(programs.bodies), *told(target.first)])
    if programs.answers is None and programs.bodies is None:
        return
    yield rule(family, TABLE, name, [*marked, *_becomes(target, UNDECIDED), _accept()])


def _settled(family: int, name: str, target: QueueTarget, programs: Programs) -> Iterator[Step]:
    """A connection that was looked at passes when its server has what was to be known of it (decision 0760)."""
    if programs.settled is None:
        return
    for value in (HEARD, ACKNOWLEDGES):
        passes = [*_marked(target, value), _match(programs.settled), *_becomes(target, PASS), _accept()]
        yield rule(family, TABLE, name, passes)
    yield rule(family, TABLE, name, [*_marked(target, ACKNOWLEDGES), *_becomes(target, UNDECIDED), _accept()])


def _let_pass(family: int, name: str, target: QueueTarget, value: int) -> Step:
    """What the classifier lets pass of TCP, apart from SYNs: its connection is looked at further."""
    return rule(family, TABLE, name, [*_marked(target, value), *_tcp(syn=False), *_becomes(target, READING)])


def _marked(target: QueueTarget, value: int = QUEUE) -> Iterator[bytes]:
    """meta mark & mask == value; for an inspector is also what is HEARD."""
    marks = Marks(target.mask)
    yield expression("meta", number(2, 3), number(1, 1))  # the mark into register 1
    yield from _has(marks.queued if value == QUEUE else marks.mask, marks.bits(value))


def _has(bits: int, value: int) -> Iterator[bytes]:
    """Register 1 & bits == value."""
    mask, wanted = struct.pack("=I", bits), struct.pack("=I", value)
    yield expression(
        "bitwise",
        *(number(1, 1), number(2, 1), number(3, 4)),
        *(nested(4, attribute(1, mask)), nested(5, attribute(1, bytes(4)))),
    )
    yield expression("cmp", number(1, 1), number(2, 0), nested(3, attribute(1, wanted)))


def _tcp(*, syn: bool) -> Iterator[bytes]:
    """meta l4proto tcp, tcp flags & syn."""
    yield expression("meta", number(2, 16), number(1, 1))
    yield expression("cmp", number(1, 1), number(2, 0), nested(3, attribute(1, bytes((_TCP,)))))
    # One byte of the transport header, its 14th, into register 1.
    yield expression("payload", number(1, 1), number(2, 2), number(3, 13), number(4, 1))
    yield expression(
        "bitwise",
        *(number(1, 1), number(2, 1), number(3, 1)),
        *(nested(4, attribute(1, bytes((_SYN,)))), nested(5, attribute(1, bytes(1)))),
    )
    yield expression("cmp", number(1, 1), number(2, 0), nested(3, attribute(1, bytes((_SYN * syn,)))))


def _without(bits: int) -> Iterator[bytes]:
    """ct status & bits == 0. The first packet of a connection is not confirmed; data before a word of the server's,
    seen-reply, are of one that conntrack takes up in its midst: then it believes what their client acknowledges."""
    yield expression("ct", number(1, 1), number(2, _STATUS))
    yield from _has(bits, 0)


def _becomes(target: QueueTarget, word: int) -> Iterator[bytes]:
    """meta mark set meta mark & ~mask | word; the verdict_* chains take it from there."""
    kept = struct.pack("=I", ~target.mask & 0xFFFFFFFF)
    value = struct.pack("=I", Marks(target.mask).bits(word))
    yield expression("meta", number(2, 3), number(1, 1))
    yield expression(
        "bitwise",
        *(number(1, 1), number(2, 1), number(3, 4)),
        *(nested(4, attribute(1, kept)), nested(5, attribute(1, value))),
    )
    yield expression("meta", number(2, 3), number(3, 1))


def _since(instant: int) -> Iterator[bytes]:
    """meta time >= instant, in nanoseconds; compared as bytes, hence in network order."""
    yield expression("meta", number(2, _TIME), number(1, 1))
    yield expression("byteorder", number(1, 1), number(2, 1), number(3, 1), number(4, 8), number(5, 8))
    yield expression("cmp", number(1, 1), number(2, 5), nested(3, attribute(1, struct.pack(">Q", instant * 10**9))))


def _accept() -> bytes:
    """accept: this chain is done with; the next hook's chain takes over."""
    return expression("immediate", number(1, 0), nested(2, nested(2, number(1, _ACCEPT))))


def _match(classifier: int) -> bytes:
    """The match `bpf` (struct xt_bpf_info_v1)."""
    info = struct.pack(f"=HHi{_PROGRAM_SIZE + _POINTER_SIZE}x", _BY_DESCRIPTOR, 0, classifier)
    return expression("match", text(1, "bpf"), number(2, _MATCH_REVISION), attribute(3, info))


def _queue(target: QueueTarget) -> bytes:
    """nft's `queue`, or the target NFQUEUE (struct xt_NFQ_info_v3, padded to 8 bytes)."""
    count, flags = target.last - target.first + 1, _FLAG_BYPASS * target.bypass
    if target.expression:
        told = (attribute(kind, value.to_bytes(2, "big")) for kind, value in enumerate((target.first, count, flags), 1))
        return expression("queue", *told)
    info = struct.pack("=HHHH", target.first, count, flags, 0)
    return expression("target", text(1, "NFQUEUE"), number(2, _TARGET_REVISION), attribute(3, info))
