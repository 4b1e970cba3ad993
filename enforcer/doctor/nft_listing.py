"""What `nft --json list ruleset` tells of other programs' rules (libnftables-json(5))."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from enforcer.doctor.foreign import ALL_BITS, FLOW, PACKET, ForeignRule, MarkUse

OURS = "enforcer"
"""Our tables' names begin so."""
_KEYS = {"meta": PACKET, "ct": FLOW}
_IDLE = ("counter", "comment")
_FOREIGN_MODULE = "xt"
"""An expression of xtables: only its own program can tell what is in it."""
MOST_DEPTH = 32

Json = Any


def foreign_rules(listing: dict[str, Json]) -> tuple[ForeignRule, ...]:
    """The rules that matter to us, of tables that are not ours. What is no such listing gives none."""
    items = listing.get("nftables")
    found = (item.get("rule") for item in items if isinstance(item, dict)) if isinstance(items, list) else ()
    rules = (_rule(rule) for rule in found if isinstance(rule, dict) and not str(rule.get("table")).startswith(OURS))
    return tuple(rule for rule in rules if rule.marks or rule.queues or rule.groups or rule.untracked or rule.offloads)


def has_xtables(listing: dict[str, Json]) -> bool:
    """Whether there are rules of iptables-nft in it, which only iptables-nft-save tells whole."""
    rules = (item["rule"] for item in listing.get("nftables", ()) if "rule" in item)
    return any(
        _FOREIGN_MODULE in statement
        for rule in rules
        if not str(rule.get("table")).startswith(OURS)
        for statement in rule.get("expr", ())
    )


def _rule(rule: dict[str, Json]) -> ForeignRule:
    chain = f"{rule.get('family')} {rule.get('table')} {rule.get('chain')}"
    # Through netlink a name can be anything, and these are commands to copy.
    place = shlex.join(
        [*(str(rule.get(part)) for part in ("family", "table", "chain")), "handle", str(rule.get("handle"))]
    )
    statements = [one for one in rule.get("expr", ()) if isinstance(one, dict) and not set(one) & set(_IDLE)]
    marks = [use for one in statements for use in _marks(one)]
    offloads = any("flow" in one for one in statements)
    return ForeignRule(
        where=chain,
        replace=f"nft replace rule {place} {{rule}}",
        delete=f"nft delete rule {place}",
        only=len(statements) == 1,
        # What asks for our mark before it offloads does as docs/neighbours.md says.
        marks=tuple(use for use in marks if use.writes or not offloads),
        queues=tuple(numbers for one in statements for numbers in _queues(one)),
        groups=tuple(one["log"]["group"] for one in statements if "group" in (one.get("log") or {})),
        untracked=any("notrack" in one for one in statements),
        offloads=offloads,
        of_flows=next(filter(any, map(_flows, statements)), (0, 0)),
    )


def _flows(statement: dict[str, Json]) -> tuple[int, int]:
    """Mask and value, if it is a match of the conntrack mark with one value."""
    match = statement.get("match") or {}
    left, right = match.get("left"), match.get("right")
    key, mask = _read(left, right)
    prefixed = right.get("prefix") if isinstance(right, dict) else None
    value = prefixed.get("addr") if isinstance(prefixed, dict) else right
    return (mask, value) if key == FLOW and match.get("op") == "==" and isinstance(value, int) else (0, 0)


def _queues(statement: dict[str, Json]) -> Iterator[tuple[int, int]]:
    if "queue" not in statement:
        return
    number = (statement["queue"] or {}).get("num", 0)
    if isinstance(number, int):
        yield number, number
    elif isinstance(number, dict) and "range" in number:
        yield tuple(number["range"])
    else:
        yield 0, 65_535  # worked out for each packet: it can be any


def _marks(statement: dict[str, Json]) -> Iterator[MarkUse]:
    if mangle := statement.get("mangle"):
        key, value = _key(mangle.get("key")), mangle.get("value")
        bits, sets = _written(value, key)
        if key and bits:
            number = value if isinstance(value, int) else None
            # `&` keeps what others have there, `|` puts the number into the rest.
            masked = f"{key} set {key} & {{others}} | {{value}}" if number is not None else ""
            yield MarkUse(key=key, bits=bits, sets=sets, writes=True, said=f"{key} set", masked=masked, number=number)
    if match := statement.get("match"):
        key, bits = _read(match.get("left"), match.get("right"))
        if key and bits:
            yield MarkUse(key=key, bits=bits, writes=False, said=f"asks for {key}")


def _key(expression: Json) -> str:
    """PACKET or FLOW if that is what it is, else empty."""
    if isinstance(expression, dict):
        for kind, name in _KEYS.items():
            if isinstance(expression.get(kind), dict) and expression[kind].get("key") == "mark":
                return name
    return ""


def _written(value: Json, key: str, depth: int = 0) -> tuple[int, int]:
    """The bits of the mark that a new value may change, and those that it may set."""
    if _key(value) == key:
        return 0, 0
    if isinstance(value, int):
        return ALL_BITS, value
    if isinstance(value, dict) and len(value) == 1 and depth < MOST_DEPTH:
        [(operator, operands)] = value.items()
        if operator in ("&", "|", "^") and isinstance(operands, list) and len(operands) == 2:
            inner, mask = operands
            if isinstance(mask, int):
                bits, sets = _written(inner, key, depth + 1)
                return (bits | ~mask & ALL_BITS, sets & mask) if operator == "&" else (bits | mask, sets | mask)
    return ALL_BITS, ALL_BITS


def _read(left: Json, right: Json) -> tuple[str, int]:
    """Whose mark is compared, and by which bits. nft writes a mask of leading ones as a prefix."""
    mask = ALL_BITS
    if isinstance(left, dict) and isinstance(left.get("&"), list) and len(left["&"]) == 2:
        left, mask = left["&"]
    if isinstance(right, dict) and isinstance(right.get("prefix"), dict):
        length = right["prefix"].get("len", 32)
        mask = ALL_BITS << (32 - length) & ALL_BITS
    return _key(left), mask if isinstance(mask, int) else ALL_BITS
