"""Whether others read or write our bits of packet and conntrack marks."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.doctor.check import Told, doubtful, fine, wrong
from enforcer.doctor.facts import Facts, seen
from enforcer.doctor.finding import Cure, do, run, site
from enforcer.doctor.foreign import ALL_BITS, FLOW, Foreign, ForeignRule, MarkRoute, MarkUse

RULE = "{rule}"
"""Where a rule goes in ForeignRule.replace."""
FEWEST_BITS = 5
"""model/marks.py takes no shorter run."""


def marks(facts: Facts) -> Iterator[Told]:
    """A written bit of a flow's mark is our memory gone; one of a packet's mark, a message that we did not send."""
    foreign, mask = seen(facts.foreign), facts.settings.mark_mask
    amiss = [told for rule in foreign.rules for use in rule.marks if (told := _use(rule, use, foreign, mask))]
    amiss += [_route(route, foreign, mask) for route in foreign.routes if route.value & route.mask & mask]
    yield from amiss
    if not amiss:
        yield fine(f"no other rule has a hand in our bits of marks, {mask:#010x}")


def _use(rule: ForeignRule, use: MarkUse, foreign: Foreign, mask: int) -> Told | None:
    if not use.writes:
        if use.key != FLOW or not use.bits & mask:
            return None  # our bits are gone from a packet's mark before others ask for it (docs/kernel.md)
        told = f"{rule.where} {use.said} with our bits {mask:#010x} in it: it does not find what it looks for"
        return doubtful(told, *_moved(foreign, use, mask), do(f"or give it the mask {~mask & ALL_BITS:#010x}"))
    if use.key == FLOW and use.bits & mask:
        told = f"{rule.where} overwrites our bits of conntrack marks ({use.said}): decided flows are forgotten"
        return wrong(told, *_mended(rule, use, foreign, mask))
    if not use.sets & mask:
        return None  # it clears what is not there any more
    if use.number is None and use.bits == ALL_BITS:
        told = f"{rule.where} may put our bits into packet marks ({use.said})"
        return doubtful(told, *_mended(rule, use, foreign, mask))
    told = f"{rule.where} sets our bits of packet marks ({use.said}): read as a verdict that nobody gave"
    return wrong(told, *_moved(foreign, use, mask), *_mended(rule, use, foreign, mask))


def _route(route: MarkRoute, foreign: Foreign, mask: int) -> Told:
    told = f"policy routing to table {route.table} asks for our bits (fwmark {route.value:#x}/{route.mask:#x})"
    why = "we take them off each packet before it is routed"
    return wrong(f"{told}: {why}", *(_other_mask(foreign, mask) or (_no_room(mask),)))


def _moved(foreign: Foreign, use: MarkUse, mask: int) -> tuple[Cure, ...]:
    """Other bits for us, where that helps."""
    return _other_mask(foreign, mask) if use.bits != ALL_BITS else ()


def _mended(rule: ForeignRule, use: MarkUse, foreign: Foreign, mask: int) -> tuple[Cure, ...]:
    """The rule with a mask of its own, or without our help; other bits for us, if the rule has a mask already."""
    if moved := _moved(foreign, use, mask):
        return moved
    keep = ~mask & ALL_BITS
    if not use.masked or (use.number or 0) & mask:
        return (run(rule.delete), do("and put it back with a mask that leaves our bits alone, if it is needed"))
    value = f"{use.number or 0:#x}"
    statement = use.masked.format(keep=f"{keep:#010x}", others=f"{mask:#010x}", value=value)
    if rule.text:
        return (run(rule.replace.replace(RULE, rule.text.replace(use.said, statement))),)
    if rule.only:
        return (run(rule.replace.replace(RULE, f"'{statement}'")),)
    return (do(f"write `{statement}` in the rule that `{rule.delete}` would delete"),)


def _other_mask(foreign: Foreign, mask: int) -> tuple[Cure, ...]:
    found = free_mask(foreign)
    return (site("datapath", f"mark_mask = {found:#010x}"),) if found and found != mask else ()


def _no_room(mask: int) -> Cure:
    return do(f"no run of {FEWEST_BITS} bits is free: give one of the other rules bits beside {mask:#010x}")


def free_mask(foreign: Foreign) -> int:
    """The longest run of bits that nobody names, the highest of equal ones; 0 if none is long enough.

    Whoever names all bits names none: it has to get a mask itself.
    """
    used = 0
    for use in (use for rule in foreign.rules for use in rule.marks):
        used |= use.bits if use.bits != ALL_BITS else (use.number or 0)
    for route in foreign.routes:
        used |= route.mask if route.mask != ALL_BITS else route.value
    best = length = start = 0
    for bit in range(33):
        if bit < 32 and not used >> bit & 1:
            continue
        if bit - start >= max(FEWEST_BITS, length):
            length, best = bit - start, ((1 << bit - start) - 1) << start
        start = bit + 1
    return best
