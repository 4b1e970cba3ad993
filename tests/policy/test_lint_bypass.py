"""Findings about ways around DNS."""

from datetime import date

from bypass_fixtures import BYPASS, ways
from policy_fixtures import FILES

from enforcer.policy.lint_bypass import lint_bypass
from enforcer.policy.load import load

LONG_AGO = date(2020, 1, 1)


def found(site: str, oldest: date = LONG_AGO, **more: dict[str, str]) -> list[tuple[str, str]]:
    return [(one.rule, one.path) for one in lint_bypass(load(FILES, site, **more).bypass, "enforcer.toml", oldest)]  # type: ignore[arg-type]


def test_a_set_that_has_every_way_is_clean_until_it_is_old() -> None:
    assert found(ways("block"), bypass=BYPASS) == []
    assert found(ways("block"), date(2026, 7, 1), bypass=BYPASS) == [("stale", "verified_on")]


def test_what_is_to_be_stopped_and_cannot_be_known_is_told() -> None:
    by_name = ("canary", "private_relay", "designated_resolvers", "doh", "httpdns", "resolvers")
    assert found(ways("block")) == [("idle-way", f"bypass.{way}") for way in by_name]
    assert found(ways("flag")) == []
    assert found(ways("block", "resolvers") + "any_resolver = true\n") == []
    assert found(ways("block", "dot")) == []
