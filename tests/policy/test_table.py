"""Strict reading of one TOML table: whatever is odd is a fault with its place, and nothing is raised."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.errors import PolicyError
from enforcer.policy.faults import Faults
from enforcer.policy.table import MAX_TEXT, Table


def table(text: str) -> Table:
    return Table(tomllib.loads(text), "f.toml", "", Faults())


def said(one: Table) -> list[str]:
    try:
        one.faults.refuse()
    except PolicyError as error:
        return [str(fault) for fault in error.faults]
    return []


GOOD: dict[str, tuple[str, Callable[[Table], object], object]] = {
    "text": ('a = "x"', lambda t: t.text("a"), "x"),
    "absent text with default": ("", lambda t: t.text("a", ""), ""),
    "text in lines": ('a = """\n  x\n\ty  z\n"""', lambda t: t.text("a"), "x y z"),
    "text in other letters": ('a = "北京 🙂 é"', lambda t: t.text("a"), "北京 🙂 é"),
    "word": ('a = "us-x.1_Y"', lambda t: t.word("a"), "us-x.1_Y"),
    "choice": ('a = "low"', lambda t: t.choice("a", ("high", "low")), "low"),
    "absent choice": ("", lambda t: t.choice("a", ("high", "low"), "low"), "low"),
    "flag": ("a = true", lambda t: t.flag("a", False), True),
    "number": ("a = 0xfff00000", lambda t: t.number("a", 1, 0, 0xFFFFFFFF), 0xFFF00000),
    "texts": ('a = ["x", "y"]', lambda t: t.texts("a"), ("x", "y")),
    "no texts": ("a = []", lambda t: t.texts("a"), ()),
    "choices": ('a = ["y"]', lambda t: t.choices("a", ("x", "y")), ("y",)),
    "day": ("a = 2026-06-30", lambda t: t.day("a").isoformat(), "2026-06-30"),
    "absent day": ("", lambda t: t.optional_day("a"), None),
    "instant": ("a = 2024-09-29T00:00:00-04:00", lambda t: t.instant("a"), 1727582400.0),
    "instant in UTC": ("a = 2024-09-29T04:00:00Z", lambda t: t.instant("a"), 1727582400.0),
    "instant on a leap day": ("a = 2024-02-29T23:59:59+14:00", lambda t: t.instant("a"), 1709200799.0),
    "absent instant": ("", lambda t: t.optional_instant("a"), None),
    "tables": ("[[a]]\nb = 1\n[[a]]", lambda t: len(list(t.tables("a"))), 2),
    "no tables": ("", lambda t: list(t.tables("a")), []),
    "absent table": ("", lambda t: t.table("a", required=False), None),
}


@pytest.mark.parametrize(("text", "read", "want"), GOOD.values(), ids=GOOD.keys())
def test_reads(text: str, read: Callable[[Table], object], want: object) -> None:
    one = table(text)
    assert read(one) == want
    one.done()
    assert said(one) == []


WANTED_INSTANT = "wanted a date-time with offset like 2024-07-20T00:00:00-04:00"
ODD: dict[str, tuple[str, Callable[[Table], object], str]] = {
    "missing": ("", lambda t: t.text("a"), "a: is missing"),
    "empty": ('a = ""', lambda t: t.text("a"), "a: must not be empty"),
    "number for text": ("a = 1", lambda t: t.text("a"), "a: wanted a string, this is a whole number"),
    "true for number": (
        "a = true",
        lambda t: t.number("a", 1, 0, 9),
        "a: wanted a whole number, this is true or false",
    ),
    "fraction for number": ("a = 1.5", lambda t: t.number("a", 1, 0, 9), "a: wanted a whole number, this is a float"),
    "number out of range": ("a = 10", lambda t: t.number("a", 1, 0, 9), "a: 10 is not between 0 and 9"),
    "string for flag": ('a = "true"', lambda t: t.flag("a", False), "a: wanted true or false, this is a string"),
    "long text": (f'a = "{"x" * (MAX_TEXT + 1)}"', lambda t: t.text("a"), "a: has 4097 characters, 4096 are allowed"),
    "odd word": (
        'a = "a b"',
        lambda t: t.word("a"),
        "a: 'a b' is no id; wanted 1 to 64 letters, digits, `-`, `_`, `.`, first a letter or digit",
    ),
    "wrong choice": (
        'a = "hihg"',
        lambda t: t.choice("a", ("high", "low")),
        "a: 'hihg' is none of high, low; did you mean 'high'?",
    ),
    "text for texts": ('a = "x"', lambda t: t.texts("a"), "a: wanted an array, this is a string"),
    "number in texts": ('a = ["x", 1]', lambda t: t.texts("a"), "a[1]: wanted a string, this is a whole number"),
    "empty in texts": ('a = [""]', lambda t: t.texts("a"), "a[0]: must have 1 to 4096 characters"),
    "twice in texts": ('a = ["x", "y", "x"]', lambda t: t.texts("a"), "a[2]: 'x' stands here twice"),
    "unknown in choices": (
        'a = ["updaet"]',
        lambda t: t.choices("a", ("update", "store")),
        "a: 'updaet' is none of update, store; did you mean 'update'?",
    ),
    "date-time for day": (
        "a = 2024-01-01T00:00:00Z",
        lambda t: t.day("a"),
        "a: wanted a date like 2026-06-30 (no quotes, no time), this is a date-time",
    ),
    "string for day": (
        'a = "2024-01-01"',
        lambda t: t.day("a"),
        "a: wanted a date like 2026-06-30 (no quotes, no time), this is a string",
    ),
    "missing day": ("", lambda t: t.day("a"), "a: is missing"),
    "naive instant": (
        "a = 2024-07-20T00:00:00",
        lambda t: t.instant("a"),
        f"a: {WANTED_INSTANT}, this has no offset: the same clock time is another instant in another zone",
    ),
    "day for instant": (
        "a = 2024-07-20",
        lambda t: t.instant("a"),
        f"a: {WANTED_INSTANT}, this is a date without time",
    ),
    "string for instant": (
        'a = "2024-07-20T00:00:00-04:00"',
        lambda t: t.instant("a"),
        f"a: {WANTED_INSTANT}, this is a string: write it without quotes",
    ),
    "fraction of a second": (
        "a = 2024-07-20T00:00:00.5Z",
        lambda t: t.instant("a"),
        f"a: {WANTED_INSTANT}, this has a fraction of a second",
    ),
    "before the calendar": (
        "a = 1969-12-31T23:59:59Z",
        lambda t: t.instant("a"),
        "a: 1969-12-31T23:59:59+00:00 is outside the years 1970 to 2261",
    ),
    "after the calendar": (
        "a = 9999-12-31T23:59:59-12:00",
        lambda t: t.optional_instant("a"),
        "a: 9999-12-31T23:59:59-12:00 is outside the years 1970 to 2261",
    ),
    "missing instant": ("", lambda t: t.instant("a"), "a: is missing"),
    "single brackets": (
        "[a]\nb = 1",
        lambda t: list(t.tables("a")),
        "a: wanted an array, this is a table; write `[[a]]`",
    ),
    "not tables": ("a = [1]", lambda t: list(t.tables("a")), "a[0]: wanted a table, this is a whole number"),
    "too many tables": ("[[a]]\n[[a]]", lambda t: list(t.tables("a", 1)), "a: has 2 tables, 1 are allowed"),
    "number out of bounds": ("a = -1", lambda t: t.number("a", 1, 0, 9), "a: -1 is not between 0 and 9"),
    "number that Python does not spell": (
        "a = 0x" + "F" * 6000,
        lambda t: t.number("a", 1, 0, 9),
        "a: a number so long is not between 0 and 9",
    ),
    "text that would act": (
        'a = "x\\u001b[2J"',
        lambda t: t.text("a"),
        "a: has the character '\\x1b', which would act where it is shown; take it out",
    ),
    "text that would turn": (
        'a = "\\u202e"',
        lambda t: t.text("a"),
        "a: has the character '\\u202e', which would act where it is shown; take it out",
    ),
    "a line break in texts": (
        'a = ["x\\ny"]',
        lambda t: t.texts("a"),
        "a[0]: has the character '\\n', which would act where it is shown; take it out",
    ),
    "text of nothing but lines": ('a = "\\n \\n"', lambda t: t.text("a"), "a: must not be empty"),
    "unknown key that would act": (
        '"\\u001b[2J\\n" = 1',
        lambda _: None,
        "\\x1b[2J\\x0a: unknown key",
    ),
    "missing table": ("", lambda t: t.table("a"), "a: is missing"),
}


@pytest.mark.parametrize(("text", "read", "why"), ODD.values(), ids=ODD.keys())
def test_tells(text: str, read: Callable[[Table], object], why: str) -> None:
    one = table(text)
    read(one)
    one.done()
    assert said(one) == [f"f.toml: {why}"]


def test_tells_every_key_that_nobody_asked_for() -> None:
    one = table("tilte = 1\nzzz = 2\n[inner]\nx = 1")
    one.text("title", "")
    inner = one.table("inner")
    assert inner is not None
    inner.done()
    one.done()
    assert said(one) == [
        "f.toml: inner.x: unknown key",
        "f.toml: tilte: unknown key; did you mean 'title'?",
        "f.toml: zzz: unknown key",
    ]


def test_paths_of_nested_tables_count_from_nought() -> None:
    one = table("[[a]]\n[[a]]\nb = { c = 1 }")
    for member in one.tables("a"):
        inner = member.table("b", required=False)
        if inner:
            inner.text("c")
    assert said(one) == ["f.toml: a[1].b.c: wanted a string, this is a whole number"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
GETTERS: list[Callable[[Table], object]] = [
    lambda t: t.text("a"),
    lambda t: t.word("a"),
    lambda t: t.choice("a", ("x",)),
    lambda t: t.flag("a", False),
    lambda t: t.number("a", 0, 0, 1),
    lambda t: t.texts("a"),
    lambda t: t.choices("a", ("x",)),
    lambda t: t.day("a"),
    lambda t: t.instant("a"),
    lambda t: t.table("a"),
    lambda t: list(t.tables("a")),
]


@given(values=st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2), read=st.sampled_from(GETTERS))
def test_no_value_makes_a_getter_raise(values: dict[str, Any], read: Callable[[Table], object]) -> None:
    one = Table(values, "f.toml", "", Faults())
    read(one)
    one.done()
    assert "b" not in values or any("b: unknown key" in line for line in said(one))
