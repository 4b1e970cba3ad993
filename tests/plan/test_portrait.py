"""What is compared of a table, and how a difference is told. Against a real kernel: tests/edge/test_portraits.py."""

from hypothesis import given
from hypothesis import strategies as st

from enforcer.plan.netlink import Message, attribute, message, messages, nested, number, text
from enforcer.plan.nf_tables import INET, SUBSYSTEM
from enforcer.plan.portrait import NEW_CHAIN, NEW_RULE, NEW_SET, NEW_TABLE, differences, portrait, watched_sets


def said(kind: int, *members: bytes, table: str = "t", family: int = INET) -> Message:
    return next(messages(message(kind, 0, 1, text(1, table), *members, family=family)))


def rule(*expressions: bytes, handle: int = 1) -> Message:
    return said(NEW_RULE, text(2, "c"), number(3, handle), nested(4, *(nested(1, one) for one in expressions)))


def test_parts_are_named_as_a_person_knows_them() -> None:
    told = [said(NEW_TABLE, number(2, 0)), said(NEW_CHAIN, text(3, "c")), rule(text(1, "meta"))]
    assert list(portrait(INET, "t", told)) == ["table inet t", "chain c in inet t", "rules of chain c in inet t"]


def test_other_tables_are_left_out() -> None:
    told = [said(NEW_TABLE, table="other"), said(NEW_TABLE, family=2), said(NEW_TABLE, table="tt")]
    assert portrait(INET, "t", told) == {}


def test_handles_and_what_counts_by_itself_are_no_part_of_it() -> None:
    seven, eight = (text(1, "counter") + nested(2, number(1, packets)) for packets in (7, 8))
    before = portrait(INET, "t", [rule(seven, handle=4)])
    assert before == portrait(INET, "t", [rule(eight, handle=5)])
    assert before != portrait(INET, "t", [rule(text(1, "meta"), handle=4)])


def test_the_order_of_rules_is_part_of_it() -> None:
    one, two = rule(text(1, "meta")), rule(text(1, "ct"))
    assert portrait(INET, "t", [one, two]) != portrait(INET, "t", [two, one])
    assert portrait(INET, "t", [one, one]) != portrait(INET, "t", [one])


def test_elements_of_sets_that_change_by_themselves_are_not_watched() -> None:
    sets = [
        said(NEW_SET, text(2, name), number(3, flags))
        for name, flags in (("plain", 0), ("interval", 4), ("constant", 2), ("learned", 0x10), ("dynamic", 0x20))
    ]
    assert watched_sets(sets) == ["plain", "interval"]


def test_differences_in_words() -> None:
    wanted = {"table inet t": b"1", "chain c in inet t": b"2", "chain d in inet t": b"3"}
    assert differences(wanted, wanted) == []
    assert differences(wanted, {}) == ["table inet t is gone"]
    found = {"table inet t": b"1", "chain c in inet t": b"9", "chain e in inet t": b"3"}
    assert differences(wanted, found) == [
        "chain d in inet t is gone",
        "chain e in inet t was added",
        "chain c in inet t is changed",
    ]


@given(st.lists(st.tuples(st.integers(0, 25), st.binary(max_size=80)), max_size=5))
def test_any_bytes_are_read_without_a_fault(told: list[tuple[int, bytes]]) -> None:
    answers = [Message(SUBSYSTEM << 8 | kind, 1, bytes((INET, 0, 0, 0)) + text(1, "t") + body) for kind, body in told]
    portrait(INET, "t", answers)
    watched_sets([one for one in answers if one.kind != NEW_SET])
    assert attribute(1, b"")
