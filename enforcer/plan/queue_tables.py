"""The way into the queue on kernels whose nftables has no `queue` expression: the xtables target NFQUEUE.

The target is put into two tables of our own, `ip enforcer_queue` and `ip6 enforcer_queue`, through nftables'
compatibility layer, as iptables-nft does in its own. nft has no words for that, hence netlink messages: one batch,
one transaction. docs/decisions/0030 says why not in the `mangle` table.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from enforcer.model.marks import QUEUE, Marks
from enforcer.model.settings import Settings
from enforcer.plan.netlink import attribute, nested, number, text
from enforcer.plan.nf_tables import IPV4, IPV6, Step, base_chain, batch, expression, new_table, rule, without

TABLE = "enforcer_queue"
FAMILIES = (IPV4, IPV6)
# Each directly after the classify_* chain of its hook (plan/ruleset.py). Hook numbers: linux/netfilter.h.
CHAINS = (("prerouting", 0, -152), ("output", 3, -152), ("forward", 2, -11), ("input", 1, -11))

_TARGET_REVISION = 3
_FLAG_BYPASS = 1
_WORDS = re.compile(r"mark (0x[0-9a-f]{8}) to (\d{1,5})-(\d{1,5})( bypass)?")


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


def from_words(words: str) -> QueueTarget | None:
    """The reverse of `QueueTarget.words`; None if they are not ours."""
    found = _WORDS.fullmatch(words)
    if found is None:
        return None
    mask, first, last, bypass = found.groups()
    return QueueTarget(mask=int(mask, 16), first=int(first), last=int(last), bypass=bypass is not None)


def installation(target: QueueTarget) -> bytes:
    """One batch that puts both tables in place of whatever had their names."""
    return batch([step for family in FAMILIES for step in (*without(family, TABLE), *_table(family, target))])


def trial(target: QueueTarget) -> bytes:
    """The same for tables that are not there, to be looked at by the kernel and not to be done."""
    return batch([step for family in FAMILIES for step in _table(family, target)], commit=False)


def _table(family: int, target: QueueTarget) -> Iterator[Step]:
    yield new_table(family, TABLE, target.words)
    for name, hook, priority in CHAINS:
        yield base_chain(family, TABLE, name, hook, priority)
        yield rule(family, TABLE, name, _expressions(target))


def _expressions(target: QueueTarget) -> Iterator[bytes]:
    """meta mark & mask == QUEUE -> NFQUEUE (struct xt_NFQ_info_v3, padded to 8 bytes)."""
    mask, wanted = struct.pack("=I", target.mask), struct.pack("=I", Marks(target.mask).bits(QUEUE))
    yield expression("meta", number(2, 3), number(1, 1))  # the mark into register 1
    yield expression(
        "bitwise",
        *(number(1, 1), number(2, 1), number(3, 4)),
        *(nested(4, attribute(1, mask)), nested(5, attribute(1, bytes(4)))),
    )
    yield expression("cmp", number(1, 1), number(2, 0), nested(3, attribute(1, wanted)))
    info = struct.pack("=HHHH", target.first, target.last - target.first + 1, _FLAG_BYPASS * target.bypass, 0)
    yield expression("target", text(1, "NFQUEUE"), number(2, _TARGET_REVISION), attribute(3, info))
