import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.visible import visible

SHOWN = {
    "plain": "plain",
    "a b/c": "a b/c",
    "line\nbreak": "line\\x0abreak",
    "\x1b[31mred": "\\x1b[31mred",
    "\x7f\x85": "\\x7f\\x85",
    "\ufeffmark\u2028": "\\ufeffmark\\u2028",
    "\u202eturned": "\\u202eturned",
    "\udcff": "\\udcff",
    "über 漢字 🙂": "über 漢字 🙂",
}


@pytest.mark.parametrize(("text", "want"), SHOWN.items())
def test_shows(text: str, want: str) -> None:
    assert visible(text) == want


@given(st.text(st.characters()))
def test_what_is_shown_is_harmless_and_stays_so(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert visible(shown) == shown
