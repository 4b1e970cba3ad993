"""One policy at two times, two policies at one time."""

from event_fixtures import event
from policy_verbs_fixtures import FILES, changed
from pytest import MonkeyPatch

from enforcer.audit import simulate
from enforcer.audit.simulate import at_two_times, by_two_policies
from enforcer.model.verdict import Verdict
from enforcer.policy.load import load

FULL = 1593576000.0
"""2020-07-01T00:00:00-04:00"""
CONTACTS = [
    event(name="geo.acme.example", at=FULL - 86400, count=3),
    event(name="store.acme.example", at=FULL - 86400),
    event(name="store.acme.example", at=FULL + 86400),
    event(name="intel.acme.example", at=FULL),
    event(name="scr.upd.acme.example", at=FULL),
    event(kind="start", name="", at=FULL),
]


def test_every_contact_is_judged_twice_whatever_its_own_time() -> None:
    found = at_two_times(load(FILES), CONTACTS, FULL - 1, FULL)
    assert [(row.names.few, row.before.word, row.after.word, row.contacts, row.phase) for row in found.rows] == [
        (["geo.acme.example"], "observe", "block", 3, "full"),
        (["store.acme.example"], "observe", "flag", 2, "full"),
    ]
    assert (found.alike, found.unjudged) == ({Verdict.ALLOW: 2}, 1)


def test_the_same_day_twice_changes_nothing() -> None:
    assert at_two_times(load(FILES), CONTACTS, FULL, FULL).rows == ()


def test_remembering_is_bounded_and_changes_no_result(monkeypatch: MonkeyPatch) -> None:
    whole = at_two_times(load(FILES), CONTACTS * 3, FULL - 1, FULL)
    monkeypatch.setattr(simulate, "MAX_REMEMBERED", 1)
    assert at_two_times(load(FILES), CONTACTS * 3, FULL - 1, FULL) == whole


def test_two_policies_judge_each_contact_at_its_own_time() -> None:
    new = load(changed("steps.toml", "starts = 2020-07-01T00:00:00-04:00", "starts = 2020-06-01T00:00:00-04:00"))
    found = by_two_policies(load(FILES), new, CONTACTS)
    assert [(row.names.few, row.before.word, row.after.word, row.contacts) for row in found.rows] == [
        (["geo.acme.example"], "observe", "block", 3),
        (["store.acme.example"], "observe", "flag", 1),
    ]
    assert found.alike == {Verdict.FLAG: 1, Verdict.ALLOW: 2}
