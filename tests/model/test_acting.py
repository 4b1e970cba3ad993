"""What acts where it is shown is found, and has a spelling that does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.acting import SHOWN, acting
from enforcer.model.errors import Fault

FOUND = {
    "": "",
    "plain": "",
    "\u5317 \xe9": "",
    "a\nb\x1b": "\n",
    "\x7f": "\x7f",
    "\x9b": "\x9b",
    "a\u202e": "\u202e",
    "\ufeff": "\ufeff",
}


@pytest.mark.parametrize(("text", "sign"), FOUND.items(), ids=map(ascii, FOUND))
def test_the_first_is_found(text: str, sign: str) -> None:
    assert acting(text) == sign


@given(text=st.text())
def test_none_is_left(text: str) -> None:
    assert acting(text.translate(SHOWN)) == ""
    assert len(text.translate(SHOWN).splitlines()) <= 1


def test_a_fault_is_one_line_whatever_it_is_about() -> None:
    fault = Fault(file="a\n.toml", path="\x1b[2J", why="unknown key")
    assert str(fault) == "a\\x0a.toml: \\x1b[2J: unknown key"
