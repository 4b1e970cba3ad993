"""Puts the queue tables of plan/xtables.py into the kernel, and takes them out."""

from __future__ import annotations

import errno
import re

from enforcer.edge.netfilter import Netfilter
from enforcer.model.errors import EdgeError
from enforcer.plan.netlink import ACK, attributes, message, text
from enforcer.plan.xtables import FAMILIES, TABLE, QueueTarget, installation, parts, removal, trial

_GET_TABLE = 10 << 8 | 1
_USERDATA = 6
_WORDS = re.compile(r"mark (0x[0-9a-f]{8}) to (\d{1,5})-(\d{1,5})( bypass)?")
_REFUSALS = {
    errno.EPERM: ("no permission to change nftables", "run as root, or with CAP_NET_ADMIN", 4),
    errno.ENOENT: (
        "the kernel has neither nftables' `queue` nor the NFQUEUE target of xtables",
        "load a kernel with CONFIG_NFT_QUEUE, or with CONFIG_NFT_COMPAT and CONFIG_NETFILTER_XT_TARGET_NFQUEUE",
        5,
    ),
}


def apply(target: QueueTarget) -> None:
    """Replaces both tables in one transaction. Raises EdgeError, and then nothing has changed."""
    _tell(installation(target))


def remove() -> bool:
    """Removes both tables; False if there was none."""
    there = any(_comment(family) is not None for family in FAMILIES.values())
    if there:
        _tell(removal())
    return there


def installed() -> QueueTarget | None:
    """What stands in both tables, None if one is missing or not ours to read."""
    found = {_comment(family) for family in FAMILIES.values()}
    words = _WORDS.fullmatch(found.pop() or "") if len(found) == 1 else None
    if words is None:
        return None
    mask, first, last, bypass = words.groups()
    return QueueTarget(mask=int(mask, 16), first=int(first), last=int(last), bypass=bypass is not None)


def check(target: QueueTarget) -> None:
    """Asks the kernel whether it would take the tables. Raises EdgeError; changes nothing either way."""
    _tell(trial(target))


def _tell(batch: bytes) -> None:
    try:
        with Netfilter() as kernel:
            kernel.tell(batch, acknowledgements=parts(batch))
    except OSError as fault:
        why, cure, code = _REFUSALS.get(
            fault.errno or 0, (f"the kernel refuses the queue tables: {fault}", "see docs/kernel.md, what is needed", 5)
        )
        raise EdgeError(why, cure=cure, code=code) from fault


def _comment(family: int) -> str | None:
    """The comment of our table in this family, empty if it has none; None if there is no such table."""
    request = message(_GET_TABLE, ACK, 1, text(1, TABLE), family=family)
    try:
        with Netfilter() as kernel:
            answer = kernel.read(request)
    except OSError as fault:
        raise EdgeError(
            f"the kernel does not let us read nftables: {fault}", cure="run as root, or with CAP_NET_ADMIN", code=4
        ) from fault
    if answer is None:
        return None
    data = attributes(answer.payload[4:]).get(_USERDATA, b"")
    return data[2:].rstrip(b"\0").decode("ascii", "replace")
