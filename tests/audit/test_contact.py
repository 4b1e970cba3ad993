import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.contact import MAX_ESCAPED, MAX_LINKS, address, names, port


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("WWW.Example.COM.", "www.example.com"),
        ("odd name.example", "odd\\032name.example"),
        ("odd\\032name.example", "odd\\032name.example"),
        ("tel\u212a.example", "tel\\226\\132\\170.example"),
        ("a\x00b.example", "a\\000b.example"),
    ],
)
def test_a_name_is_read_as_the_wires_reader_would(text: str, name: str) -> None:
    assert names([text]) == (name,)


@pytest.mark.parametrize("text", ["", ".", "a..b", ".a", "x" * 2000])
def test_what_is_no_name_is_none(text: str) -> None:
    assert names([text]) == ()
    assert names([text, "www.example.com"]) == ()


def test_links_that_are_no_names_fall_out_and_none_stands_twice() -> None:
    assert names(["a.example", "", "b.example", "a.example"]) == ("a.example", "b.example")
    assert len(names([f"n{n}.example" for n in range(100)])) == MAX_LINKS


@given(st.lists(st.text() | st.none() | st.integers(), max_size=5))
def test_no_text_is_too_odd(texts: list[object]) -> None:
    assert all(name.isascii() and len(name) <= MAX_ESCAPED for name in names(texts))


def test_addresses_and_ports_or_nothing() -> None:
    assert str(address("2001:DB8::1")) == "2001:db8::1"
    assert address("-") is address(None) is address(7) is None
    assert (port("53"), port(443), port("-"), port(None), port(70000), port("-1")) == (53, 443, None, None, None, None)
