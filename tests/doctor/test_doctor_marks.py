"""Whose hand is in our bits: which uses of marks matter, and which bits are proposed instead."""

import pytest

from enforcer.doctor.facts import Facts
from enforcer.doctor.foreign import ALL_BITS, FLOW, PACKET, Foreign, ForeignRule, MarkRoute, MarkUse
from enforcer.doctor.marks import free_mask, marks
from enforcer.model.marks import Marks
from enforcer.model.settings import Settings

OURS = Settings().mark_mask


def foreign(*uses: MarkUse, routes: tuple[MarkRoute, ...] = ()) -> Foreign:
    rule = ForeignRule(where="inet other c", replace="replace {rule}", delete="delete", marks=uses)
    return Foreign(rules=(rule,), routes=routes)


def use(key: str, bits: int, sets: int = 0, *, writes: bool = True) -> MarkUse:
    return MarkUse(key=key, bits=bits, sets=sets, writes=writes, said="so")


@pytest.mark.parametrize(
    ("one", "level"),
    [
        (use(FLOW, ALL_BITS, ALL_BITS), "wrong"),
        (use(FLOW, 0x000000FF, 0xFF), "fine"),
        (use(FLOW, 0x00100000), "wrong"),  # cleared is wiped
        (use(PACKET, ALL_BITS, 1), "fine"),  # clears what is not there any more
        (use(PACKET, ALL_BITS, ALL_BITS), "doubtful"),
        (use(PACKET, 0x00100000, 0x00100000), "wrong"),
        (use(PACKET, ALL_BITS, writes=False), "fine"),
        (use(FLOW, ALL_BITS, writes=False), "doubtful"),
        (use(FLOW, 0x000FFFFF, writes=False), "fine"),
    ],
)
def test_what_a_use_of_marks_means_for_us(one: MarkUse, level: str) -> None:
    [(found, _, cures)] = marks(Facts(now=0.0, settings=Settings(), foreign=foreign(one)))
    assert found == level
    assert bool(cures) == (level != "fine")


@pytest.mark.parametrize(
    ("used", "mask"),
    [
        ((), 0xFFFFFFFF),
        ((0x000000FF,), 0xFFFFFF00),
        ((0x00FF0000,), 0x0000FFFF),  # 16 bits below beat 8 above
        ((0xFF000000, 0x000000FF), 0x00FFFF00),
        ((0x0000FF00,), 0xFFFF0000),
        ((0x11111111,), 0),  # nowhere five in a row
        ((ALL_BITS,), 0xFFFFFFFF),  # who names all names none
    ],
)
def test_the_bits_that_are_proposed(used: tuple[int, ...], mask: int) -> None:
    found = free_mask(foreign(*(use(FLOW, bits) for bits in used)))
    assert found == mask
    if found:
        assert Marks(found).lanes > 0  # the site file would take it


def test_policy_routing_by_bits_of_ours() -> None:
    route = MarkRoute(value=0x00100000, mask=0x00F00000, table=100)
    [(level, told, [cure])] = marks(Facts(now=0.0, settings=Settings(), foreign=foreign(routes=(route,))))
    assert (level, cure.text) == ("wrong", "[datapath] mark_mask = 0x000fffff")
    assert "table 100 asks for our bits (fwmark 0x100000/0xf00000)" in told
    harmless = MarkRoute(value=1, mask=ALL_BITS, table=100)
    [(level, _, _)] = marks(Facts(now=0.0, settings=Settings(), foreign=foreign(routes=(harmless,))))
    assert level == "fine"
