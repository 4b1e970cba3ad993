"""The real neighbour table, as `ip` fills it."""

import subprocess
from ipaddress import ip_address

import pytest
from namespace_fixtures import apart

from enforcer.edge import neighbours
from enforcer.edge.neighbours import Neighbours
from enforcer.pipeline.stamp import LOCAL, Arrival
from enforcer.plan.route_messages import route_request

pytestmark = pytest.mark.kernel
LAN = """
link add lan type veth peer name other
link set lan up
link set other up
addr add 10.1.0.1/24 dev lan
addr add fd00:1::1/64 dev lan nodad
neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev lan
neigh add fd00:1::7 lladdr 02:00:00:00:00:07 dev lan
neigh add 10.1.0.2 lladdr 02:00:00:00:00:02 dev lan
route add 10.9.0.0/16 via 10.1.0.2
"""


def where(*addresses: str) -> dict[str, Arrival | None]:
    subprocess.run(["ip", "-batch", "-"], input=LAN, text=True, check=True)
    ask = Neighbours()
    return {address: ask(ip_address(address).packed) for address in addresses}


def test_a_neighbour_one_behind_a_router_one_not_known_one_of_ours_and_one_without_a_way() -> None:
    asked = ("10.1.0.7", "fd00:1::7", "10.9.0.7", "10.1.0.8", "10.1.0.1", "192.0.2.1")
    assert apart(lambda: where(*asked)) == {
        "10.1.0.7": Arrival("02:00:00:00:00:07", "lan"),
        "fd00:1::7": Arrival("02:00:00:00:00:07", "lan"),
        "10.9.0.7": Arrival("02:00:00:00:00:02", "lan"),
        "10.1.0.8": Arrival(None, "lan"),
        "10.1.0.1": LOCAL,
        "192.0.2.1": None,
    }


def test_of_an_address_that_every_link_may_have_it_says_nothing() -> None:
    """It is on the other link, whose route the kernel would not have taken."""
    links = "neigh add fe80::7 lladdr 02:00:00:00:00:07 dev other\nneigh add fe80::7 lladdr 02:00:00:00:00:08 dev lan\n"

    def work() -> Arrival | None:
        where()
        subprocess.run(["ip", "-batch", "-"], input=links, text=True, check=True)
        return Neighbours()(ip_address("fe80::7").packed)

    assert apart(work) is None


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_PATIENCE", 0.05)

    def work() -> tuple[Arrival | None, Arrival | None]:
        ask = Neighbours()
        stray = route_request(bytes((127, 0, 0, 1)), 0)
        ask._socket.send(stray)
        return ask(bytes((127, 0, 0, 1))), ask(bytes((192, 0, 2, 1)))

    assert apart(work) == (LOCAL, None)
