"""The shipped policies as everybody loads them, and the rows of facts that they are held to."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.decision import Decision
from enforcer.model.names import host_name
from enforcer.model.observation import NOBODY, How, Observation
from enforcer.policy.ban import Ban
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.load import load

DATA = Path(__file__).parent / "data"


def facts(name: str) -> list[dict[str, str]]:
    """The rows of a table of facts; see data/README.md."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@cache
def shipped() -> dict[str, str]:
    return read_policies(shipped_policies())


@cache
def site(*subjects: str, profile: str = "statutory") -> Policy:
    """The shipped policies on a site of these subjects; none is the shipped default site."""
    if not subjects and profile == "statutory":
        return load(shipped())
    words = ", ".join(f'"{subject}"' for subject in subjects or ("us-person",))
    return load(shipped(), f'[site]\nsubjects = [{words}]\nprofile = "{profile}"\n')


def bans() -> tuple[Ban, ...]:
    return site().bans


def instant(text: str) -> float:
    """Seconds since 1970 of a time written with its offset."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return moment.timestamp()


def ask(policy: Policy, name: str, at: float) -> Decision:
    return decide(policy, Observation(how=How.DNS, names=(host_name(name),)), NOBODY, at)


def found(name: str) -> Decision:
    """What the name is put down to, whatever its verdict: `vendor`, `service` and `pattern`, or `trap`, or nothing."""
    return ask(site(), name, instant("2026-06-30T00:00:00+00:00"))


def probes(row: dict[str, str]) -> Iterator[str]:
    """The names that a row of facts speaks of: itself, and for a suffix something below that nobody would list."""
    yield row["domain"]
    if row["match"] == "suffix":
        yield f"zz-probe.{row['domain']}"
