"""What is loaded, counted and placed in time."""

from policy_fixtures import FULL, SALES, USE, USE_ENDS, small

from enforcer.policy.inventory import bans_at, subjects, vendors

GROUP = '[[group]]\nname = "g"\nsubnets = ["10.0.0.0/8"]\nsubjects = ["agency"]\n'


def test_bans_with_their_phase_their_next_change_and_who_adopted_them() -> None:
    agency, steps = bans_at(small(GROUP), SALES)
    assert (agency.phase, agency.groups) == (None, ("g",))
    assert (steps.phase and steps.phase.id, steps.groups) == ("sales", ("",))
    assert [one.coming and one.coming.at for one in (agency, steps)] == [USE, FULL]
    assert [one.coming for one in bans_at(small(), USE_ENDS)] == [None, None]


def test_vendors_are_counted() -> None:
    (acme,) = vendors(small())
    assert (acme.names, acme.domains, acme.traps, acme.networks) == (5, 2, 2, 4)
    assert acme.bans == ("xx-agency", "xx-steps")


def test_subjects_of_the_list_come_first_then_those_that_only_bans_know() -> None:
    found = subjects(small(GROUP), {"zz": "nobody", "us-person": "a person"})
    assert [(one.subject, one.title, one.bans, one.groups) for one in found] == [
        ("zz", "nobody", (), ()),
        ("us-person", "a person", ("xx-steps",), ("",)),
        ("agency", "", ("xx-agency",), ("g",)),
    ]
