from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.contact import LogFault
from enforcer.audit.log_time import Dating, epoch

BERLIN = ZoneInfo("Europe/Berlin")
CUT_OFF = 1727582400.0


def test_the_year_is_the_latest_that_is_not_after_the_files_last_change() -> None:
    dating = Dating(newest=datetime(2025, 1, 1, 0, 5, tzinfo=UTC).timestamp())
    assert dating.without_year("Dec", "31", "23:59:59") == datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
    assert dating.without_year("Jan", " 1".strip(), "00:00:01") == datetime(2025, 1, 1, 0, 0, 1, tzinfo=UTC).timestamp()


def test_a_leap_day_is_found_years_back() -> None:
    dating = Dating(newest=datetime(2027, 3, 1, tzinfo=UTC).timestamp())
    assert dating.without_year("Feb", "29", "12:00:00") == datetime(2024, 2, 29, 12, tzinfo=UTC).timestamp()


def test_a_time_without_offset_is_in_the_zone_with_its_summer_time() -> None:
    dating = Dating(newest=CUT_OFF + 86400, zone=BERLIN)
    assert dating.without_year("Sep", "29", "06:00:00") == CUT_OFF
    assert dating.whole("2024", "Sep", "29", "06:00:00.250") == CUT_OFF + 0.25
    assert dating.iso("2024-09-29T06:00:00") == CUT_OFF
    assert dating.whole("2024", "Dec", "29", "05:00:00") == datetime(2024, 12, 29, 4, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text", ["2024-09-29T04:00:00Z", "2024-09-29T04:00:00+0000", "2024-09-29T00:00:00-04:00", "2024-09-29 04:00:00"]
)
def test_iso_in_every_spelling(text: str) -> None:
    assert Dating(newest=0.0).iso(text) == CUT_OFF


@pytest.mark.parametrize(
    ("month", "day", "clock"), [("Foo", "1", "00:00:00"), ("Feb", "30", "00:00:00"), ("Sep", "29", "24:00:00")]
)
def test_no_time_is_a_fault(month: str, day: str, clock: str) -> None:
    with pytest.raises(LogFault):
        Dating(newest=CUT_OFF).without_year(month, day, clock)
    with pytest.raises(LogFault):
        Dating(newest=CUT_OFF).whole("2024", month, day, clock)


@pytest.mark.parametrize("text", ["", "-", "nan", "inf", "-1", "1e99", None, [], 10**400])
def test_no_epoch_is_a_fault(text: object) -> None:
    with pytest.raises(LogFault):
        epoch(text)


_moments = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 (naive: given a zone below)


@given(_moments, st.integers(0, 360), st.integers(-14 * 60, 14 * 60))
def test_a_line_of_the_year_before_the_change_keeps_its_time(moment: datetime, days: int, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    at = moment.replace(microsecond=0, tzinfo=zone)
    dating = Dating(newest=at.timestamp() + days * 86400, zone=zone)
    assert dating.without_year(at.strftime("%b"), str(at.day), at.strftime("%H:%M:%S")) == at.timestamp()
