from dataclasses import replace

from report_fixtures import report

from enforcer.audit.gap import Coverage
from enforcer.audit.report import Happened
from enforcer.audit.report_html_gaps import coverage_section


def told() -> Happened:
    happened = report().happened
    assert happened is not None
    return happened


def test_gaps_of_one_gateway_are_one_table_and_what_is_not_listed_is_counted() -> None:
    page = "".join(coverage_section(told()))
    assert page.count("<table") == 1
    assert "29 events lost" in page
    assert "And 2 more." in page
    assert "None of them" not in page


def test_none_and_trials() -> None:
    assert "No gap is known in this period." in "".join(coverage_section(replace(told(), coverage=Coverage(gaps=()))))
    assert list(coverage_section(replace(told(), coverage=None))) == []
