"""decide(): tables of verdict and reason, both sides of each boundary, and the laws that hold for any policy."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from policy_fixtures import (
    AGENCY,
    ANNOUNCED,
    FILES,
    FULL,
    SALES,
    USE,
    USE_ENDS,
    WAIVED,
    WAIVED_UNTIL,
    WAIVER,
    ask,
    at_address,
    seen,
    small,
)

from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import NOBODY, Client, How, Observation
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.load import load

UPDATE, STORE, INTEL = "s2.upd.acme.example", "store.acme.example", "intel.acme.example"
PROTECTIVE = '[site]\nprofile = "protective"\n'
BOTH = '[site]\nsubjects = ["us-person", "agency"]\n'


def told(decision: Decision) -> tuple[str, str | None, str | None]:
    return decision.verdict.word, decision.ban, decision.phase


@pytest.mark.parametrize(
    ("site", "name", "at", "before", "from_"),
    [
        ("", STORE, ANNOUNCED, ("observe", "xx-steps", None), ("observe", "xx-steps", "announced")),
        ("", STORE, SALES, ("observe", "xx-steps", "announced"), ("flag", "xx-steps", "sales")),
        (PROTECTIVE, STORE, SALES, ("observe", "xx-steps", "announced"), ("block", "xx-steps", "sales")),
        ("", UPDATE, SALES, ("observe", "xx-steps", "announced"), ("observe", "xx-steps", "sales")),
        ("", UPDATE, FULL, ("observe", "xx-steps", "sales"), ("block", "xx-steps", "full")),
        (BOTH, UPDATE, USE, ("observe", "xx-steps", "sales"), ("block", "xx-agency", "use")),
        (BOTH, INTEL, USE, ("observe", "xx-agency", None), ("block", "xx-agency", "use")),
        (BOTH, INTEL, USE_ENDS, ("block", "xx-agency", "use"), ("allow", "xx-agency", None)),
        (BOTH, UPDATE, USE_ENDS, ("block", "xx-agency", "use"), ("block", "xx-steps", "full")),
    ],
)
def test_both_sides_of_each_boundary(
    site: str, name: str, at: float, before: tuple[object, ...], from_: tuple[object, ...]
) -> None:
    policy = small(site)
    assert told(ask(policy, name, at - 1)) == before
    assert told(ask(policy, name, at)) == from_


def test_a_decision_tells_everything() -> None:
    decision = ask(small(), UPDATE, SALES)
    assert decision == Decision(
        verdict=Verdict.OBSERVE,
        reason=decision.reason,
        revision=small().revision,
        starts=SALES,
        name=HostName(UPDATE),
        link=0,
        vendor="acme",
        service="update",
        pattern="upd.acme.example",
        ban="xx-steps",
        phase="sales",
        citations=("1 XX 1", "Doc 1"),
        would_block_from=FULL,
        next_change=FULL,
        lane=decision.lane,
    )
    assert decision.lane is not None


def test_what_no_rule_is_about_is_allowed() -> None:
    assert ask(small(), "example.org", FULL) == small().nothing
    assert decide(small(), seen(), NOBODY, FULL) == small().nothing


def test_a_look_alike_is_recorded_and_never_put_down_to_the_vendor() -> None:
    decision = ask(small(), "acme-update.example", FULL)
    assert (decision.verdict, decision.trap) == (Verdict.OBSERVE, "look-alike: malware host")
    assert (decision.vendor, decision.service, decision.ban, decision.lane) == (None, None, None, None)


def test_a_trap_wins_over_the_vendors_longer_reach_and_passes() -> None:
    decision = ask(small(), "me.scr.upd.acme.example", FULL)
    assert (decision.verdict, decision.vendor) == (Verdict.ALLOW, None)
    assert decision.pattern == "scr.upd.acme.example"


CHAINS = {
    "the strictest link": ((STORE, UPDATE), SALES, 0, "flag"),
    "wherever it stands": (("example.org", "www.acme.example", UPDATE), FULL, 2, "block"),
    "the first of equals": ((UPDATE, "s3.upd.acme.example"), FULL, 0, "block"),
    "of equals the soonest to be blocked": (("www.acme.example", UPDATE), SALES, 1, "observe"),
    "a vendor's link behind a trap": (("scr.upd.acme.example", UPDATE), FULL, 1, "block"),
    "a trap alone": (("example.org", "scr.upd.acme.example"), FULL, 1, "allow"),
}


@pytest.mark.parametrize(("names", "at", "link", "verdict"), CHAINS.values(), ids=CHAINS.keys())
def test_the_link_that_decides(names: tuple[str, ...], at: float, link: int, verdict: str) -> None:
    decision = ask(small(), names, at)
    assert (decision.link, decision.name, decision.verdict.word) == (link, names[link], verdict)


def test_a_chain_tells_the_soonest_block_of_any_link() -> None:
    policy = small(steps=('flag = ["store"]', 'flag = ["other"]'))
    decision = ask(policy, ("www.acme.example", UPDATE), SALES)
    assert (decision.name, decision.verdict, decision.would_block_from) == ("www.acme.example", Verdict.FLAG, FULL)
    assert decision.lane is not None
    assert policy.lanes[decision.lane].key == "acme/update@"


def test_a_chain_changes_when_its_strictest_does() -> None:
    # The store is flagged from SALES, so a look-alike's observe changes nothing then or later until FULL.
    assert ask(small(), ("acme-update.example", STORE), ANNOUNCED).next_change == SALES
    assert ask(small(), ("acme-update.example", STORE), SALES).next_change == FULL
    assert ask(small(), ("acme-update.example", "www.acme.example"), SALES).next_change is None


@pytest.mark.parametrize(
    ("address", "at", "verdict", "pattern"),
    [
        ("192.0.2.1", FULL, "observe", "192.0.2.0/24"),
        ("192.0.2.200", FULL, "block", "192.0.2.128/25"),
        ("192.0.2.200", FULL - 1, "observe", "192.0.2.128/25"),
        ("198.51.100.1", FULL, "flag", "198.51.100.0/24"),
        ("2001:db8::1", FULL, "observe", "2001:db8::/32"),
        ("203.0.113.1", FULL, "allow", None),
    ],
)
def test_an_address_is_the_second_net(address: str, at: float, verdict: str, pattern: str | None) -> None:
    decision = decide(small(PROTECTIVE), seen(address=address), NOBODY, at)
    assert (decision.verdict.word, decision.pattern) == (verdict, pattern)


def test_a_name_tells_more_than_the_address() -> None:
    decision = decide(small(), seen("example.org", address="192.0.2.200"), NOBODY, FULL)
    assert decision == small().nothing


@pytest.mark.parametrize(
    ("site", "at", "verdict"),
    [
        ("", ANNOUNCED - 1, "allow"),
        ("", ANNOUNCED, "allow"),
        ("", SALES, "observe"),
        (PROTECTIVE, SALES, "flag"),
        (PROTECTIVE, FULL, "block"),
        ("[site]\nsubjects = []\n", FULL, "allow"),
        (PROTECTIVE + WAIVER + 'clients = ["10.0.0.0/8"]', WAIVED, "flag"),
        (PROTECTIVE + WAIVER + 'vendors = ["acme"]', WAIVED, "block"),
    ],
)
def test_what_cannot_be_read_is_a_decision_too(site: str, at: float, verdict: str) -> None:
    decision = decide(small(site), seen(undecodable="cut short"), at_address("10.0.0.1"), at)
    assert (decision.verdict.word, decision.undecodable) == (verdict, "cut short")
    assert (decision.vendor, decision.lane) == (None, None)


def test_a_name_beside_something_unreadable_is_judged_too() -> None:
    decision = decide(small(), seen(UPDATE, undecodable="two names"), NOBODY, FULL)
    assert (decision.verdict, decision.vendor) == (Verdict.BLOCK, "acme")


GROUPS = """
[[group]]
name = "bureau"
subnets = ["10.1.0.0/16"]
subjects = ["agency"]
[[group]]
name = "careful"
subnets = ["10.2.0.0/16"]
profile = "protective"
"""


@pytest.mark.parametrize(
    ("address", "name", "at", "verdict"),
    [
        ("10.3.0.1", STORE, SALES, "flag"),
        ("10.2.0.1", STORE, SALES, "block"),
        ("10.1.0.1", STORE, SALES, "observe"),
        ("10.1.0.1", INTEL, FULL, "block"),
        ("10.3.0.1", INTEL, FULL, "allow"),
    ],
)
def test_each_group_is_judged_by_its_own_bans_and_profile(address: str, name: str, at: float, verdict: str) -> None:
    assert ask(small(GROUPS), name, at, at_address(address)).verdict.word == verdict


@pytest.mark.parametrize(
    ("at", "verdict", "waiver"),
    [
        (WAIVED - 1, "block", None),
        (WAIVED, "flag", "W-1"),
        (WAIVED_UNTIL - 1, "flag", "W-1"),
        (WAIVED_UNTIL, "block", None),
    ],
)
@pytest.mark.parametrize("scope", ['vendors = ["acme"]', 'names = ["upd.acme.example"]', 'clients = ["10.0.0.0/8"]'])
def test_a_waiver_softens_between_its_instants(scope: str, at: float, verdict: str, waiver: str | None) -> None:
    decision = ask(small(WAIVER + scope), UPDATE, at, at_address("10.0.0.1"))
    assert (decision.verdict.word, decision.waiver) == (verdict, waiver)


# The laws, for any of the small world's names, at any time.

NAMES = st.sampled_from(
    [
        *(UPDATE, STORE, INTEL, "www.acme.example", "maybe.acme.example", "example.org"),
        *("acme-update.example", "x.scr.upd.acme.example", "s1.upd.acme.example"),
    ]
)
EDGES = (ANNOUNCED, SALES, USE, FULL, WAIVED, WAIVED_UNTIL, USE_ENDS)
TIMES = st.floats(0, 4e9) | st.builds(lambda edge, by: edge + by, st.sampled_from(EDGES), st.integers(-2, 2))
SITES = st.sampled_from(["", PROTECTIVE, BOTH, BOTH + 'profile = "protective"\n'])
SCOPES = st.sampled_from(
    [
        *('vendors = ["acme"]', 'services = ["update"]', 'bans = ["xx-steps"]', 'names = ["upd.acme.example"]'),
        *('clients = ["10.0.0.0/8"]', 'clients = ["10.0.0.0/8"]\nservices = ["store"]\nnames = ["acme.example"]'),
    ]
)
SOFTER = st.sampled_from(["allow", "observe", "flag"])
CLIENTS = st.sampled_from([NOBODY, at_address("10.0.0.1"), at_address("fd00::1")])
_worlds: dict[tuple[str, ...], Policy] = {}


def world(site: str, *leave_out: str) -> Policy:
    """Loaded once each."""
    key = (site, *leave_out)
    if key not in _worlds:
        _worlds[key] = load({name: text for name, text in FILES.items() if name not in leave_out}, site)
    return _worlds[key]


@given(site=SITES, scope=SCOPES, softens_to=SOFTER, name=NAMES, client=CLIENTS, at=TIMES)
def test_a_waiver_never_hardens(site: str, scope: str, softens_to: str, name: str, client: Client, at: float) -> None:
    waiver = WAIVER.replace('"flag"', f'"{softens_to}"') + scope
    plain, waived = ask(world(site), name, at, client), ask(world(site + waiver), name, at, client)
    assert waived.verdict <= plain.verdict
    assert (waived.waiver is not None) == (waived.verdict < plain.verdict)
    if waived.waiver:
        assert WAIVED <= at < WAIVED_UNTIL
    else:
        assert waived.verdict is plain.verdict


@given(profile=st.sampled_from(["statutory", "protective"]), names=st.lists(NAMES, max_size=3), at=TIMES)
def test_adding_a_ban_never_softens(profile: str, names: list[str], at: float) -> None:
    site = f'{BOTH}profile = "{profile}"\n'
    alone = '[site]\nsubjects = ["us-person"]\n' + f'profile = "{profile}"\n'
    one = ask(world(alone, "xx/agency.toml"), names, at)
    assert ask(world(site), names, at).verdict >= one.verdict


@given(site=SITES, name=NAMES, at=TIMES)
def test_an_exemption_mutes_its_own_ban_only(site: str, name: str, at: float) -> None:
    exemption = '[[exemption]]\nservices = ["{}"]\ntext = "t"\nsources = ["law"]\n[[phase]]'
    alone = ask(world(site, "xx/steps.toml"), name, at) if "agency" in site else None
    for service in ("update", "store"):
        key = (site, "exempt", service)
        if key not in _worlds:
            text = FILES["xx/steps.toml"].replace("[[phase]]", exemption.format(service), 1)
            _worlds[key] = load({**FILES, "xx/steps.toml": text}, site)
        muted, plain = ask(_worlds[key], name, at), ask(world(site), name, at)
        if plain.service != service:
            assert muted._replace(revision="", reason="") == plain._replace(revision="", reason="")
        elif alone:
            assert muted.verdict == alone.verdict
        else:
            assert muted.verdict is Verdict.ALLOW


@given(site=SITES, scope=SCOPES, names=st.lists(NAMES, max_size=3), client=CLIENTS, at=TIMES)
def test_what_is_told_of_the_future_comes_true(
    site: str, scope: str, names: list[str], client: Client, at: float
) -> None:
    policy = world(site + WAIVER + scope)
    now = ask(policy, names, at, client)
    later = [t for t in policy.boundaries if t > at]
    verdicts = {t: ask(policy, names, t, client).verdict for t in later}
    assert now.next_change == next((t for t in later if verdicts[t] is not now.verdict), None)
    blocks = None if now.verdict is Verdict.BLOCK else next((t for t in later if verdicts[t] is Verdict.BLOCK), None)
    assert now.would_block_from == blocks


@given(site=SITES, scope=SCOPES, name=NAMES, client=CLIENTS, at=TIMES, when=TIMES)
def test_a_lane_blocks_exactly_when_the_decision_would(
    site: str, scope: str, name: str, client: Client, at: float, when: float
) -> None:
    policy = world(site + WAIVER + scope)
    lane = ask(policy, name, at, client).lane
    assume(lane is not None)
    assert lane is not None
    blocked = any(when in interval for interval in policy.lanes[lane].blocked)
    assert blocked == (ask(policy, name, when, client).verdict is Verdict.BLOCK)


@given(names=st.lists(NAMES, min_size=1, max_size=4), at=TIMES)
def test_a_chain_is_as_strict_as_its_strictest_link(names: list[str], at: float) -> None:
    policy = world(PROTECTIVE)
    assert ask(policy, names, at).verdict == max(ask(policy, name, at).verdict for name in names)


@given(
    names=st.lists(st.text(max_size=300).map(HostName) | NAMES.map(HostName), max_size=4),
    undecodable=st.none() | st.text(),
    address=st.none() | st.ip_addresses(),
    client=st.builds(
        Client,
        address=st.none() | st.ip_addresses(),
        mac=st.none() | st.text(),
        interface=st.none() | st.text(),
    ),
    at=st.floats(allow_nan=True, allow_infinity=True),
)
def test_no_input_makes_it_raise(
    names: list[HostName], undecodable: str | None, address: object, client: Client, at: float
) -> None:
    seen_ = Observation(how=How.TLS, names=tuple(names), address=address, undecodable=undecodable)  # type: ignore[arg-type]
    policy = world(PROTECTIVE + WAIVER + 'names = ["upd.acme.example"]')
    decision = decide(policy, seen_, client, at)
    assert decision.reason
    assert decision.verdict < Verdict.BLOCK or decision.ban


def test_an_event_is_judged_by_its_own_time_in_any_order() -> None:
    policy = small(BOTH)
    times = [t + by for t in EDGES for by in (-1, 0, 1)]
    forwards = [ask(policy, STORE, t) for t in times]
    assert [ask(policy, STORE, t) for t in reversed(times)] == forwards[::-1]


def test_the_agency_ban_alone_binds_only_agencies() -> None:
    policy = load({"vendors/acme.toml": FILES["vendors/acme.toml"], "xx/agency.toml": AGENCY})
    assert ask(policy, UPDATE, USE).verdict is Verdict.ALLOW


@given(site=SITES, name=NAMES, at=TIMES)
def test_a_decision_tells_from_when_it_holds(site: str, name: str, at: float) -> None:
    policy = world(site)
    decision = ask(policy, name, at)
    assert decision.starts <= at
    if decision.starts > 0:
        assert ask(policy, name, decision.starts) == decision
        assert ask(policy, name, decision.starts - 1) != decision
