"""The kernel's notifications of changes to nftables (NFNLGRP_NFTABLES): whether one touched our tables, and whose.

Each transaction is told as its changes and then a message NEWGEN, which names the process that made it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from enforcer.plan.netlink import attributes, messages
from enforcer.plan.nf_tables import SUBSYSTEM

GROUP = 7
_NEW_ELEMENTS, _DELETED_ELEMENTS, _NEW_GENERATION = 12, 14, 15
_PROCESS, _PROCESS_NAME = 2, 3
_TABLE, _SET = 1, 2


@dataclass(frozen=True, slots=True)
class Change:
    """A transaction that touched our tables."""

    process: int
    name: str
    """As the kernel knows the program: at most 15 letters."""

    def __str__(self) -> str:
        return f"{self.name} (process {self.process})"


class Changes:
    """Fed with datagrams; what a transaction did may be spread over several."""

    def __init__(self, tables: Collection[str]) -> None:
        self._tables = {name.encode() + b"\0" for name in tables}
        self._touched = False
        self.sets: Collection[bytes] = ()
        """The sets, by name and a final zero, of which elements count too; what happens in others is our own doing."""

    def feed(self, datagram: bytes) -> list[Change]:
        """The transactions that end in this datagram and touched ours."""
        made: list[Change] = []
        for told in messages(datagram):
            if told.kind >> 8 != SUBSYSTEM:
                continue
            kind, members = told.kind & 0xFF, attributes(told.payload[4:])
            if kind == _NEW_GENERATION:
                if self._touched:
                    made.append(_change(members))
                self._touched = False
            elif members.get(_TABLE) in self._tables:
                elements = kind in (_NEW_ELEMENTS, _DELETED_ELEMENTS)
                self._touched |= not elements or members.get(_SET) in self.sets
        return made


def _change(members: dict[int, bytes]) -> Change:
    name = members.get(_PROCESS_NAME, b"?").rstrip(b"\0").decode("ascii", "replace")
    return Change(int.from_bytes(members.get(_PROCESS, b""), "big"), name)
