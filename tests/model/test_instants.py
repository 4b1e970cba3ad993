from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.calendar import iso
from enforcer.model.instants import parse_instant

# The cut-off of the Commerce determination: 00:00 EDT on 29 September 2024.
CUT_OFF = 1727582400.0
NOW = 1_800_000_000.0

SPELLED = {
    "2024-09-29T00:00:00-04:00": CUT_OFF,
    "2024-09-29T04:00:00Z": CUT_OFF,
    "2024-09-29t04:00:00z": CUT_OFF,
    "2024-09-29 04:00Z": CUT_OFF,
    "2024-09-29T09:30:00+05:30": CUT_OFF,
    "2024-09-29T04:00:00.25Z": CUT_OFF + 0.25,
    "2024-09-29": CUT_OFF - 4 * 3600,
    " 2024-09-29 ": CUT_OFF - 4 * 3600,
}
RELATIVE = {"now": NOW, "90s": NOW - 90, "30m": NOW - 1800, "24h": NOW - 86400, "7d": NOW - 604800, "2w": NOW - 1209600}
REFUSED = {
    "2024-09-29T00:00:00": "has no offset: write 2024-09-29T00:00:00Z",
    "29.09.2024": "is no instant: write 2024-09-29T00:00:00-04:00",
    "2024-13-01": "month must be in 1..12",
    "2024-09-29T24:00:00Z": "hour must be in 0..23",
    "2016-12-31T23:59:60Z": "second must be in 0..59",
    "2024-09-29T00:00:00-04:99": "an offset's minutes are 00 to 59",
    "2024-09-29T00:00:00-24:00": "offset",
    "0001-01-01T00:00:00+01:00": "the year must be in 1970..9999",
    "1969-12-31": "the year must be in 1970..9999",
    "٢٠٢٤-09-29": "is no instant",
    "": "is no instant",
    "24h": "is no instant",
    "now": "is no instant",
}


@pytest.mark.parametrize(("text", "want"), SPELLED.items())
def test_reads_every_spelling(text: str, want: float) -> None:
    assert parse_instant(text) == want
    assert parse_instant(text, now=NOW) == want


@pytest.mark.parametrize(("text", "want"), RELATIVE.items())
def test_reads_what_is_relative_to_now(text: str, want: float) -> None:
    assert parse_instant(text, now=NOW) == want


def test_refuses_what_reaches_back_beyond_1970() -> None:
    assert parse_instant("100s", now=100.0) == 0
    with pytest.raises(ValueError, match="'999999w' before now is before 1970"):
        parse_instant("999999w", now=NOW)


@pytest.mark.parametrize(("text", "why"), REFUSED.items())
def test_refuses_with_the_right_spelling(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_instant(text)


# Hypothesis takes bounds without a zone and adds it itself.
@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_reads_back_what_iso_writes(moment: datetime) -> None:
    assert parse_instant(iso(moment.timestamp())) == moment.timestamp()


@given(st.text())
def test_raises_only_value_error(text: str) -> None:
    try:
        parse_instant(text, now=NOW)
    except ValueError as fault:
        assert str(fault)
