"""Service against action at an instant."""

from policy_fixtures import ANNOUNCED, FULL, SALES, USE, WAIVED, WAIVER, small

from enforcer.model.verdict import Profile, Verdict
from enforcer.policy.day import Table, chosen, day, in_force
from enforcer.policy.site import Group

BOTH = '[site]\nsubjects = ["us-person", "agency"]\n'


def lines(table: Table) -> dict[str, tuple[list[str], str]]:
    """For each service what each ban says, and what results."""
    return {
        line.service: (
            ["exempt" if claim.exemption else claim.verdict.word for claim in line.claims],
            line.result.verdict.word,
        )
        for line in table.lines
    }


def test_columns_are_the_adopted_bans_and_the_strictest_results() -> None:
    policy = small(BOTH)
    acme, unread = day(policy, policy.site.groups[0], USE)
    assert [ban.id for ban in acme.bans] == ["xx-agency", "xx-steps"]
    assert lines(acme) == {
        "update": (["block", "observe"], "block"),
        "store": (["block", "flag"], "block"),
        "threat-intel": (["block", "exempt"], "block"),
        "other": (["flag", "observe"], "flag"),
    }
    assert unread.vendor is None
    assert lines(unread) == {"": (["observe", "observe"], "observe")}


def test_services_stand_in_the_order_of_reports_and_hostless_ones_apart() -> None:
    policy = small(steps=('services = ["threat-intel"]', 'services = ["threat-intel", "vpn"]'))
    (acme, _) = day(policy, policy.site.groups[0], FULL)
    assert [line.service for line in acme.lines] == ["update", "store", "threat-intel", "other"]
    assert acme.hostless == ("vpn",)


def test_only_some_bans_have_columns_but_all_adopted_ones_make_the_result() -> None:
    policy = small()
    agency = next(ban for ban in policy.bans if ban.id == "xx-agency")
    (acme, _) = day(policy, policy.site.groups[0], USE, [agency])
    assert lines(acme)["store"] == (["block"], "flag"), "the agency's ban is not ours"


def test_without_an_adopted_ban_there_is_no_table() -> None:
    assert day(small(), Group(subjects=()), FULL) == ()


def test_the_result_is_under_the_waivers_and_the_claims_are_not() -> None:
    policy = small(WAIVER + 'services = ["update"]\n')
    (acme, _) = day(policy, policy.site.groups[0], WAIVED)
    update = next(line for line in acme.lines if line.service == "update")
    assert update.claims[0].verdict is Verdict.BLOCK
    assert (update.result.verdict, update.result.waiver) == (Verdict.FLAG, "W-1")


def test_tells_what_the_profile_adds_to_the_text() -> None:
    policy = small()
    protective = Group(subjects=("us-person",), profile=Profile.PROTECTIVE)
    for group, found in ((protective, {"store"}), (policy.site.groups[0], set())):
        (acme, _) = day(policy, group, SALES)
        assert {line.service for line in acme.lines if chosen(line.claims[0])} == found


def test_the_result_before_everything_tells_what_comes() -> None:
    policy = small()
    (acme, _) = day(policy, policy.site.groups[0], ANNOUNCED - 1)
    assert {line.result.would_block_from for line in acme.lines if line.service == "update"} == {FULL}


def test_waivers_in_force_for_some_or_all_of_the_group() -> None:
    groups = '[[group]]\nname = "g"\nsubnets = ["10.0.0.0/8"]\n'
    policy = small(groups + WAIVER + 'clients = ["g"]\n')
    site, ours = policy.site.groups
    assert [len(in_force(policy, group, WAIVED)) for group in (site, ours)] == [0, 1]
    assert in_force(policy, ours, WAIVED - 1) == ()
    by_address = small(groups + WAIVER + 'clients = ["192.0.2.0/24"]\n')
    assert len(in_force(by_address, by_address.site.groups[0], WAIVED)) == 1


def test_somebody_who_is_not_of_the_site_has_none_of_its_waivers() -> None:
    policy, somebody = small(WAIVER + 'services = ["update"]\n'), Group(profile=Profile.PROTECTIVE)
    (acme, _) = day(policy, somebody, WAIVED)
    assert lines(acme)["update"] == (["block"], "block")
    assert in_force(policy, somebody, WAIVED) == ()
