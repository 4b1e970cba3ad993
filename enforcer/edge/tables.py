"""Tables of nftables, by netlink: whether they are there, and away with them. Needs no nft program."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from enforcer.edge.netfilter import Netfilter
from enforcer.model.errors import EdgeError
from enforcer.plan.netlink import attributes
from enforcer.plan.nf_tables import TABLE_COMMENT, acknowledged, batch, table_request, without

_REFUSALS = {
    errno.EPERM: ("no permission to read or change nftables", "run as root, or with CAP_NET_ADMIN", 4),
    errno.ENOENT: (
        "the kernel has neither nftables' `queue` nor the NFQUEUE target of xtables",
        "use a kernel with CONFIG_NFT_QUEUE, or with CONFIG_NFT_COMPAT and CONFIG_NETFILTER_XT_TARGET_NFQUEUE",
        5,
    ),
}


def tell(changes: bytes) -> None:
    """Makes the changes of a batch, all or none. Raises EdgeError, and then nothing has changed."""
    try:
        with Netfilter() as kernel:
            kernel.tell(changes, acknowledgements=acknowledged(changes))
    except OSError as fault:
        raise _refusal(fault) from fault


def comment(family: int, table: str) -> str | None:
    """The comment of a table, empty if it has none; None if there is no such table."""
    try:
        with Netfilter() as kernel:
            answer = kernel.read(table_request(family, table))
    except OSError as fault:
        raise _refusal(fault) from fault
    if answer is None:
        return None
    data = attributes(answer.payload[4:]).get(TABLE_COMMENT, b"")
    return data[2:].rstrip(b"\0").decode("ascii", "replace")


def remove(tables: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Removes the tables in one transaction; returns those that were there."""
    there = [table for table in tables if comment(*table) is not None]
    if there:
        tell(batch([step for table in there for step in without(*table)]))
    return there


def _refusal(fault: OSError) -> EdgeError:
    unknown = (f"the kernel refuses nftables messages: {fault}", "see docs/kernel.md, what the kernel must have", 5)
    why, cure, code = _REFUSALS.get(fault.errno or 0, unknown)
    return EdgeError(why, cure=cure, code=code)
