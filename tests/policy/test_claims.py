"""What bans say of one topic at one instant: exemption, phase, action, ceilings, waivers; and which decides."""

import pytest
from policy_fixtures import ANNOUNCED, FULL, SALES, USE, USE_ENDS, WAIVED, WAIVER, small

from enforcer.model.names import host_name
from enforcer.model.verdict import Profile, Verdict
from enforcer.policy.claims import Judgement, judge
from enforcer.policy.compiled import Policy
from enforcer.policy.topic import Topic

BLOCK, FLAG, OBSERVE, ALLOW = Verdict.BLOCK, Verdict.FLAG, Verdict.OBSERVE, Verdict.ALLOW
UPDATE, INTEL, MAYBE = "s2.upd.acme.example", "intel.acme.example", "maybe.acme.example"


def topic(policy: Policy, name: str) -> Topic:
    match = policy.match(host_name(name))
    assert match is not None
    assert match.topic is not None
    return match.topic


def judged(policy: Policy, name: str, at: float, profile: Profile = Profile.STATUTORY) -> Judgement:
    """By all bans of the small world, with all waivers."""
    return judge(policy.bans[::-1], topic(policy, name), profile, policy.site.waivers, at)


def test_without_bans_nothing_is_claimed() -> None:
    policy = small()
    said = judge([], topic(policy, UPDATE), Profile.STATUTORY, (), FULL)
    assert (said.verdict, said.claim) == (ALLOW, None)


@pytest.mark.parametrize(
    ("name", "at", "verdict", "ban", "phase"),
    [
        (UPDATE, ANNOUNCED - 1, OBSERVE, "xx-steps", None),
        (UPDATE, SALES, OBSERVE, "xx-steps", "sales"),
        (UPDATE, USE, BLOCK, "xx-agency", "use"),
        (UPDATE, FULL, BLOCK, "xx-steps", "full"),
        (UPDATE, USE_ENDS, BLOCK, "xx-steps", "full"),
        (INTEL, SALES, OBSERVE, "xx-agency", None),
        (INTEL, USE, BLOCK, "xx-agency", "use"),
        (INTEL, USE_ENDS, ALLOW, "xx-steps", None),
        (MAYBE, FULL, FLAG, "xx-steps", "full"),
    ],
)
def test_the_strictest_decides(name: str, at: float, verdict: Verdict, ban: str, phase: str | None) -> None:
    said = judged(small(), name, at)
    assert said.claim is not None
    told = (said.verdict, said.claim.ban.id, said.claim.phase and said.claim.phase.id)
    assert told == (verdict, ban, phase)


def test_an_exemption_mutes_its_own_ban_only() -> None:
    exempt, held = judged(small(), INTEL, USE_ENDS), judged(small(), INTEL, USE)
    assert exempt.claim is not None
    assert exempt.claim.exemption is not None
    assert held.claim is not None
    assert held.claim.exemption is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('"in-force"', '"proposed"'), "the ban is proposed"),
        (('"in-force"', '"unconfirmed"'), "the ban is unconfirmed"),
        (('"vendor-prohibited"', '"proposed"'), "the ban is proposed"),
        (
            ('confidence = "high"\nsummary = "no updates"', 'confidence = "low"\nsummary = "no updates"'),
            "in this phase",
        ),
    ],
)
def test_what_is_uncertain_never_blocks_by_itself(change: tuple[str, str], why: str) -> None:
    said = judged(small(steps=change), UPDATE, USE_ENDS)
    assert said.verdict is FLAG
    assert said.claim is not None
    assert why in said.claim.lowered


def test_a_ban_that_is_certain_still_blocks_beside_one_that_is_not() -> None:
    said = judged(small(steps=('"in-force"', '"proposed"')), UPDATE, FULL)
    assert said.claim is not None
    assert (said.verdict, said.claim.ban.id, said.claim.lowered) == (BLOCK, "xx-agency", "")


def test_the_lowest_ceiling_is_the_one_told() -> None:
    policy = small(steps=('"in-force"', '"proposed"'))
    said = judged(policy, MAYBE, USE_ENDS)
    assert said.claim is not None
    assert (said.verdict, said.claim.lowered) == (FLAG, "the confidence in this host is low")


def waived(scope: str, softens_to: str = "flag") -> Policy:
    return small(WAIVER.replace('"flag"', f'"{softens_to}"') + scope)


@pytest.mark.parametrize(
    ("scope", "verdict", "waiver"),
    [
        ('vendors = ["acme"]', FLAG, "W-1"),
        ('bans = ["xx-steps", "xx-agency"]', FLAG, "W-1"),
        ('bans = ["xx-steps"]', BLOCK, None),
    ],
)
def test_a_waiver_for_a_ban_softens_that_ban_only(scope: str, verdict: Verdict, waiver: str | None) -> None:
    said = judged(waived(scope), UPDATE, WAIVED)
    assert (said.verdict, said.waiver and said.waiver.id) == (verdict, waiver)
    assert said.unwaived is BLOCK


def test_a_waiver_that_changed_the_result_is_told_though_another_ban_decides() -> None:
    # By the protective profile the first ban flags this service and the second, waived to allow, blocks it.
    policy = waived('bans = ["xx-agency"]', "allow")
    said = judged(policy, "www.acme.example", WAIVED, Profile.PROTECTIVE)
    assert said.claim is not None
    assert (said.verdict, said.claim.ban.id) == (FLAG, "xx-steps")
    assert said.waiver is not None
    assert said.waiver.id == "W-1"


def test_a_waiver_that_changes_nothing_is_not_told() -> None:
    said = judged(waived('vendors = ["acme"]', "observe"), "store.acme.example", SALES)
    assert said.waiver is not None  # it is active here since judge() is given active waivers only
    said = judged(waived('bans = ["xx-steps"]', "flag"), "www.acme.example", WAIVED)
    assert (said.verdict, said.waiver) == (FLAG, None)


def test_of_two_waivers_the_softer_counts_and_of_equals_the_first() -> None:
    two = WAIVER + 'vendors = ["acme"]' + WAIVER.replace("W-1", "W-2").replace('"flag"', '"{}"') + 'vendors = ["acme"]'
    softer, same = (
        judged(small(two.format("observe")), UPDATE, WAIVED),
        judged(small(two.format("flag")), UPDATE, WAIVED),
    )
    assert (softer.verdict, softer.waiver and softer.waiver.id) == (OBSERVE, "W-2")
    assert (same.verdict, same.waiver and same.waiver.id) == (FLAG, "W-1")
