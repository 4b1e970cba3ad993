from policy_fixtures import ANNOUNCED, FULL, SALES, USE, USE_ENDS, WAIVED, WAIVED_UNTIL, WAIVER, small

from enforcer.model.observation import NOBODY


def test_boundaries_are_those_of_the_adopted_bans_and_the_waivers() -> None:
    assert small().boundaries == (ANNOUNCED, SALES, FULL)
    site = '[site]\nsubjects = ["agency"]\n' + WAIVER + 'vendors = ["acme"]'
    assert small(site).boundaries == (USE, WAIVED, WAIVED_UNTIL, USE_ENDS)


def test_a_group_adopts_the_bans_that_bind_it() -> None:
    policy = small('[[group]]\nname = "bureau"\nmacs = ["02:00:5e:10:00:01"]\nsubjects = ["agency", "us-person"]')
    ours, bureau = policy.site.groups
    assert [ban.id for ban in policy.adopted(ours)] == ["xx-steps"]
    assert [ban.id for ban in policy.adopted(bureau)] == ["xx-agency", "xx-steps"]


def test_a_site_that_names_its_bans_adopts_these_in_its_order() -> None:
    policy = small('[site]\nsubjects = ["agency", "us-person"]\nbans = ["xx-steps", "xx-agency"]')
    assert [ban.id for ban in policy.adopted(policy.group(NOBODY))] == ["xx-steps", "xx-agency"]
    policy = small('[site]\nsubjects = ["agency", "us-person"]\nbans = ["xx-agency"]')
    assert [ban.id for ban in policy.adopted(policy.group(NOBODY))] == ["xx-agency"]


def test_bans_and_vendors_are_sorted_by_id() -> None:
    policy = small()
    assert [ban.id for ban in policy.bans] == ["xx-agency", "xx-steps"]
    assert [vendor.id for vendor in policy.vendors] == ["acme"]
