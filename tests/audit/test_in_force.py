"""What holds at a date, by the shipped policies and by sites of our own."""

import pytest

from enforcer.audit.in_force import InForce, in_force
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.instants import parse_instant
from enforcer.model.verdict import Verdict
from enforcer.policy.load import load

FILES = read_policies(shipped_policies())
BAN = "us-commerce-kaspersky-2024"
SITE = f'[site]\nbans = ["{BAN}"]\n'


def at(when: str, site: str = SITE) -> InForce:
    return in_force(load(FILES, site), parse_instant(when))


def verdict(now: InForce, service: str, group: int = 0) -> Verdict | None:
    return next((d.verdict for ban in now.groups[group].bans for d in ban.doings if service in d.services), None)


PHASES = {
    "2024-06-01": (None, "2024-06-20T04:00:00Z", "observe", "observe", "2024-07-20T04:00:00Z"),
    "2024-07-19": ("announced", "2024-07-20T04:00:00Z", "observe", "observe", "2024-07-20T04:00:00Z"),
    "2024-08-01": ("new-agreements", "2024-09-29T04:00:00Z", "flag", "observe", "2024-09-29T04:00:00Z"),
    "2024-09-29T03:59:59Z": ("new-agreements", "2024-09-29T04:00:00Z", "flag", "observe", "2024-09-29T04:00:00Z"),
    "2024-09-29T04:00:00Z": ("full", None, "block", "block", None),
}


@pytest.mark.parametrize(("when", "want"), PHASES.items())
def test_tells_the_phase_and_what_it_does(when: str, want: tuple[str | None, str | None, str, str, str | None]) -> None:
    phase, begins, store, update, change = want
    now = at(when)
    (ban,) = now.groups[0].bans
    assert (ban.phase.id if ban.phase else None) == phase
    assert ban.begins == (parse_instant(begins) if begins else None)
    assert verdict(now, "store") is Verdict[store.upper()]
    assert verdict(now, "update") is Verdict[update.upper()]
    assert now.next_change == (parse_instant(change) if change else None)


def test_tells_what_the_next_boundary_changes() -> None:
    now = at("2024-08-01")
    changes = {(one.service, one.before, one.after) for one in now.changes}
    assert ("update", Verdict.OBSERVE, Verdict.BLOCK) in changes
    assert ("store", Verdict.FLAG, Verdict.BLOCK) in changes
    assert {(one.ban, one.phase, one.group, one.vendor) for one in now.changes} == {(BAN, "full", "", "kaspersky")}
    assert "website" not in {one.service for one in now.changes}


def test_every_service_stands_in_one_place() -> None:
    services = [service for doing in at("2025-01-01").groups[0].bans[0].doings for service in doing.services]
    assert len(services) == len(set(services))
    assert {"update", "threat-intel", "website"} <= set(services)


def test_groups_stand_apart() -> None:
    site = SITE + '[[group]]\nname = "lab"\nsubnets = ["10.9.0.0/16"]\nprofile = "protective"\n'
    now = at("2024-08-01", site)
    assert [one.group.name for one in now.groups] == ["", "lab"]
    assert (verdict(now, "store", 0), verdict(now, "store", 1)) == (Verdict.FLAG, Verdict.BLOCK)


def test_a_waiver_is_a_change_too() -> None:
    site = SITE + (
        '[[waiver]]\nid = "W-1"\nreason = "r"\nticket = "T-1"\napprover = "a"\nservices = ["update"]\n'
        "starts = 2025-01-01T00:00:00Z\nends = 2025-02-01T00:00:00Z\nsoftens_to = 'flag'\n"
    )
    before, during = at("2024-12-01", site), at("2025-01-15", site)
    (change,) = before.changes
    assert (change.service, change.before, change.after, change.waiver) == (
        "update",
        Verdict.BLOCK,
        Verdict.FLAG,
        "W-1",
    )
    assert verdict(during, "update") is Verdict.FLAG
    assert during.next_change == parse_instant("2025-02-01")


def test_no_ban_for_these_subjects() -> None:
    now = at("2025-01-01", '[site]\nsubjects = ["ua-isp"]\n')
    assert all("us-person" not in ban.ban.subjects for ban in now.groups[0].bans)
