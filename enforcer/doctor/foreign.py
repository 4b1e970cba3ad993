"""Other programs' rules, as far as they can be in our way: marks, queues, log groups, untracked and offloaded flows."""

from __future__ import annotations

from dataclasses import dataclass

ALL_BITS = 0xFFFFFFFF
PACKET, FLOW = "meta mark", "ct mark"
"""Packet marks and conntrack marks, as nft calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkUse:
    """One reading or writing of marks."""

    key: str
    """PACKET or FLOW."""
    bits: int
    """Those that it reads, or may change."""
    sets: int = 0
    """Of these, those that it may set to one."""
    writes: bool
    said: str
    """As it stands in the rule, or nearly so."""
    masked: str = ""
    """The same with `{keep}` for the bits that it may change, where it can be written so."""
    number: int | None = None
    """What is written, if it is a number: then `{value}` stands in `masked`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRule:
    """One rule of another program's."""

    where: str
    """Family, table and chain: `inet filter forward`; of iptables program, table and chain."""
    replace: str
    """The command that puts `{rule}` in its place."""
    delete: str
    """The command that takes it out."""
    only: bool = True
    """The rule has one statement, so that `replace` with another for it is the whole rule."""
    text: str = ""
    """The rule as its program writes it, where that is known."""
    marks: tuple[MarkUse, ...] = ()
    queues: tuple[tuple[int, int], ...] = ()
    """First and last number of queues."""
    groups: tuple[int, ...] = ()
    """Of NFLOG."""
    untracked: bool = False
    offloads: bool = False
    of_flows: tuple[int, int] = (0, 0)
    """Which flows it offloads: those whose conntrack mark has this value under this mask (mask, value)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRoute:
    """A rule of policy routing that asks for a packet's mark (ip-rule(8))."""

    value: int
    mask: int
    table: int
    ipv6: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    rules: tuple[ForeignRule, ...] = ()
    routes: tuple[MarkRoute, ...] = ()
    unseen: tuple[str, ...] = ()
    """What could not be listed."""
