"""Whom a change touches, and when."""

import pytest
from policy_fixtures import FULL, SALES, WAIVER, changed, small

from enforcer.model.calendar import Interval
from enforcer.model.verdict import Verdict
from enforcer.policy import compare_effect
from enforcer.policy.compare_effect import Comparer, Effect, everybody, joined
from enforcer.policy.compiled import Policy
from enforcer.policy.course import Course, Stretch, differing
from enforcer.policy.load import load
from enforcer.policy.track import FOREVER_AGO

ALLOW, OBSERVE, FLAG, BLOCK = Verdict
LATER = FULL + 31 * 86_400


def services(old: Policy, new: Policy, at: float | None = None) -> list[Effect]:
    return list(Comparer(old, new, at).services())


def told(effects: list[Effect]) -> list[tuple[tuple[str, ...], tuple[Stretch, ...], tuple[str, ...]]]:
    return [(one.what, one.stretches, one.whom) for one in effects]


MOVED = small(steps=("starts = 2021-01-01T00:00:00-05:00", "starts = 2021-02-01T00:00:00-05:00"))


def test_a_phase_that_moves_touches_whoever_the_ban_is_for() -> None:
    statutory = [one for one in services(small(), MOVED) if "this site" in one.whom]
    assert told(statutory) == [
        (("acme/update",), (Stretch(Interval(FULL, LATER), BLOCK, OBSERVE),), ("this site", "us-person")),
        (("acme/store",), (Stretch(Interval(FULL, LATER), BLOCK, FLAG),), ("this site", "us-person (statutory)")),
    ]
    assert not [one for one in services(small(), MOVED) if "agency" in " ".join(one.whom)]


def test_what_cannot_be_read_is_compared_too() -> None:
    unread = [one for one in services(small(), MOVED) if one.what == ("what cannot be read",)]
    assert told(unread) == [
        (
            ("what cannot be read",),
            (Stretch(Interval(FULL, LATER), BLOCK, FLAG),),
            ("us-person (protective)",),
        )
    ]


def test_at_an_instant_only_what_differs_then() -> None:
    assert services(small(), MOVED, FULL - 1) == []
    assert services(small(), MOVED, FULL)
    assert services(small(), MOVED, LATER - 1)
    assert services(small(), MOVED, LATER) == []


def test_other_subjects_are_touched() -> None:
    widened = small(steps=('subjects = ["us-person"]', 'subjects = ["us-person", "agency"]'))
    assert {one.whom for one in services(small(), widened)} == {
        ("agency",),
        ("agency (statutory)",),
        ("agency (protective)",),
    }


def test_equal_policies_touch_nobody() -> None:
    assert services(small(), small()) == []


def test_a_host_that_moves_is_judged_by_what_it_falls_under() -> None:
    old, new = small(), small(acme=('service = "store"', 'service = "update"'))
    (statutory,) = [
        one for one in Comparer(old, new, None).patterns([("name", "store.acme.example")]) if "this site" in one.whom
    ]
    assert statutory.stretches == (Stretch(Interval(SALES, FULL), FLAG, OBSERVE),)


def test_a_host_that_is_taken_out_falls_under_the_domain_above() -> None:
    new = small(acme=('"s1.upd.acme.example", "geo.acme.example"', '"s1.upd.acme.example"'))
    effects = Comparer(small(), new, FULL).patterns([("name", "geo.acme.example"), ("name", "s1.upd.acme.example")])
    ours = [one for one in effects if "this site" in one.whom]
    assert told(ours) == [
        (
            ("geo.acme.example",),
            (Stretch(Interval(FULL, None), BLOCK, OBSERVE),),
            ("this site", "us-person (statutory)"),
        )
    ]


def test_a_new_vendor_touches_by_its_patterns() -> None:
    files = changed()
    bare = {"vendors/acme.toml": files.pop("vendors/acme.toml")}
    effects = Comparer(load(bare), load({**bare, **files}), None).patterns([("domain", "upd.acme.example")])
    assert effects[0].what == ("upd.acme.example and below",)
    assert effects[0].stretches[0] == Stretch(Interval(FOREVER_AGO, FULL), ALLOW, OBSERVE)


def test_waivers_are_the_sites_and_nobody_elses() -> None:
    waived = small(WAIVER + 'services = ["update"]\n')
    (effect,) = services(small(), waived)
    assert effect.whom == ("this site",)


def test_everybody_is_the_site_its_groups_and_each_subject_in_both_profiles() -> None:
    policy = small('[[group]]\nname = "g"\nsubnets = ["10.0.0.0/8"]\n')
    assert [one.name for one in everybody(policy, policy)] == [
        "this site",
        "our group g",
        *["agency (statutory)", "agency (protective)", "us-person (statutory)", "us-person (protective)"],
    ]


def test_a_subject_in_both_profiles_is_told_once() -> None:
    assert joined(["a (statutory)", "b (statutory)", "a (protective)"]) == ("a", "b (statutory)")


def test_shapes_of_paths_are_judged_as_payloads() -> None:
    gone = small(acme=('"/index/u####g.xml", ', ""))
    found = Comparer(small(), gone, FULL).patterns([("payload", "/index/u####g.xml"), ("payload", "*/bases/*.kdc")])
    assert [one.what for one in found if "this site" in one.whom] == [("/index/u####g.xml",)]
    # Where a host of the service is blocked, a path is flagged.
    assert {(stretch.old, stretch.new) for one in found for stretch in one.stretches} == {(FLAG, ALLOW)}


def test_bodies_are_judged_as_payloads() -> None:
    more = small(acme=("paths = [", 'bodies = ["ACME"]\npaths = ['))
    found = Comparer(small(), more, FULL).patterns([("body", "ACME")])
    assert [one.what for one in found if "this site" in one.whom] == [("ACME",)]
    assert {(stretch.old, stretch.new) for one in found for stretch in one.stretches} == {(ALLOW, FLAG)}


def test_patterns_that_fall_under_the_same_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list may have a million."""
    asked: list[Course] = []

    def counted(old: Course, new: Course) -> tuple[Stretch, ...]:
        asked.append(old)
        return differing(old, new)

    monkeypatch.setattr(compare_effect, "differing", counted)
    old, new = small(), small(acme=('["upd.acme.example"]', '["upd.acme.test"]'))
    names = [("name", f"h{n}.upd.acme.test") for n in range(1_000)]
    effects = Comparer(old, new, None).patterns(names)
    assert {one.what for one in effects} == {tuple(name for _, name in names)}
    assert len(asked) == len(everybody(old, new))
