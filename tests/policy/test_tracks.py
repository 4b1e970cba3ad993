"""Lanes: the kernel cuts a live flow exactly when the policy would block its next connection."""

import pickle

import pytest
from policy_fixtures import FULL, SALES, WAIVED, WAIVER, ask, at_address, small

from enforcer.model.calendar import Interval, Lane
from enforcer.model.observation import NOBODY

GROUP = '[[group]]\nname = "lab"\nsubnets = ["10.1.0.0/16"]\nprofile = "protective"\n'
UPDATE = "s2.upd.acme.example"


def test_one_lane_for_each_service_and_group_sorted() -> None:
    services = ("other", "store", "threat-intel", "update")
    assert [lane.key for lane in small(GROUP).lanes] == [
        f"acme/{service}@{group}" for service in services for group in ("", "lab")
    ]


def test_a_lane_holds_the_blocked_intervals_of_its_group() -> None:
    lanes = {lane.key: lane.blocked for lane in small(GROUP).lanes}
    assert lanes["acme/store@"] == (Interval(FULL, None),)
    assert lanes["acme/store@lab"] == (Interval(SALES, None),)
    assert lanes["acme/threat-intel@"] == ()


def lane(policy_site: str, name: str, address: str = "192.0.2.99") -> Lane | None:
    policy = small(policy_site)
    decision = ask(policy, name, WAIVED, at_address(address))
    return None if decision.lane is None else policy.lanes[decision.lane]


def test_a_decision_carries_the_lane_of_its_group() -> None:
    ours, lab = lane(GROUP, UPDATE), lane(GROUP, UPDATE, "10.1.0.1")
    assert ours is not None
    assert lab is not None
    assert (ours.key, lab.key) == ("acme/update@", "acme/update@lab")


def test_an_exempt_service_has_a_lane_that_never_blocks() -> None:
    found = lane("", "intel.acme.example")
    assert found == Lane(key="acme/threat-intel@", blocked=())


def test_a_host_that_is_never_blocked_is_in_no_lane_that_blocks() -> None:
    assert lane("", "maybe.acme.example") is None


def test_a_waiver_for_a_group_is_in_its_lane() -> None:
    found = lane(GROUP + WAIVER + 'clients = ["lab"]', UPDATE, "10.1.0.1")
    assert found is not None
    assert WAIVED not in found.blocked[0]
    ours = lane(GROUP + WAIVER + 'clients = ["lab"]', UPDATE)
    assert ours is not None
    assert WAIVED in ours.blocked[0]


@pytest.mark.parametrize(
    ("scope", "waived", "plain"),
    [
        ('names = ["s2.upd.acme.example"]', (UPDATE, "10.9.0.1"), ("s3.upd.acme.example", "10.9.0.1")),
        ('clients = ["10.9.0.0/16"]', (UPDATE, "10.9.0.1"), (UPDATE, "10.8.0.1")),
    ],
)
def test_a_flow_under_a_fine_waiver_is_in_no_lane(scope: str, waived: tuple[str, str], plain: tuple[str, str]) -> None:
    site = WAIVER + scope
    assert lane(site, *waived) is None
    found = lane(site, *plain)
    assert found is not None
    assert WAIVED in found.blocked[0]


def test_a_policy_that_was_pickled_judges_alike() -> None:
    policy = small(GROUP + WAIVER + 'names = ["s2.upd.acme.example"]')
    ask(policy, UPDATE, WAIVED)  # fills what is worked out on demand
    copy = pickle.loads(pickle.dumps(policy))  # noqa: S301 (our own bytes)
    for name in (UPDATE, "s3.upd.acme.example", "maybe.acme.example", "example.org"):
        assert ask(copy, name, WAIVED) == ask(policy, name, WAIVED)


def test_groups_of_one_mind_share_their_rulings() -> None:
    many = "".join(f'[[group]]\nname = "g{n}"\ninterfaces = ["eth{n}"]\n' for n in range(100))
    policy = small(many)
    match = policy.match(next(iter(policy.vendors[0].hosts[1].domains)))
    assert match is not None
    assert match.topic is not None
    tracks = [policy.track(group, match.topic, NOBODY) for group in policy.site.groups]
    assert len({id(track.rulings) for track in tracks}) == 1
    assert len({track.lane for track in tracks}) == 101
