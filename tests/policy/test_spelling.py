"""A pattern has one spelling; every other is refused with the right one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.names import host_name
from enforcer.policy.spelling import meant, pattern_fault

ODD = {
    "*.upd.acme.example": "a pattern has no leading dot or `*`; write 'upd.acme.example' under `domains`",
    ".upd.acme.example": "a pattern has no leading dot or `*`; write 'upd.acme.example' under `domains`",
    "*.Upd.Acme.Example.": "write 'upd.acme.example' under `domains`",
    "dnl-*.acme.example": "`*` is not used; list each name under `names`, or the parent under `domains`",
    "Upd.acme.example": "is not the normal form; write 'upd.acme.example'",
    "upd.acme.example.": "is not the normal form; write 'upd.acme.example'",
    "bücher.example": "is not the normal form; write 'xn--bcher-kva.example'",
    "straße.example": "is not the normal form; write 'xn--strae-oqa.example'",
    "BÜCHER.example.": "is not the normal form; write 'xn--bcher-kva.example'",
    "\uff21\uff23\uff2d\uff25\uff0eexample": "is not the normal form; write 'acme.example'",
    "bücher\u3002example\uff61": "is not the normal form; write 'xn--bcher-kva.example'",
    "\ufeffacme.example": "has the character '\\ufeff', which stands in no name",
    "ac\u200bme.example": "has the character '\\u200b', which stands in no name",
    "acme\u2028.example": "has the character '\\u2028', which stands in no name",
    "a..example": "has an empty label",
    "a b.example": "has the character ' '",
    "https://a.example/": "has the character ':'",
    "x" * 64 + ".example": "has a label of 64 characters",
    "x." * 127 + "example": "the name has 261 characters",
    "com": "is a single label: it would match a whole top-level domain",
    "192.0.2.1": "looks like an address; addresses stand under `[[network]]`",
    "ü" * 4000: "characters, 253 are allowed",
}


@pytest.mark.parametrize(("text", "why"), ODD.items(), ids=[ascii(text)[:30] for text in ODD])
def test_refuses(text: str, why: str) -> None:
    assert why in pattern_fault(text)


@pytest.mark.parametrize("text", ["upd.acme.example", "xn--bcher-kva.example", "_dns.acme.example", "1.2.3.example"])
def test_takes_the_normal_form(text: str) -> None:
    assert pattern_fault(text) == ""


@given(text=st.text(max_size=80) | st.from_regex(r"[a-z0-9.*-]{1,30}", fullmatch=True))
def test_what_is_taken_is_its_own_normal_form(text: str) -> None:
    if not pattern_fault(text):
        assert host_name(text) == text
        assert "." in text


def test_a_long_name_of_other_letters_is_soon_answered() -> None:
    """Its A-label would take hours: the square of its length."""
    assert "characters, 253 are allowed" in pattern_fault("".join(map(chr, range(0x4E00, 0x9FFF))) * 20)


def test_the_nearest_word_is_offered_and_only_if_near() -> None:
    assert meant("updaet", ["store", "update"]) == "; did you mean 'update'?"
    assert meant("Update", ["store", "update"]) == "; did you mean 'update'?"
    assert meant("qqqq", ["store", "update"]) == ""
    assert meant("x", []) == ""


def test_a_long_word_among_many_is_soon_answered() -> None:
    assert meant("x" * 1_000_000, (f"word{n}" for n in range(10_000_000))) == ""
