"""Which doors stand in the table, and where; tests/plan/test_ruleset.py has the text whole, tests/kernel the effect."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from enforcer.model.calendar import Interval, Lane
from enforcer.model.settings import Settings
from enforcer.model.ways import NO_DOORS, Doors, Treatment, Way, Ways
from enforcer.plan.doors import PREFIX, door_rules
from enforcer.plan.lane_rules import lane_rules

ADDRESS = ip_address("8.8.8.8")


def rules(settings: Settings | None = None, **ways: Any) -> str:
    doors = Doors(ways=Ways(**ways), resolvers=(ADDRESS,))
    sets, chains = door_rules(doors, settings or Settings())
    return "".join([*sets, *chains])


def test_nothing_stands_there_where_everything_is_allowed() -> None:
    assert door_rules(NO_DOORS, Settings()) == ([], [])


@pytest.mark.parametrize("way", [Way.DOT, Way.DOQ, Way.DOH, Way.RESOLVERS])
def test_each_door_stands_alone(way: Way) -> None:
    quiet: dict[str, Any] = {one.value: Treatment.ALLOW for one in (Way.DOT, Way.DOQ, Way.DOH, Way.RESOLVERS)}
    text = rules(**{**quiet, way.value: Treatment.BLOCK})
    assert text.count("goto bypass_") in (1, 2)
    assert f"chain bypass_{way.value} {{" in text
    assert text.count("goto reject_flow") == 1
    flagged = rules(**{**quiet, way.value: Treatment.FLAG})
    assert "reject_flow" not in flagged
    assert f'"bypass {way.value} flag"' in flagged


def test_the_gateways_own_traffic_passes_unless_it_is_meant() -> None:
    assert "chain bypass_output" not in rules()
    assert "chain bypass_output" in rules(gateway=True)
    host = rules(Settings(mode="host"))
    assert "chain bypass_output" in host
    assert "chain bypass_forward" not in host


def test_only_the_families_with_a_resolver_are_redirected_and_the_rest_is_told() -> None:
    text = rules(resolvers=Treatment.REDIRECT, redirect_to=(ip_address("10.0.0.53"),))
    assert "dnat ip to 10.0.0.53" in text
    assert "dnat ip6" not in text
    assert '"bypass resolvers flag"' in text
    assert "reject_flow" not in text


def test_a_doors_log_is_never_taken_for_a_lanes() -> None:
    assert PREFIX.fullmatch("bypass private_relay block")
    lane = lane_rules(0, Lane(key="bypass/dot@flag", blocked=(Interval(0.0),)), 0.0, 1)
    assert not PREFIX.fullmatch(lane.comment)


def test_clients_that_lie_in_others_stand_in_no_set_twice() -> None:
    """nft takes no set whose intervals overlap: the rules would not be put in place."""
    clients = ("10.1.0.0/16", "10.0.0.0/8", "fd00:1::/32", "fd00::/8", "192.0.2.1/32")
    doors = Doors(ways=Ways(dot=Treatment.BLOCK, exempt_clients=tuple(map(ip_network, clients))))
    sets, _ = door_rules(doors, Settings())
    elements = [line.strip() for one in sets for line in one.splitlines() if "elements" in line]
    assert elements == ["elements = { 10.0.0.0/8, 192.0.2.1/32 }", "elements = { fd00::/8 }"]
