"""policies/tests/: what each ban says on both sides of each of its boundaries, typed a second time from its text."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address
from typing import Any

import pytest
from pack_fixtures import shipped, site

from enforcer.edge.files import shipped_policies
from enforcer.model.decision import Decision
from enforcer.model.names import host_name
from enforcer.model.observation import Client, How, Observation
from enforcer.model.verdict import Profile
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.load import load

FOLDER = shipped_policies() / "tests"
FILES = sorted(path.stem for path in FOLDER.glob("*.toml"))
WITHOUT_HOSTS = {"us-fascsa-acronis-2025"}
"""Nothing can be asked: no host of the vendor is known."""
KEYS = {"at", "profile", "client", "names", "addresses", "verdict", "phase", "reason", "subjects", "bans", "ban"}
BAN_FILES = {tomllib.loads(text)["ban"]: text for file, text in shipped().items() if not file.startswith("vendors/")}


@dataclass(frozen=True)
class Question:
    """One name or address of one case, in one profile."""

    case: dict[str, Any]
    profile: str
    observation: Observation

    @property
    def client(self) -> Client:
        return Client(address=ip_address(self.case["client"])) if "client" in self.case else Client()

    def answer(self) -> Decision:
        policy = adopted(tuple(self.case["subjects"]), tuple(self.case.get("bans", ())), self.profile)
        return decide(policy, self.observation, self.client, self.case["at"].timestamp())


@cache
def adopted(subjects: tuple[str, ...], bans: tuple[str, ...], profile: str) -> Policy:
    lines = ["[site]", f"subjects = {list(subjects)}", f"bans = {list(bans)}", f'profile = "{profile}"']
    return load(needed(bans) if bans else shipped(), "\n".join(lines))


def needed(bans: tuple[str, ...]) -> dict[str, str]:
    """The ban files and their vendors' files: what a site that adopts no more can be told anything by."""
    vendors = {vendor for ban in bans for vendor in tomllib.loads(BAN_FILES[ban])["vendors"]}
    return {
        **{f"{ban}.toml": BAN_FILES[ban] for ban in bans},
        **{f"vendors/{vendor}.toml": shipped()[f"vendors/{vendor}.toml"] for vendor in vendors},
    }


@cache
def cases(file: str) -> list[dict[str, Any]]:
    table = tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf-8"))
    assert set(table) == {"defaults", "case"}
    return [{**table["defaults"], **case} for case in table["case"]]


def questions(file: str) -> Iterator[Question]:
    for case in cases(file):
        assert set(case) <= KEYS
        seen = [Observation(how=How.DNS, names=(host_name(name),)) for name in case.get("names", [])]
        seen += [Observation(how=How.ADDRESS, address=ip_address(one)) for one in case.get("addresses", [])]
        assert seen
        for profile in [case["profile"]] if "profile" in case else list(Profile):
            yield from (Question(case, str(profile), observation) for observation in seen)


@cache
def boundaries(ban: str) -> tuple[datetime, ...]:
    phases = tomllib.loads(BAN_FILES[ban])["phase"]
    edges = [phase["starts"] for phase in phases] + [phase["ends"] for phase in phases if "ends" in phase]
    return tuple(sorted(set(edges)))


def services(ban: str) -> set[tuple[str, str]]:
    """The vendor and service of each host that the ban is about."""
    vendors = tomllib.loads(BAN_FILES[ban])["vendors"]
    return {(one.id, hosts.service) for one in site().vendors if one.id in vendors for hosts in one.hosts}


@pytest.mark.parametrize("file", FILES)
def test_the_ban_says_what_its_cases_say(file: str) -> None:
    for question in questions(file):
        case, decision = question.case, question.answer()
        said = (decision.verdict.word, decision.ban, decision.phase or "")
        assert said == (case["verdict"], case["ban"], case["phase"]), f"{question}: {decision.reason}"
        assert case.get("reason", "") in decision.reason


def test_every_ban_has_cases() -> None:
    assert set(FILES) == set(BAN_FILES) - WITHOUT_HOSTS


@pytest.mark.parametrize("ban", sorted(set(BAN_FILES) - WITHOUT_HOSTS))
def test_every_boundary_is_asked_on_both_sides_for_every_service(ban: str) -> None:
    """To the second, with the offset that the ban file itself gives."""
    asked: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for question in questions(ban):
        decision = question.answer()
        assert decision.vendor is not None
        assert decision.service is not None
        key = (question.case["at"].isoformat(), question.profile)
        asked.setdefault(key, set()).add((decision.vendor, decision.service))
    for edge in boundaries(ban):
        for at in (edge - timedelta(seconds=1), edge):
            for profile in Profile:
                assert asked.get((at.isoformat(), str(profile))) == services(ban), f"{at}, {profile}"
