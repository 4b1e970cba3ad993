"""A client that says what its server would say, so that what it shows us counts as answered; and who is not one.

client - gateway - server, with two cables between the latter two.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from daemon_fixtures import in_force
from test_decoys import BLOCKED, FREE, SERVER, Decoyed, Step
from test_learned_addresses import BAN, put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, Hosts

pytestmark = pytest.mark.lab
FORGED: list[Step] = [
    # Its timestamp is of the past, so the server drops it (RFC 7323).
    ["raw", "hello", FREE, {"old": "stamp"}],
    ["forge", ["hello"], "", {}],
    ["raw", "record", FREE, {"old": "stamp", "behind": "hello", "acks": 100}],
    ["forge", ["hello", "record"], "", {}],
    ["say", "hello", BLOCKED, {}],
]
HONEST: list[Step] = [["say", "hello", FREE, {}]]
SECOND = """link add wan2 type veth peer name eth1 netns {pid}
addr add 10.77.3.1/24 dev wan2
addr add fd77:3::1/64 dev wan2
link set wan2 up
"""
BY_THE_SECOND = """link set eth1 up
addr add 10.77.3.2/24 dev eth1
addr add fd77:3::2/64 dev eth1
route replace 10.77.1.0/24 via 10.77.3.1
route replace fd77:1::/64 via fd77:3::1
"""
# Of a host that has no address yet, and of one on its own link.
NOBODYS = """
import socket
cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
cable.bind(("eth0", 0))
from scapy.all import BOOTP, DHCP, ICMPv6ND_NS, IP, IPv6, UDP, Ether
every = Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:5e:00:00:01")
port = UDP(sport=68, dport=67)
for packet in (
    IP(src="0.0.0.0", dst="255.255.255.255") / port / BOOTP() / DHCP(options=[("message-type", "discover"), "end"]),
    IP(src="169.254.7.7", dst="224.0.0.251") / UDP(sport=5353, dport=5353),
    IP(src="10.9.9.9", dst="10.77.1.255") / UDP(sport=137, dport=137),
    IPv6(src="::", dst="ff02::1:ff00:1") / ICMPv6ND_NS(tgt="fe80::1"),
    IPv6(src="fe80::7", dst="ff02::fb") / UDP(sport=5353, dport=5353),
):
    cable.send(bytes(every / packet))
"""


class Line(Decoyed):
    def both(self, *tries: list[Step]) -> list[tuple[str, str]]:
        """What the client saw, and which name its server read: each over IPv4 and IPv6."""
        return self.say(*((to, steps) for steps in tries for to in RESOLVER))

    def forged(self) -> int:
        return self.counter("forged_dropped")


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with Hosts() as hosts:
        line = Line(hosts, hosts.internet)
        # The gateway takes the server for a neighbour of the client's by then, and says so.
        deaf = "for f in /proc/sys/net/ipv[46]/conf/*/accept_redirects; do echo 0 >$f; done"
        hosts.internet.must("sh", "-ec", deaf)
        line.serve(SERVER)
        yield line


def enforced(line: Line, datapath: str = "") -> AbstractContextManager[Daemon]:
    gateway = line.hosts.gateway
    return in_force(Daemon(gateway, at=None, fail="closed", policies=put_policies(gateway, BAN), datapath=datapath))


def rp_filter(line: Line, value: int) -> None:
    script = f"for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo {value} >$f; done"
    line.hosts.gateway.must("sh", "-ec", script)


def test_what_a_client_forges_in_its_servers_name_is_believed_where_nobody_looks(line: Line) -> None:
    """The kernel's own filter looks behind conntrack, and at IPv4 only."""
    for strict in (0, 1):
        rp_filter(line, strict)
        with enforced(line):
            assert [name for _, name in line.both(FORGED)] == ["" if strict else BLOCKED, BLOCKED]


def test_it_is_dropped_where_senders_are_checked_and_who_is_honest_is_served(line: Line) -> None:
    rp_filter(line, 0)
    with enforced(line, 'check_senders = ["lan"]'):
        line.hosts.client.must(sys.executable, "-c", NOBODYS)
        assert line.both(HONEST) == [("served", FREE)] * 2
        assert line.forged() == 0
        assert [name for _, name in line.both(FORGED)] == ["", ""]
        assert line.forged() == 4


def test_an_interface_that_leads_out_too_has_all_senders(line: Line) -> None:
    """As on a gateway with one arm: there nobody can tell."""
    with enforced(line, 'check_senders = ["lan", "wan"]'):
        assert line.both(HONEST) == [("served", FREE)] * 2
        assert line.forged() == 0


def test_answers_that_come_by_another_way_than_their_questions_went_arrive(line: Line) -> None:
    rp_filter(line, 0)
    internet, gateway = line.hosts.internet, line.hosts.gateway
    gateway.must("ip", "-batch", "-", text=SECOND.format(pid=internet.pid))
    internet.must("ip", "-batch", "-", text=BY_THE_SECOND)
    rp_filter(line, 0)
    try:
        with enforced(line, 'check_senders = ["lan"]'):
            assert line.both(HONEST) == [("served", FREE)] * 2
            assert line.forged() == 0
    finally:
        internet.must("ip", "link", "del", "eth1")
