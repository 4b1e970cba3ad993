"""Shapes: well-formed whatever the words."""

from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from enforcer.policy.svg import fitting, rect, stroke, text


@given(st.text(max_size=40))
def test_any_words_give_well_formed_xml(words: str) -> None:
    shown = fromstring(text(1, 2, words, size=10))  # noqa: S314 (ours)
    told = fromstring(rect(0, 0, 1, 1, 'fill="none"', words))  # noqa: S314
    if words.isprintable():
        assert (shown.text or "", (told[0].text or "") if words else "") == (words, words)


def test_shapes() -> None:
    assert text(1, 2, "a<b", size=9, bold=True, anchor="end") == (
        '<text x="1.0" y="2.0" font-size="9" fill="#222222" font-weight="bold" text-anchor="end">a&lt;b</text>'
    )
    assert stroke(1, 2, 3, 'stroke="red"') == '<line x1="1.0" y1="2.0" x2="1.0" y2="3.0" stroke="red"/>'
    assert rect(0, 0, 1, 1, 'fill="red"') == '<rect x="0.0" y="0.0" width="1.0" height="1.0" fill="red"/>'


def test_long_words_are_cut_and_say_so() -> None:
    assert fitting("abc", 1000) == "abc"
    assert fitting("a" * 100, 58) == "a" * 9 + "…"
