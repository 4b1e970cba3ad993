"""The kernel's own table of the queues of this network namespace: who has each, and how many packets wait in it."""

from __future__ import annotations

import os
from pathlib import Path

_TABLE = Path("/proc/net/netfilter/nfnetlink_queue")


def _rows() -> dict[int, list[int]] | None:
    """By their numbers: number, holder's port, waiting, copy mode, copy range, turned away, lost, id.

    The kernel shows them to root, and to a group that root may have given them to, whatever our capabilities; for
    others it is not even tried, and None.
    """
    try:
        if os.geteuid() and _TABLE.stat().st_gid != os.getegid():
            return None
        rows = [[int(cell) for cell in line.split()] for line in _TABLE.read_text().splitlines()]
    except (OSError, ValueError):
        return None
    return {row[0]: row for row in rows if len(row) >= 8}


def row(number: int) -> list[int] | None:
    """One of them; None if nobody has this queue, or we may not look."""
    return (_rows() or {}).get(number)


def waiting(number: int) -> int | None:
    """Packets that wait in a queue of this network namespace, whoever has it; None where we may not look."""
    rows = _rows()
    return None if rows is None else rows[number][2] if number in rows else 0


def turned_away(number: int) -> int:
    """Packets that the kernel dropped because too many waited."""
    found = row(number)
    return found[5] if found else 0


def holder(number: int) -> str:
    """Netlink gives a program's first socket its process id as port, so the port usually tells who it is."""
    found = row(number)
    if found is None:
        return "another program"
    try:
        name = Path(f"/proc/{found[1]}/comm").read_text().strip()
    except OSError:
        return f"another program (netlink port {found[1]})"
    return f"{name} (process {found[1]})"
