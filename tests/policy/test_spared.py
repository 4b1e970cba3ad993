"""The kernel stops by a lane exactly whom decide() stops, though a lane knows no addresses of clients."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from acme_fixtures import waiver
from policy_fixtures import FULL, USE, USE_ENDS, WAIVED, WAIVED_UNTIL, at_address, seen, small

from enforcer.model.calendar import Interval
from enforcer.model.members import Instant
from enforcer.model.pause import Pause
from enforcer.model.places import Spared
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.pausing import paused
from enforcer.policy.spared import is_spared, spared

LANE = "acme/update@"
BOTH = '[site]\nsubjects = ["us-person", "agency"]\n'
GROUP = '[[group]]\nname = "lab"\nsubnets = ["10.9.0.0/16"]\nprofile = "protective"\n'
CLIENTS = ("10.9.1.7", "10.9.200.7", "10.1.0.7", "10.1.2.7", "192.168.0.1", "2001:db8::7", "::ffff:10.1.2.7")
INSTANTS = [edge + off for edge in (USE, FULL, WAIVED, WAIVED_UNTIL, USE_ENDS) for off in (-1.0, 0.0, 1.0)]


def whom(*clients: str) -> str:
    return f"clients = [{', '.join(f'{one!r}' for one in clients)}]\n"


SITES = {
    "nobody is spared": "",
    "everybody is, by a lane of its own": waiver(scope='services = ["update"]\n'),
    "one network": waiver(scope=whom("10.1.2.0/24")),
    "one network, of another vendor's service": waiver(scope=whom("10.1.2.0/24") + 'services = ["store"]\n'),
    "one network, for a name": waiver(scope=whom("10.1.2.0/24") + 'names = ["upd.acme.example"]\n'),
    "a network in another, for longer": waiver(scope=whom("10.1.0.0/16"))
    + waiver("W-2", whom("10.1.2.0/24"), "2021-09-01T00:00:00Z"),
    "a group and a network": GROUP + waiver(scope=whom("lab", "10.1.2.0/24")),
    "a part of a group": GROUP + waiver(scope=whom("10.9.1.0/24")),
    "IPv6": waiver(scope=whom("2001:db8::/64")),
    "one of two bans": BOTH + waiver(scope=whom("10.1.2.0/24") + 'bans = ["xx-steps"]\n'),
    "both bans, each by its own": BOTH
    + waiver(scope=whom("10.1.0.0/16") + 'bans = ["xx-steps"]\n')
    + waiver("W-2", whom("10.1.2.0/24") + 'bans = ["xx-agency"]\n'),
}


def stops(policy: Policy, client: str, at: float) -> bool:
    """Whether the kernel stops a flow without a name to the vendor's own network."""
    key = f"{LANE}{policy.group(at_address(client)).name}"
    lane = next(lane for lane in policy.lanes if lane.key == key)
    address = at_address(client).address
    assert address is not None
    return any(at in one for one in lane.blocked) and not is_spared(policy, key, address, at)


@pytest.mark.parametrize("site", SITES.values(), ids=SITES.keys())
def test_the_kernel_stops_whom_the_judge_stops(site: str) -> None:
    policy = small(site)
    to = seen(address="192.0.2.200")
    for client in CLIENTS:
        for at in INSTANTS:
            judged = decide(policy, to, at_address(client), at).verdict is Verdict.BLOCK
            assert stops(policy, client, at) == judged, (client, at)


def test_only_while_it_would_be_stopped() -> None:
    network = ip_network("10.1.2.0/24")
    policy = small(waiver(scope=whom("10.1.2.0/24")))
    assert spared(policy)[LANE] == (Spared(network, (Interval(WAIVED, WAIVED_UNTIL),)),)
    early = waiver(scope=whom("10.1.2.0/24")).replace("2021-02-01T", "2020-02-01T")
    assert spared(small(early))[LANE] == (Spared(network, (Interval(FULL, WAIVED_UNTIL),)),)
    assert spared(small(waiver(scope='services = ["update"]\n'))) == {}


def test_a_pause_for_a_client_is_such_a_waiver() -> None:
    pause = Pause(
        id="pause-1",
        reason="a test",
        ticket="",
        asked_by="alice",
        since=Instant(FULL + 100),
        until=Instant(FULL + 200),
        clients=("10.1.2.7",),
        vendors=(),
    )
    policy = paused(small(), [pause])
    times = (FULL + 99, FULL + 100, FULL + 199, FULL + 200)
    assert [stops(policy, "10.1.2.7", at) for at in times] == [True, False, False, True]
    assert all(stops(policy, "10.1.2.8", at) for at in times)
    whole = paused(small(), [replace(pause, clients=())])
    assert spared(whole) == {}, "the lane itself knows it"
