"""What of a client's flows is handed to a flowtable, as text; tests/vm/flowtable.py has the effect on a kernel."""

from ipaddress import ip_address
from typing import Any

import pytest

from enforcer.model.marks import Marks
from enforcer.model.settings import Settings
from enforcer.model.ways import NO_DOORS, Doors, Treatment, Ways
from enforcer.plan.doors import watched
from enforcer.plan.masked import Masked
from enforcer.plan.offload import flowtables, offload_chains
from enforcer.plan.ruleset import ruleset

M = Masked(Marks())
RESOLVER = ip_address("8.8.8.8")


def text(**more: Any) -> str:
    return ruleset([], Settings(), shift=0.0, native_queue=False, generation="g", **more)


def test_without_interfaces_nothing_of_it_stands_there() -> None:
    assert (flowtables([]), list(offload_chains(M, [], ["th dport 9"]))) == ([], [])
    assert text() == text(flowtable=())
    assert "flowtable" not in text()
    assert "offload" not in text()


def test_all_else_of_the_table_is_the_same_with_it() -> None:
    added = [line for line in text(flowtable=["lan"]).splitlines() if line not in text().splitlines()]
    assert added == [
        "\tflowtable passed {",
        "\t\thook ingress priority filter",
        '\t\tdevices = { "lan" }',
        "\t\tcounter",
        "\tchain offload_forward {",
        "\t\ttype filter hook forward priority filter + 200; policy accept;",
        "\t\tct mark & 0xfff00000 == 0x00100000 meta mark & 0xfff00000 == 0x00000000 ct state established"
        " ct direction original goto to_flowtable",
        "\tchain to_flowtable {",
        "\t\tmeta l4proto != { tcp, udp } return",
        "\t\tth dport 53 return",
        "\t\tth sport 53 return",
        "\t\tmeta l4proto tcp ct original proto-dst 53 return",
        "\t\tmeta l4proto udp ct original proto-dst 53 return",
        "\t\tflow add @passed",
    ]


def test_by_another_mask_it_is_another_mark() -> None:
    chains = "".join(offload_chains(Masked(Marks(0x0000FF00)), ["lan"], []))
    assert "ct mark & 0x0000ff00 == 0x00000100 " in chains


@pytest.mark.parametrize("treatment", [Treatment.FLAG, Treatment.BLOCK])
def test_what_a_door_may_meet_stays_in_sight(treatment: Treatment) -> None:
    doors = Doors(ways=Ways(dot=treatment, doq=treatment, doh=treatment), resolvers=(RESOLVER,))
    rules = "".join(offload_chains(M, ["lan"], watched(doors))).splitlines()
    ends = rules.index("\t\tflow add @passed")
    for match in ("tcp dport 853", "udp dport 784", "udp dport 853", "udp dport 8853"):
        assert rules.index(f"\t\t{match} return") < ends
    assert rules.index("\t\tip daddr @bypass_resolvers4 th dport 443 return") < ends


def test_what_is_allowed_is_told_by_nobody_and_may_be_offloaded() -> None:
    assert watched(NO_DOORS) == []
    quiet = Ways(doh=Treatment.ALLOW, dot=Treatment.ALLOW, doq=Treatment.FLAG)
    assert watched(Doors(ways=quiet, resolvers=(RESOLVER,))) == [f"udp dport {port}" for port in (784, 853, 8853)]


def test_no_set_of_a_rules_own_keeps_a_flow_in_sight() -> None:
    """Its elements are gone a moment before its rule while rules are replaced: only `!=` then keeps what it should."""
    rules = "".join(offload_chains(M, ["lan"], watched(Doors(ways=Ways(), resolvers=(RESOLVER,)))))
    assert [line.strip() for line in rules.splitlines() if "{ " in line] == ["meta l4proto != { tcp, udp } return"]
