"""What must be asked of a ban, and what was not."""

from policy_fixtures import small

from enforcer.policy.case_coverage import Coverage, coverage
from enforcer.policy.case_file import read_cases
from enforcer.policy.cases import ask

HEAD = '[defaults]\nsubjects = ["agency"]\nverdict = "observe"\n'
ALL = '["s1.upd.acme.example", "store.acme.example", "intel.acme.example", "acme.example"]'
SIDES = (
    "2020-09-30T23:59:59-04:00",
    "2020-10-01T00:00:00-04:00",
    "2021-09-30T23:59:59-04:00",
    "2021-10-01T00:00:00-04:00",
)


def case(at: str, names: str = ALL, more: str = "") -> str:
    return f"[[case]]\nat = {at}\nnames = {names}\n{more}"


def covered(*cases: str) -> Coverage:
    """Of the agency's ban: one phase with an end, so two boundaries; four services, two profiles."""
    policy = small()
    answers = list(ask(policy, read_cases({"t.toml": HEAD + "".join(cases)})))
    return coverage(policy.vendors, [ban for ban in policy.bans if ban.id == "xx-agency"], answers)


def holes(found: Coverage) -> list[tuple[str, bool, str, tuple[str, ...], bool]]:
    return [
        (
            one.boundary.local,
            one.before,
            one.profile.value,
            tuple(name.partition("/")[2] for name in one.services),
            one.every,
        )
        for one in found.holes
    ]


def test_everything_asked_leaves_no_hole() -> None:
    found = covered(*map(case, SIDES))
    assert (found.needed, found.asked, found.holes) == (32, 32, ())
    assert (found.phases, found.unasked) == (1, ())


def test_a_side_that_nobody_asked_is_a_hole_in_each_profile() -> None:
    found = covered(*map(case, SIDES[1:]))
    every = ("other", "store", "threat-intel", "update")
    assert holes(found) == [
        ("2020-10-01T00:00:00-04:00", True, "statutory", every, True),
        ("2020-10-01T00:00:00-04:00", True, "protective", every, True),
    ]
    assert found.asked == 24


def test_a_service_or_a_profile_that_nobody_asked_is_a_hole() -> None:
    some = '["s1.upd.acme.example", "store.acme.example", "acme.example"]'
    found = covered(*map(case, SIDES[:3]), case(SIDES[3], some), case(SIDES[3], ALL, 'profile = "statutory"\n'))
    assert holes(found) == [("2021-10-01T00:00:00-04:00", False, "protective", ("threat-intel",), False)]


def test_only_the_very_second_and_the_own_offset_count() -> None:
    for other in ("2020-10-01T00:00:01-04:00", "2020-10-01T04:00:00+00:00"):
        found = covered(case(SIDES[0]), case(other), *map(case, SIDES[2:]))
        assert {(at, before) for at, before, *_ in holes(found)} == {("2020-10-01T00:00:00-04:00", False)}
        assert found.unasked == ()


def test_a_question_that_another_ban_decided_does_not_count() -> None:
    both = 'subjects = ["agency", "us-person"]\nbans = ["xx-steps"]\n'
    found = covered(case(SIDES[1], ALL, both))
    assert (found.asked, found.unasked) == (0, (("xx-agency", "use"),))


def test_a_ban_whose_vendor_has_no_host_needs_nothing() -> None:
    policy = small()
    found = coverage([], policy.bans, [])
    assert (found.needed, found.phases, found.holes, found.unasked) == (0, 0, (), ())
