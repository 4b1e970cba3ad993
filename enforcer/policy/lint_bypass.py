"""Findings about ways around DNS: old facts, and ways that the site wants stopped and nothing loaded can show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from enforcer.model.ways import BY_NAME, Treatment, Way
from enforcer.policy.bypass import Bypass
from enforcer.policy.lint_rules import Finding

_STOPS = (Treatment.BLOCK, Treatment.REDIRECT)


def lint_bypass(bypass: Bypass, site_name: str, oldest: date) -> Iterator[Finding]:
    """`oldest` is the first day that is not too long ago."""
    for file, day in bypass.verified:
        if day < oldest:
            why = f"verified on {day}, which is before {oldest}"
            yield Finding(rule="stale", file=file, path="verified_on", why=why)
    for way in BY_NAME:
        if bypass.ways.of(way) in _STOPS and not bypass.shows(way):
            yield _idle(site_name, way, "no name of this kind is loaded")
    listed = bypass.doors.resolvers or bypass.ways.any_resolver
    if bypass.ways.of(Way.RESOLVERS) in _STOPS and not listed:
        yield _idle(site_name, Way.RESOLVERS, "no address of a public resolver is loaded")


def _idle(site_name: str, way: Way, why: str) -> Finding:
    return Finding(rule="idle-way", file=site_name, path=f"bypass.{way.value}", why=why)
