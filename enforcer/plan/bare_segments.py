"""TCP segments without payload, as nft words: a packet is bare when its length is that of its headers."""

from __future__ import annotations

from collections.abc import Iterable


def bare4(words: Iterable[int], then: str) -> list[str]:
    """A rule for each data offset (RFC 9293 section 3.1, in words of four bytes): IPv4 without options."""
    return [f"ip hdrlength 5 ip length {20 + 4 * count} tcp doff {count} {then}" for count in words]


def bare6(words: Iterable[int], then: str) -> list[str]:
    """The same of IPv6 without extension headers."""
    return [f"ip6 nexthdr tcp ip6 length {4 * count} tcp doff {count} {then}" for count in words]
