from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.cli.options import is_day, read_address, read_instant, read_policy
from enforcer.model.calendar import iso
from enforcer.model.errors import EdgeError

GOOD = {
    "2024-09-29T00:00:00-04:00": "2024-09-29T04:00:00Z",
    "2024-09-29T04:00:00Z": "2024-09-29T04:00:00Z",
    "2024-09-29 04:00:00+00:00": "2024-09-29T04:00:00Z",
    "2024-09-29": "2024-09-29T00:00:00Z",
    "2024-02-29": "2024-02-29T00:00:00Z",
    "2024-03-10T02:30:00-05:00": "2024-03-10T07:30:00Z",
    "1970-01-01": "1970-01-01T00:00:00Z",
}


@pytest.mark.parametrize(("text", "instant"), GOOD.items())
def test_an_instant(text: str, instant: str) -> None:
    assert iso(read_instant(text)) == instant


SPELLINGS = "is no instant: write 2024-09-29T00:00:00-04:00, or 2024-09-29 for midnight UTC"
ODD = {
    "2024-09-29T00:00:00": "has no offset: write 2024-09-29T00:00:00Z for UTC, or 2024-09-29T00:00:00-04:00",
    "2024-09-29T00": SPELLINGS,
    "2023-02-29": "is no instant: day is out of range for month",
    "29.09.2024": SPELLINGS,
    "20240929": SPELLINGS,
    "2024-W39-7": SPELLINGS,
    "": SPELLINGS,
    "1969-12-31": "the year must be in 1970",
    "0001-01-01T00:00:00+23:59": "the year must be in 1970",
    "2500-01-01": "is outside the years 1970 to 2261",
    "9999-12-31T23:59:59-23:59": "the year must be in 1970",
}


@pytest.mark.parametrize(("text", "why"), ODD.items())
def test_an_odd_instant_is_refused_with_the_right_spelling(text: str, why: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        read_instant(text)
    assert why in caught.value.message


@given(text=st.text(max_size=40) | st.from_regex(r"[0-9TWZ:+. -]{1,30}", fullmatch=True) | st.datetimes().map(str))
def test_no_text_makes_it_raise_anything_else(text: str) -> None:
    try:
        iso(read_instant(text))
    except click.BadParameter:
        assert not is_day(text) or text not in GOOD


def test_an_address() -> None:
    assert str(read_address("2001:DB8::1")) == "2001:db8::1"
    for odd in ("10.1.2", "10.1.2.3/32", "", "fe80::1%eth0%x"):
        with pytest.raises(click.BadParameter):
            read_address(odd)


def test_the_shipped_policies_are_used_where_none_are_given(tmp_path: Path) -> None:
    assert "us-commerce-kaspersky-2024" in {ban.id for ban in read_policy(None, None).bans}
    with pytest.raises(EdgeError):
        read_policy(tmp_path, None)
