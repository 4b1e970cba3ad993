"""A hello that we read and the server does not: too few hops, a wrong checksum, a signature that nobody wants.

And one that the server reads and we do not: with an acknowledgement that conntrack does not believe.

client - gateway - router - server; the router is the internet host, the server a fourth one behind it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_learned_addresses import BAN, put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).parent / "deceiving_program.py"
V4, V6 = "203.0.113.2", "2001:db8:200::2"
BOTH = pytest.mark.parametrize("to", [V4, V6])
FREE, BLOCKED = "www.free.test", "s07.upd.acme.test"
# What the server read, by line; it answers with "ok".
SERVER = f"""
import asyncio
async def serve(reader, writer):
    try:
        while data := await reader.read(65536):
            print("read", *(name for name in ("{FREE}", "{BLOCKED}") if name.encode() in data), flush=True)
            writer.write(b"ok")
    except OSError:
        pass
async def main():
    await asyncio.start_server(serve, ["0.0.0.0", "::"], 7777)
    print("ready", flush=True)
    await asyncio.sleep(1000)
asyncio.run(main())
"""
CABLE = """link add far type veth peer name eth0 netns {pid}
addr add 203.0.113.1/24 dev far
addr add 2001:db8:200::1/64 dev far
link set far up
"""
LEAF = """link set lo up
link set eth0 up
addr add 203.0.113.2/24 dev eth0
addr add 2001:db8:200::2/64 dev eth0
route add default via 203.0.113.1
route add default via 2001:db8:200::1
"""


class Path4:
    """The four hosts, and the daemon on the second."""

    def __init__(self, hosts: Hosts, server: Host) -> None:
        self.hosts, self.server = hosts, server

    def read(self) -> list[str]:
        return self.server.file("server.log").read_text().split("\n")[1:-1]

    def deceive(self, to: str, **orders: Any) -> tuple[str, list[str]]:
        """What the client saw, and what the server read."""
        before = len(self.read())
        told = {"to": to, "port": 7777, "free": FREE, "blocked": BLOCKED, **orders}
        done = self.hosts.client.run(sys.executable, str(PROGRAM), json.dumps(told))
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["end"]), self.read()[before:]

    def counter(self, name: str) -> int:
        told = json.loads(self.hosts.gateway.must("nft", "-j", "list", "counter", "inet", "enforcer", name))
        return int(told["nftables"][1]["counter"]["packets"])


@pytest.fixture(scope="module")
def hosts() -> Iterator[Path4]:
    with Hosts() as hosts:
        server = hosts._beside("server")
        router = hosts.internet
        router.must("ip", "-batch", "-", text=CABLE.format(pid=server.pid))
        server.must("ip", "-batch", "-", text=LEAF)
        router.must(
            "sh", "-ec", "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"
        )
        server.start(sys.executable, "-c", SERVER, output="server.log")
        until(lambda: "ready" in server.file("server.log").read_text(), "the server", server, "server.log")
        yield Path4(hosts, server)


@pytest.fixture
def path(hosts: Path4) -> Iterator[Path4]:
    daemon = Daemon(hosts.hosts.gateway, at=None, policies=put_policies(hosts.hosts.gateway, BAN))
    daemon.start()
    yield hosts
    assert daemon.stop() == 0


@BOTH
def test_without_us_the_first_hello_does_not_arrive_and_the_second_does(hosts: Path4, to: str) -> None:
    for deception in ({"hops": 2}, {"sum": False}, {"signed": True}):
        assert hosts.deceive(to, **deception) == ("served", [f"read {BLOCKED}"])


@BOTH
def test_a_hello_of_a_free_name_with_few_hops_arrives_so_the_blocked_one_does_not(path: Path4, to: str) -> None:
    _, read = path.deceive(to, hops=2, patience=2)
    assert read == [f"read {FREE}"], "the server read what we judged, and what comes in its place is a repeat to it"
    assert path.counter("hops_raised") == 1


@BOTH
@pytest.mark.parametrize("deception", [{"sum": False}, {"signed": True}])
def test_a_hello_that_the_server_will_not_take_is_not_judged(path: Path4, to: str, deception: dict[str, bool]) -> None:
    assert path.deceive(to, **deception) == ("ConnectionResetError", [])


@BOTH
def test_an_honest_one_with_few_hops_is_judged_as_any_other(path: Path4, to: str) -> None:
    assert path.deceive(to, first=False, hops=2) == ("ConnectionResetError", [])
    assert path.deceive(to, first=False, hops=2, blocked=FREE) == ("served", [f"read {FREE}"])


@BOTH
def test_a_hello_that_acknowledges_what_was_never_sent_does_not_arrive(hosts: Path4, to: str) -> None:
    """INVALID to conntrack, and good to a server: what the connection itself sends in its place is a repeat there."""
    with_sack: dict[str, Any] = {"sack": True, "free": BLOCKED, "blocked": FREE}
    assert hosts.deceive(to, **with_sack) == ("served", [f"read {BLOCKED}"])
    daemon = Daemon(hosts.hosts.gateway, at=None, policies=put_policies(hosts.hosts.gateway, BAN))
    daemon.start()
    try:
        assert hosts.deceive(to, **with_sack) == ("served", [f"read {FREE}"])
        assert hosts.counter("sacked_dropped") == 1
    finally:
        assert daemon.stop() == 0


def test_where_the_kernel_does_not_look_at_checksums_the_operator_is_told(hosts: Path4) -> None:
    """A hello with a wrong one is judged there; the one in its place is too (decision 0710)."""
    gateway = hosts.hosts.gateway
    gateway.must("sh", "-c", "echo 0 >/proc/sys/net/netfilter/nf_conntrack_checksum")
    daemon = Daemon(gateway, at=None, policies=put_policies(gateway, BAN))
    daemon.start()
    try:
        [told] = [event for event in daemon.events() if event["kind"] == "error"]
        assert "nf_conntrack_checksum is 0" in told["reason"]
        assert hosts.deceive(V4, sum=False) == ("ConnectionResetError", [])
    finally:
        gateway.must("sh", "-c", "echo 1 >/proc/sys/net/netfilter/nf_conntrack_checksum")
        assert daemon.stop() == 0
