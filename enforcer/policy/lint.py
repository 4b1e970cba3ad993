"""What is loaded without a fault and is still not as it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from enforcer.policy.compiled import Policy
from enforcer.policy.lint_bans import lint_bans
from enforcer.policy.lint_bypass import lint_bypass
from enforcer.policy.lint_hosts import lint_hosts
from enforcer.policy.lint_payloads import lint_payloads
from enforcer.policy.lint_rules import Finding
from enforcer.policy.lint_site import lint_site
from enforcer.policy.lint_vendors import lint_vendors

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """In days."""

    verified_within: int = 365
    ending_within: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is not in the policy itself."""

    subjects: Mapping[str, str] = field(default_factory=dict)
    """The list of subjects; empty where there is none."""
    site_name: str = "enforcer.toml"


def lint(policy: Policy, at: float, beside: Beside, limits: Limits) -> tuple[Finding, ...]:
    """All findings, the gravest first, then by rule, file and place."""
    today = datetime.fromtimestamp(at, UTC).date()
    oldest = today - timedelta(days=limits.verified_within)
    found = [
        *lint_hosts(policy.patterns),
        *lint_vendors(policy.vendors, policy.bans, oldest),
        *lint_payloads(policy.vendors, policy.bans),
        *lint_bans(policy.bans, policy.vendors, beside.subjects, oldest=oldest, today=today),
        *lint_bypass(policy.bypass, beside.site_name, oldest),
        *lint_site(policy, beside.site_name, at, limits.ending_within * DAY),
    ]
    return tuple(sorted(found, key=lambda one: (-one.severity, one.rule, one.file, one.path, one.why)))
