"""A hello that we read and the server does not: too few hops, a wrong checksum, a signature that nobody wants.

And one that the server reads and we do not, since conntrack does not take it for its connection's.

client - gateway - router - server, as in routed_fixtures.py.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import in_force, told
from routed_fixtures import BOTH, V4, V6, Routed
from test_learned_addresses import BAN, put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).parent / "deceiving_program.py"
RESETTING = PROGRAM.with_name("resetting_program.py")
FREE, BLOCKED = "www.free.test", "s07.upd.acme.test"
LATE = 7778
# What the server read, by line; it answers with "ok". Behind one of its ports it speaks first, and late.
SERVER = f"""
import asyncio
async def serve(reader, writer):
    try:
        if writer.get_extra_info("sockname")[1] == {LATE}:
            await asyncio.sleep(2)
            writer.write(b"hello")
        while data := await reader.read(65536):
            print("read", *(name for name in ("{FREE}", "{BLOCKED}") if name.encode() in data), flush=True)
            writer.write(b"ok")
    except OSError:
        pass
async def main():
    for port in (7777, {LATE}):
        await asyncio.start_server(serve, ["0.0.0.0", "::"], port)
    print("ready", flush=True)
    await asyncio.sleep(1000)
asyncio.run(main())
"""


class Path4(Routed):
    def deceive(self, to: str, **orders: Any) -> tuple[str, list[str]]:
        """What the client saw, and what the server read."""
        return self._run(PROGRAM, {"to": to, "port": 7777, "free": FREE, "blocked": BLOCKED, **orders})

    def lose(self, to: str, acts: Sequence[tuple[str, Any]] = (), **orders: Any) -> tuple[str, list[str]]:
        """The same where conntrack is to lose the connection first."""
        told = {"to": to, "port": 7777, "hello": BLOCKED, "acts": acts, "patience": 2, **orders}
        return self._run(RESETTING, told)

    def _run(self, program: Path, orders: dict[str, Any]) -> tuple[str, list[str]]:
        before = len(self.read())
        return str(self.ask(program, orders)["end"]), self.read()[before:]


def enforced(path: Path4) -> AbstractContextManager[Daemon]:
    return in_force(Daemon(path.hosts.gateway, at=None, policies=put_policies(path.hosts.gateway, BAN)))


@pytest.fixture(scope="module")
def hosts() -> Iterator[Path4]:
    with Hosts() as hosts:
        path = Path4(hosts)
        path.serve(SERVER)
        yield path


@pytest.fixture
def path(hosts: Path4) -> Iterator[Path4]:
    with enforced(hosts):
        yield hosts


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


SIGNED: dict[str, Any] = {"signed": True}
LOST: dict[str, dict[str, Any]] = {
    "a SYN behind a reset that the server drops": {"acts": [("reset", SIGNED), ("syn", {"ahead": 5000} | SIGNED)]},
    "the same SYN again behind such a reset": {"acts": [("reset", SIGNED), ("syn", {"ahead": -1})]},
    "a SYN with another number before the one that arrives": {"early": 1 << 30},
}
"""What makes conntrack take a hello on a live connection for INVALID."""
KEPT: dict[str, dict[str, Any]] = {
    "a reset that the server drops": {"acts": [("reset", SIGNED)]},
    "a reset behind a gap": {"acts": [("ack", {"ahead": 300}), ("reset", {"ahead": 300})]},
    "a reset in the server's name": {"acts": [("reset", {"back": True}), ("syn", {"ahead": -1})]},
}
"""What leaves it the connection."""
LEARNED = "enforcer_learned"


def test_what_fits_no_connection_does_not_arrive_on_one_that_is_to_be_judged(hosts: Path4) -> None:
    """INVALID to conntrack, and good to a server."""
    with_sack: dict[str, Any] = {"sack": True, "free": BLOCKED, "blocked": FREE}
    for to in (V4, V6):
        assert hosts.deceive(to, **with_sack) == ("served", [f"read {BLOCKED}"])
        for how, orders in (LOST | KEPT).items():
            assert hosts.lose(to, **orders) == ("served", [f"read {BLOCKED}"]), how
    with enforced(hosts):
        for to in (V4, V6):
            # What the connection itself sends in its place is a repeat to a server that took it.
            assert hosts.deceive(to, **with_sack) == ("served", [f"read {FREE}"])
            for how, orders in LOST.items():
                dropped = hosts.counter("disowned_dropped", LEARNED)
                assert hosts.lose(to, **orders) == ("TimeoutError", []), how
                assert hosts.counter("disowned_dropped", LEARNED) > dropped > 0, how
            for how, orders in KEPT.items():
                assert hosts.lose(to, **orders) == ("ConnectionResetError", []), how


def test_a_server_that_speaks_on_a_connection_that_is_forgotten_does_not_become_its_client(hosts: Path4) -> None:
    """Conntrack forgets in a second what was reset; the server did not hear of it, and speaks after two."""
    gateway, forgotten = hosts.hosts.gateway, [("reset", SIGNED)]
    late: dict[str, Any] = {"port": LATE, "patience": 3}
    with enforced(hosts):
        gateway.must("sh", "-c", "echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close")
        try:
            for to in (V4, V6):
                heard = [*forgotten, ("heard", None)]
                assert hosts.lose(to, heard, **late) == ("ConnectionResetError", [])
                assert hosts.lose(to, heard, hello=FREE, **late) == ("served", [f"read {FREE}"])
                assert hosts.lose(to, [*forgotten, ("wait", 2.5)], **late)[1] == []
        finally:
            gateway.must("sh", "-c", "echo 10 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close")


@BOTH
def test_a_client_that_only_listens_is_told_what_comes_after_conntrack_was_flushed(path: Path4, to: str) -> None:
    flush = "sleep 1; conntrack -F; conntrack -F -f ipv6; conntrack -C"
    path.hosts.gateway.start("sh", "-c", flush, output="flush.log")
    heard = path.lose(to, [("heard", None)], hello=FREE, port=LATE, patience=5)
    assert heard == ("served", [f"read {FREE}"])
    assert path.hosts.gateway.file("flush.log").read_text().count("has been emptied") == 2


@BOTH
def test_who_really_resets_may_come_back_by_the_same_port(path: Path4, to: str) -> None:
    assert path.lose(to, hello=FREE, really=True) == ("served", [f"read {FREE}"])
    assert path.lose(to, really=True) == ("ConnectionResetError", [])
    assert path.counter("disowned_dropped", LEARNED) == path.counter("turned_dropped", LEARNED) == 0


ASIDE = """link add aside type veth peer name aside netns {pid}
link set aside up
"""


@contextmanager
def answers_go_aside(hosts: Path4) -> Iterator[None]:
    """From the router to the client, past the gateway."""
    client, router = hosts.hosts.client, hosts.hosts.internet
    router.must("ip", "-batch", "-", text=ASIDE.format(pid=client.pid))
    client.must("sh", "-ec", "ip link set aside up; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done")
    [link] = json.loads(client.must("ip", "-j", "link", "show", "aside"))
    for address, size in (("10.77.1.2", 32), ("fd77:1::2", 128)):
        router.must("ip", "neigh", "replace", address, "lladdr", link["address"], "dev", "aside")
        router.must("ip", "route", "replace", f"{address}/{size}", "dev", "aside")
    try:
        yield
    finally:
        router.must("ip", "link", "del", "aside")


def test_where_answers_go_another_way_connections_are_as_they_were(hosts: Path4) -> None:
    """What the client says is INVALID there, and nobody's to judge."""
    with enforced(hosts), answers_go_aside(hosts):
        for to in (V4, V6):
            assert hosts.lose(to, hello=FREE) == ("served", [f"read {FREE}"])
            assert hosts.lose(to) == ("served", [f"read {BLOCKED}"])
        assert hosts.counter("disowned_dropped", LEARNED) == 0


def test_where_the_kernel_does_not_look_at_checksums_the_operator_is_told(hosts: Path4) -> None:
    """A hello with a wrong one is judged there; the one in its place is too (decision 0710)."""
    gateway = hosts.hosts.gateway
    gateway.must("sh", "-c", "echo 0 >/proc/sys/net/netfilter/nf_conntrack_checksum")
    try:
        with enforced(hosts) as daemon:
            [error] = told(daemon, "error")
            assert "nf_conntrack_checksum is 0" in error["reason"]
            assert hosts.deceive(V4, sum=False) == ("ConnectionResetError", [])
    finally:
        gateway.must("sh", "-c", "echo 1 >/proc/sys/net/netfilter/nf_conntrack_checksum")
