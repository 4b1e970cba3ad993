"""Chains of the table as text: tabs and all, as `nft list` prints them."""

from __future__ import annotations

from collections.abc import Sequence


def chain(name: str, rules: Sequence[str], comment: str = "") -> str:
    """A chain that is jumped to."""
    lines = [f'comment "{comment}"'] if comment else []
    inner = "".join(f"\t\t{line}\n" for line in [*lines, *rules])
    return f"\tchain {name} {{\n{inner}\t}}\n"


def base_chain(name: str, hook: str, priority: str, rules: Sequence[str]) -> str:
    """A chain in the way of packets. It accepts what it does not stop: the chains of others come after it."""
    return chain(name, [f"type filter hook {hook} priority {priority}; policy accept;", *rules])
