"""The way into the queue on kernels whose nftables has no `queue` expression: the xtables target NFQUEUE.

The target is put into two tables of our own, `ip enforcer_queue` and `ip6 enforcer_queue`, through nftables'
compatibility layer, as iptables-nft does in its own. nft has no words for that, hence netlink messages: one batch,
one transaction. docs/decisions/0030 says why not in the `mangle` table.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from enforcer.model.marks import QUEUE, Marks
from enforcer.model.settings import Settings
from enforcer.plan.netlink import ACK, APPEND, CREATE, attribute, message, messages, nested, number, text

TABLE = "enforcer_queue"
FAMILIES = {"ip": 2, "ip6": 10}
# Each directly after the classify_* chain of its hook (plan/ruleset.py). Hook numbers: linux/netfilter.h.
CHAINS = (("prerouting", 0, -152), ("output", 3, -152), ("forward", 2, -11), ("input", 1, -11))

_NFTABLES = 10  # NFNL_SUBSYS_NFTABLES
_BATCH_BEGIN, _BATCH_END = 16, 17
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _NEW_RULE = (_NFTABLES << 8 | kind for kind in (0, 2, 3, 6))
_TARGET_REVISION = 3
_FLAG_BYPASS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTarget:
    """Which packets go where."""

    mask: int
    first: int
    last: int
    bypass: bool

    @property
    def words(self) -> str:
        """Stands as the comment of our tables: what was put there can be read back."""
        return f"mark {self.mask:#010x} to {self.first}-{self.last}" + (" bypass" if self.bypass else "")


def queue_target(settings: Settings) -> QueueTarget:
    return QueueTarget(
        mask=settings.mark_mask,
        first=settings.queue,
        last=settings.queue + settings.inspectors - 1,
        bypass=settings.fail == "open",
    )


def installation(target: QueueTarget) -> bytes:
    """One batch that puts both tables in place of whatever had their names."""
    return _batch([part for family in FAMILIES.values() for part in (*_gone(family), *_table(family, target))])


def removal() -> bytes:
    """One batch that removes both tables, whether or not they are there."""
    return _batch([part for family in FAMILIES.values() for part in _gone(family)])


def trial(target: QueueTarget) -> bytes:
    """`installation` without its end: the kernel looks at every message, answers, and changes nothing."""
    return _begin() + _numbered([part for family in FAMILIES.values() for part in _table(family, target)])


def parts(batch: bytes) -> int:
    """How many messages of a batch are acknowledged."""
    return sum(one.kind not in (_BATCH_BEGIN, _BATCH_END) for one in messages(batch))


@dataclass(frozen=True, slots=True)
class _Part:
    kind: int
    flags: int
    family: int
    attributes: bytes


def _gone(family: int) -> Iterator[_Part]:
    """To delete what may not be there: make it, then delete it."""
    yield _Part(_NEW_TABLE, CREATE, family, text(1, TABLE))
    yield _Part(_DELETE_TABLE, 0, family, text(1, TABLE))


def _table(family: int, target: QueueTarget) -> Iterator[_Part]:
    yield _Part(_NEW_TABLE, CREATE, family, text(1, TABLE) + attribute(6, _comment(target.words)))
    for name, hook, priority in CHAINS:
        place = nested(4, number(1, hook), number(2, priority))
        yield _Part(_NEW_CHAIN, CREATE, family, text(1, TABLE) + text(3, name) + place + text(7, "filter"))
        yield _Part(_NEW_RULE, CREATE | APPEND, family, text(1, TABLE) + text(2, name) + nested(4, *_rule(target)))


def _comment(words: str) -> bytes:
    """User data as nft writes it: type 0 is the comment, then its length with the final zero."""
    data = words.encode() + b"\0"
    return bytes((0, len(data))) + data


def _rule(target: QueueTarget) -> Iterator[bytes]:
    """meta mark & mask == QUEUE -> NFQUEUE (struct xt_NFQ_info_v3, padded to 8 bytes)."""
    mask, wanted = struct.pack("=I", target.mask), struct.pack("=I", Marks(target.mask).bits(QUEUE))
    yield _expression("meta", number(2, 3), number(1, 1))  # the mark into register 1
    yield _expression(
        "bitwise",
        *(number(1, 1), number(2, 1), number(3, 4)),
        *(nested(4, attribute(1, mask)), nested(5, attribute(1, bytes(4)))),
    )
    yield _expression("cmp", number(1, 1), number(2, 0), nested(3, attribute(1, wanted)))
    info = struct.pack("=HHHH", target.first, target.last - target.first + 1, _FLAG_BYPASS * target.bypass, 0)
    yield _expression("target", text(1, "NFQUEUE"), number(2, _TARGET_REVISION), attribute(3, info))


def _expression(name: str, *attributes: bytes) -> bytes:
    return nested(1, text(1, name), nested(2, *attributes))


def _batch(steps: list[_Part]) -> bytes:
    return _begin() + _numbered(steps) + message(_BATCH_END, 0, len(steps) + 1, resource=_NFTABLES)


def _begin() -> bytes:
    return message(_BATCH_BEGIN, 0, 0, resource=_NFTABLES)


def _numbered(steps: list[_Part]) -> bytes:
    """Each message asks for an acknowledgement and counts from 1: the answer tells which one failed."""
    return b"".join(
        message(part.kind, part.flags | ACK, sequence, part.attributes, family=part.family)
        for sequence, part in enumerate(steps, 1)
    )
