"""A name means one thing from the door on: what is accepted, how it is spelt, and what its parents are."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.names import MAX_LABEL, MAX_NAME, NameFault, host_name, parents

LABEL = st.text("abcXYZ019-_", min_size=1, max_size=MAX_LABEL)
NAMES = st.lists(LABEL, min_size=1, max_size=6).map(".".join).filter(lambda name: len(name) <= MAX_NAME)


@given(NAMES)
def test_the_normal_form_is_reached_at_once(text: str) -> None:
    name = host_name(text)
    assert name == text.lower()
    assert host_name(name) == host_name(f"{name}.") == host_name(name.upper()) == name


@given(st.text())
def test_any_text_is_a_name_or_a_fault_with_words(text: str) -> None:
    try:
        name = host_name(text)
    except NameFault as fault:
        assert str(fault)
    else:
        assert name.isascii()
        assert name == name.lower()
        assert 1 <= len(name) <= MAX_NAME
        assert all(1 <= len(label) <= MAX_LABEL for label in name.split("."))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (".", "empty"),
        ("a..b", "empty label"),
        (".a", "empty label"),
        ("a..", "empty label"),
        ("x" * 64 + ".com", "label of 64 characters"),
        (".".join(["x" * 63] * 4), "255 characters"),
        ("müller.de", "'ü'"),
        ("\N{KELVIN SIGN}.com", "'\N{KELVIN SIGN}'"),
        ("a b", "' '"),
        ("a\0.com", r"'\\x00'"),
        ("a/b", "'/'"),
        ("https://a.example/x", "':'; write the host alone"),
        ("MÜLLER.de", "'Ü'; an international name is written in its xn-- form"),
    ],
)
def test_what_is_no_name_is_said_why(text: str, why: str) -> None:
    with pytest.raises(NameFault, match=why):
        host_name(text)


def test_the_longest_name_and_label_are_taken() -> None:
    assert len(host_name(".".join(["x" * 63] * 3 + ["y" * 61]))) == MAX_NAME
    assert len(host_name("x" * MAX_LABEL)) == MAX_LABEL


def test_parents_are_whole_labels() -> None:
    assert parents(host_name("a.bc.com")) == ["a.bc.com", "bc.com", "com"]
    assert parents(host_name("com")) == ["com"]


@given(NAMES)
def test_each_parent_is_the_one_before_without_its_first_label(text: str) -> None:
    line = parents(host_name(text))
    assert len(line) == text.count(".") + 1
    for child, parent in pairwise(line):
        assert child.partition(".")[2] == parent
