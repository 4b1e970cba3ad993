"""A text is read in time that its length bounds, and what is wrong is said with its place."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.policy.toml_text import MAX_PARTS, toml_values

MANY = 300_000
"""Parts of a key: Python's reader would take hours for them."""

KEYS = {
    "bare": "a" + ".a" * MANY + " = 1",
    "quoted": '"a" . ' * MANY + "'a' = 1",
    "header": "[a" + ".a" * MANY + "]",
    "array of tables": "[[ a" + ".a" * MANY + "]]",
    "inline": "x = { y = 1, a" + ".a" * MANY + " = 1 }",
    "after other lines": "x = 1\n\ta" + ".a" * MANY + " = 1",
    "one too many": "a" + ".a" * MAX_PARTS + " = 1",
}


@pytest.mark.parametrize("text", KEYS.values(), ids=KEYS.keys())
def test_a_key_of_very_many_parts_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^a key has more than {MAX_PARTS} parts \(at line \d, column \d+\)$"):
        toml_values(text)


def test_its_place_is_told() -> None:
    with pytest.raises(ValueError, match=r"\(at line 3, column 3\)$"):
        toml_values(f"x = 1\n# fine\n  {'a.' * MANY}a = 1")


GOOD = {
    "a name": f'x = "{"a." * 126}a"',
    "names": f'x = ["{"a." * 126}a", "{"b." * 126}b"]',
    "prose": f'x = """\n{"a." * 126}a"""',
    "as many as may be": "a" + ".a" * (MAX_PARTS - 1) + " = 1",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_what_is_no_such_key_is_read(text: str) -> None:
    assert toml_values(text) == tomllib.loads(text)


WRONG = {
    "byte order mark": (
        "\ufeffx = 1",
        "begins with a byte order mark; save it as UTF-8 without one (at line 1, column 1)",
    ),
    "long number": ("x = " + "9" * 5000, "has a number of more than 4300 digits"),
    "no TOML": ("x = ", "Invalid value (at end of document)"),
}


@pytest.mark.parametrize(("text", "why"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_its_place(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        toml_values(text)
    assert str(caught.value) == why


@given(text=st.text(alphabet="a1.\"'\\ \t\n[]{},=#", max_size=60))
def test_short_texts_are_read_as_by_pythons_own_reader(text: str) -> None:
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        with pytest.raises(ValueError) as caught:
            toml_values(text)
        assert str(caught.value) == str(fault)
    else:
        assert toml_values(text) == expected
