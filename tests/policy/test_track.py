"""Rulings over all of time: their starts, what they say is coming, and the intervals they block."""

from policy_fixtures import ANNOUNCED, FULL, SALES, USE, USE_ENDS, WAIVED, WAIVED_UNTIL, WAIVER, small

from enforcer.model.calendar import Interval
from enforcer.model.names import host_name
from enforcer.model.observation import NOBODY
from enforcer.policy.compiled import Policy
from enforcer.policy.track import FOREVER_AGO, Track, blocked, instants

BOTH = '[site]\nsubjects = ["us-person", "agency"]\n'


def track(policy: Policy, name: str) -> Track:
    match = policy.match(host_name(name))
    assert match is not None
    assert match.topic is not None
    return policy.track(policy.group(NOBODY), match.topic, NOBODY, host_name(name))


def verdicts(one: Track) -> list[tuple[float, str]]:
    return [(ruling.starts, ruling.verdict.word) for ruling in one.rulings]


def test_a_ruling_for_each_phase_from_before_all_time() -> None:
    assert verdicts(track(small(), "store.acme.example")) == [
        (FOREVER_AGO, "observe"),
        (ANNOUNCED, "observe"),
        (SALES, "flag"),
        (FULL, "block"),
    ]


def test_the_rulings_of_two_bans_are_one_sequence() -> None:
    assert verdicts(track(small(BOTH), "store.acme.example")) == [
        (FOREVER_AGO, "observe"),
        (ANNOUNCED, "observe"),
        (SALES, "flag"),
        (USE, "block"),
        (USE_ENDS, "block"),
    ]


def test_each_ruling_says_what_comes_next() -> None:
    told = [(one.would_block_from, one.next_change) for one in track(small(), "store.acme.example").rulings]
    assert told == [(FULL, SALES), (FULL, SALES), (FULL, FULL), (None, None)]


def test_what_is_never_blocked_says_so() -> None:
    told = [(one.would_block_from, one.next_change) for one in track(small(), "www.acme.example").rulings]
    assert set(told) == {(None, None)}


def test_a_waiver_opens_a_gap_that_closes_by_itself() -> None:
    one = track(small(WAIVER + 'vendors = ["acme"]'), "store.acme.example")
    assert verdicts(one)[-3:] == [(FULL, "block"), (WAIVED, "flag"), (WAIVED_UNTIL, "block")]
    assert one.at(WAIVED).would_block_from == WAIVED_UNTIL
    assert blocked(one.rulings) == (Interval(FULL, WAIVED), Interval(WAIVED_UNTIL, None))


def test_neighbouring_blocks_are_one_interval() -> None:
    assert blocked(track(small(BOTH), "store.acme.example").rulings) == (Interval(USE, None),)


def test_at_looks_up_half_open_intervals() -> None:
    one = track(small(), "store.acme.example")
    assert [one.at(t).verdict.word for t in (FOREVER_AGO, SALES - 1e-6, SALES, FULL - 1e-6, FULL, float("inf"))] == [
        *("observe", "observe", "flag", "flag", "block", "block"),
    ]
    assert one.at(float("nan")) in one.rulings


def test_every_edge_is_an_instant_once() -> None:
    policy = small(WAIVER + 'vendors = ["acme"]')
    assert instants(policy.bans, policy.site.waivers) == [
        *(ANNOUNCED, SALES, USE, FULL, WAIVED, WAIVED_UNTIL, USE_ENDS),
    ]
