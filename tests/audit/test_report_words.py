import pytest

from enforcer.audit.report_words import WIDTH, duration, moment, number, percent, wrapped

DURATIONS = {
    0: "0 s",
    59.6: "1 min",
    61: "1 min 1 s",
    7200: "2 h",
    7380: "2 h 3 min",
    86400: "1 d",
    90061: "1 d 1 h",
    86460: "1 d",
}


@pytest.mark.parametrize(("seconds", "want"), DURATIONS.items())
def test_durations(seconds: float, want: str) -> None:
    assert duration(seconds) == want


def test_an_instant_is_told_to_the_second_before() -> None:
    assert moment(1727582400.999) == "2024-09-29T04:00:00Z"


def test_what_is_not_all_is_not_told_as_all() -> None:
    assert [percent(part) for part in (1, 1 - 1e-9, 0.9999, 0.5, 0.0)] == [
        *("100.00 %", "99.99 %", "99.99 %", "50.00 %", "0.00 %")
    ]


def test_one_and_many() -> None:
    assert (number(1, "contact"), number(2000, "contact")) == ("1 contact", "2,000 contacts")


def test_a_paragraph_fits_and_a_name_is_not_torn() -> None:
    lines = wrapped("word " * 40 + "x" * 90, "- ", "  ")
    assert all(len(line) <= WIDTH for line in lines[:-1])
    assert lines[-1] == "  " + "x" * 90
