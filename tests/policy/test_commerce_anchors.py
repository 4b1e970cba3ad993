"""The story of the 2024 determination as a private US site is told it, by the shipped files.

The whole table, each service on both sides of each boundary, is in policies/tests. Here is what goes beyond a phase:
the reasons, what is coming, and what is not Kaspersky at all.
"""

from datetime import datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import pytest

from enforcer.edge.files import read_policies
from enforcer.model.decision import Decision
from enforcer.model.names import host_name
from enforcer.model.observation import NOBODY, How, Observation
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.load import load

BAN = "us-commerce-kaspersky-2024"
FULL = "2024-09-29T00:00:00-04:00"
INSTRUMENT = "aligned with 89 FR 52434"


@cache
def policy(profile: str) -> Policy:
    files = read_policies(Path(__file__).parents[2] / "policies")
    return load(files, f'[site]\nsubjects = ["us-person"]\nprofile = "{profile}"\nbans = ["{BAN}"]')


def ask(what: str, at: str, profile: str = "statutory") -> Decision:
    if what[0].isdigit():
        seen = Observation(how=How.ADDRESS, address=ip_address(what))
    else:
        seen = Observation(how=How.DNS, names=(host_name(what),))
    return decide(policy(profile), seen, NOBODY, datetime.fromisoformat(at).timestamp())


COMING = f"would block from 2024-09-29T04:00:00Z (phase full of {BAN})"
SENTENCES = {
    ("statutory", "s07.upd.kaspersky.com", "2024-06-19T23:59:59-04:00"): (
        f"update host of Kaspersky: observe (no phase of {BAN} is in force yet, {INSTRUMENT}); {COMING}"
    ),
    ("protective", "s07.upd.kaspersky.com", "2024-09-28T23:59:59-04:00"): (
        f"update host of Kaspersky: observe from 2024-07-20T04:00:00Z (phase new-agreements of {BAN}, {INSTRUMENT}); "
        f"{COMING}"
    ),
    ("statutory", "dnl-03.geo.kaspersky.com", FULL): (
        f"update host of Kaspersky: block from 2024-09-29T04:00:00Z (phase full of {BAN}, {INSTRUMENT})"
    ),
    ("statutory", "store.kaspersky.com", "2024-07-20T00:00:00-04:00"): (
        f"store host of Kaspersky: flag from 2024-07-20T04:00:00Z (phase new-agreements of {BAN}, {INSTRUMENT}); "
        f"{COMING}"
    ),
    ("protective", "store.kaspersky.com", "2024-07-20T00:00:00-04:00"): (
        f"store host of Kaspersky: block from 2024-07-20T04:00:00Z (phase new-agreements of {BAN}, {INSTRUMENT}); "
        "our choice by the protective profile, the statutory one would flag"
    ),
    ("protective", "opentip.kaspersky.com", FULL): (
        f"threat-intel host of Kaspersky: allow (exempt from {BAN}: Kaspersky Threat Intelligence, Security Training, "
        f"and consulting that is purely informational or educational; {INSTRUMENT})"
    ),
    ("protective", "telemetry.kaspersky.com", FULL): (
        f"telemetry host of Kaspersky: flag from 2024-09-29T04:00:00Z (phase full of {BAN}, {INSTRUMENT}); "
        "not more, because the confidence in this host is low"
    ),
    ("protective", "77.74.176.10", FULL): (
        "address in a network of Kaspersky (other): "
        f"observe from 2024-09-29T04:00:00Z (phase full of {BAN}, {INSTRUMENT})"
    ),
    ("protective", "kasperskyupdate.com", FULL): (
        "look-alike of Kaspersky, not Kaspersky: maltrail lists it under the Barium group (malware/apt_barium)"
    ),
    ("protective", "notkaspersky.com", FULL): "no restricted vendor",
}


@pytest.mark.parametrize(("question", "reason"), SENTENCES.items(), ids=[" ".join(key) for key in SENTENCES])
def test_the_reason(question: tuple[str, str, str], reason: str) -> None:
    profile, what, at = question
    assert ask(what, at, profile).reason == reason


@pytest.mark.parametrize("at", ["2024-01-01T00:00:00Z", "2024-06-21T00:00:00Z", "2024-07-20T03:59:59Z"])
@pytest.mark.parametrize("name", ["dnl-03.geo.kaspersky.com", "dc1.ksn.kaspersky-labs.com", "www.kaspersky.com"])
def test_until_july_20_everything_is_only_watched(name: str, at: str) -> None:
    for profile in ("statutory", "protective"):
        assert ask(name, at, profile).verdict.word == "observe"


@pytest.mark.parametrize(
    "name",
    [
        *("kasperskyupdate.com", "kaspersky-lab.org", "gc.kis.v2.scr.kaspersky-labs.com", "mx12.kaspersky-labs.com"),
        *("ultraav.com", "www.checkpoint.com", "notkaspersky.com", "kaspersky.com.example.org", "mykaspersky-labs.com"),
    ],
)
def test_what_is_not_the_product_passes_and_is_not_put_down_to_the_vendor(name: str) -> None:
    decision = ask(name, "2024-10-15T12:00:00Z", "protective")
    assert decision.verdict.word in ("allow", "observe")
    assert (decision.vendor, decision.service, decision.ban, decision.lane) == (None, None, None, None)


def test_the_clock_times_are_marked_as_the_sources_allow() -> None:
    (ban,) = [one for one in policy("statutory").bans if one.id == BAN]
    assert [(phase.id, phase.clock) for phase in ban.phases] == [
        ("announced", "assumed"),
        ("new-agreements", "assumed"),
        ("full", "stated"),
    ]
    assert ban.wording == "aligned with"
