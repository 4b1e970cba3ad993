"""When phases begin and end, and how a law writes its days."""

import pytest
from policy_fixtures import ANNOUNCED, FULL, SALES, USE, USE_ENDS, at, small

from enforcer.policy.boundaries import boundaries, local, local_day, next_boundary


def test_each_start_and_each_stated_end_once() -> None:
    agency, steps = small().bans
    assert [(one.at, one.before and one.before.id, one.after and one.after.id) for one in boundaries(steps)] == [
        (ANNOUNCED, None, "announced"),
        (SALES, "announced", "sales"),
        (FULL, "sales", "full"),
    ]
    assert [(one.at, one.before and one.before.id, one.after and one.after.id) for one in boundaries(agency)] == [
        (USE, None, "use"),
        (USE_ENDS, "use", None),
    ]


def test_a_gap_has_two_boundaries() -> None:
    gap = ('starts = 2020-01-01T00:00:00-05:00\nclock = "assumed"', "")
    ends = "starts = 2020-01-01T00:00:00-05:00\nends = 2020-03-01T00:00:00-05:00\nclock = 'assumed'"
    steps = small(steps=(gap[0], ends)).bans[1]
    assert [(one.before and one.before.id, one.after and one.after.id) for one in boundaries(steps)][1:3] == [
        ("announced", None),
        (None, "sales"),
    ]


def test_they_are_written_in_the_offset_of_the_file() -> None:
    agency, steps = small().bans
    assert [one.local for one in boundaries(steps)] == [
        "2020-01-01T00:00:00-05:00",
        "2020-07-01T00:00:00-04:00",
        "2021-01-01T00:00:00-05:00",
    ]
    assert boundaries(agency)[1].local == "2021-10-01T00:00:00-04:00"


def test_an_end_keeps_the_offset_it_is_written_with() -> None:
    agency = small(agency=("ends = 2021-10-01T00:00:00-04:00", "ends = 2021-10-01T09:30:00+05:30")).bans[0]
    assert boundaries(agency)[1].local == "2021-10-01T09:30:00+05:30"


def test_the_next_is_strictly_later() -> None:
    steps = small().bans[1]
    found = [next_boundary(steps, when) for when in (ANNOUNCED - 1, ANNOUNCED, FULL - 1, FULL)]
    assert [one and one.at for one in found] == [ANNOUNCED, SALES, FULL, None]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-09-29T00:00:00-04:00", "2024-09-29"),
        ("2024-09-29T12:00:00+05:30", "2024-09-29 12:00+05:30"),
        ("2024-02-29T23:59:59+13:00", "2024-02-29 23:59:59+13:00"),
    ],
)
def test_a_midnight_is_told_as_its_day(text: str, day: str) -> None:
    hours, minutes = int(text[19:22]), int(text[23:25])
    offset = hours * 3600 + minutes * 60
    assert local_day(at(text), offset) == day
    assert local(at(text), offset) == text
