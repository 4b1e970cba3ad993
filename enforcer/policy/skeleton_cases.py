"""The skeleton of a case file: every question that coverage asks for, with the answers left to the author."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.model.verdict import SERVICES
from enforcer.policy.ban import Ban
from enforcer.policy.boundaries import Boundary, boundaries, local
from enforcer.policy.compiled import Policy
from enforcer.policy.vendor import Vendor


def cases_skeleton(policy: Policy, ban: Ban) -> str:
    """A case for each side of each boundary, with a name or address of each service."""
    things = [thing for vendor in policy.vendors if vendor.id in ban.vendors for thing in _things(policy, vendor)]
    cases = [_case(boundary, before, things) for boundary in boundaries(ban) for before in (True, False)]
    return "\n".join([_head(ban), *cases])


def _head(ban: Ban) -> str:
    return f"""\
# Cases of {ban.id}.
# Type the verdicts from the text of the law, not from the ban file: where the two differ, one is wrong.
# Take the mark `#> ` off and write the value. Names whose answers differ, or differ by profile, go into a case of their
# own: copy the case, and give it `profile = "statutory"` or "protective" where only one of them says so.
# `enforcer policy test --require-coverage` tells what is wrong, and what was not asked.

[defaults]
subjects = ["{ban.subjects[0]}"]
bans = ["{ban.id}"]
ban = "{ban.id}"
"""


def _case(boundary: Boundary, before: bool, things: list[tuple[str, str, str]]) -> str:
    phase = boundary.before if before else boundary.after
    lines = ["[[case]]", f"at = {local(boundary.at - before, boundary.offset)}"]
    for key in ("names", "addresses"):
        found = [f'    "{thing}", # {what}' for kind, thing, what in things if kind == key]
        lines += [f"{key} = [", *found, "]"] if found else []
    where = f"in {phase.id}" if phase else "in no phase"
    lines += [f'# {where}; a name whose service is exempt has the phase "" too', "#> verdict =", "#> phase =", ""]
    return "\n".join(lines)


def _things(policy: Policy, vendor: Vendor) -> Iterator[tuple[str, str, str]]:
    """For each service something that falls under it: the key, the name or address, and what it is."""
    for service in (service for service in SERVICES if service in vendor.services):
        what = f"{service} of {vendor.id}"
        found = next(_names(policy, vendor, service), "")
        if found:
            yield "names", found, what
        else:
            rows = [row for row in vendor.networks if row.service == service]
            if rows:
                yield "addresses", str(rows[0].prefixes[0].network_address), what


def _names(policy: Policy, vendor: Vendor, service: str) -> Iterator[str]:
    """Sure hosts first; a longer pattern of another service may hold a domain's own name."""
    for row in sorted(vendor.hosts, key=lambda one: one.confidence == "low"):
        if row.service != service:
            continue
        for pattern in (*row.names, *row.domains):
            match = policy.match(pattern)
            if match and match.topic and (match.topic.vendor, match.topic.service) == (vendor.id, service):
                yield pattern
