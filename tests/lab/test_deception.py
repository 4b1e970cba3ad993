"""A hello that we read and the server does not: too few hops, a wrong checksum, a signature that nobody wants.

And one that the server reads and we do not, since conntrack does not take it for its connection's.

client - gateway - router - server, as in routed_fixtures.py.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import in_force, told
from routed_fixtures import V4, V6, Routed
from test_learned_addresses import BAN, put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).parent / "deceiving_program.py"
RESETTING = PROGRAM.with_name("resetting_program.py")
FREE, BLOCKED = "www.free.test", "s07.upd.acme.test"
LATE = 7778
# Which client's port said what, by line; it answers with "ok". Behind one of its ports it speaks first, and late.
SERVER = f"""
import asyncio
async def serve(reader, writer):
    try:
        if writer.get_extra_info("sockname")[1] == {LATE}:
            await asyncio.sleep(2)
            writer.write(b"hello")
        while data := await reader.read(65536):
            port = writer.get_extra_info("peername")[1]
            print(port, *(name for name in ("{FREE}", "{BLOCKED}") if name.encode() in data), flush=True)
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


Orders = tuple[Path, dict[str, Any]]
Told = tuple[str, list[str]]
"""What the client saw, and what the server read."""


def deceive(to: str, **orders: Any) -> Orders:
    return PROGRAM, {"to": to, "port": 7777, "free": FREE, "blocked": BLOCKED, **orders}


def lose(to: str, acts: Sequence[tuple[str, Any]] = (), **orders: Any) -> Orders:
    """The same where conntrack is to lose the connection first."""
    return RESETTING, {"to": to, "port": 7777, "hello": BLOCKED, "acts": acts, "patience": 2, **orders}


class Path4(Routed):
    ports = itertools.count(20_000)

    def each(self, *tries: Orders) -> list[Told]:
        """All at once."""
        with ThreadPoolExecutor(len(tries)) as threads:
            return list(threads.map(self._run, tries))

    def both(self, what: Callable[..., Orders], **orders: Any) -> list[Told]:
        return self.each(*(what(to, **orders) for to in (V4, V6)))

    def _run(self, one: Orders) -> Told:
        program, orders = one
        port = next(self.ports)
        end = str(self.ask(program, {"from": port, **orders})["end"])
        lines = [line.split() for line in self.read()]
        return end, [name for client, *names in lines if client == str(port) for name in names]


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


def test_without_us_the_first_hello_does_not_arrive_and_the_second_does(hosts: Path4) -> None:
    ways: list[dict[str, Any]] = [{"hops": 2}, {"sum": False}, {"signed": True}]
    tries = [deceive(to, **way) for way in ways for to in (V4, V6)]
    assert hosts.each(*tries) == [("served", [BLOCKED])] * 6


def test_a_hello_of_a_free_name_with_few_hops_arrives_so_the_blocked_one_does_not(path: Path4) -> None:
    both = path.both(deceive, hops=2, patience=2)
    # What comes in its place is a repeat to the server.
    assert [names for _, names in both] == [[FREE]] * 2, "it read what we judged"
    assert path.counter("hops_raised") == 2


def test_a_hello_that_the_server_will_not_take_is_not_judged(path: Path4) -> None:
    tries = [deceive(to, **way) for way in ({"sum": False}, {"signed": True}) for to in (V4, V6)]
    assert path.each(*tries) == [("ConnectionResetError", [])] * 4


def test_an_honest_one_with_few_hops_is_judged_as_any_other(path: Path4) -> None:
    tries = [deceive(to, first=False, hops=2, blocked=name) for name in (BLOCKED, FREE) for to in (V4, V6)]
    assert path.each(*tries) == [("ConnectionResetError", [])] * 2 + [("served", [FREE])] * 2


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
    sacks = [deceive(to, **with_sack) for to in (V4, V6)]
    kept = [lose(to, **orders) for orders in KEPT.values() for to in (V4, V6)]
    lost = [lose(to, **orders) for orders in LOST.values() for to in (V4, V6)]
    assert hosts.each(*sacks, *kept, *lost) == [("served", [BLOCKED])] * (2 + len(kept) + len(lost))
    with enforced(hosts):
        # What the connection itself sends in its place is a repeat to a server that took it.
        assert hosts.each(*sacks) == [("served", [FREE])] * 2
        for how, orders in LOST.items():
            dropped = hosts.counter("disowned_dropped", LEARNED)
            assert hosts.both(lose, **orders) == [("TimeoutError", [])] * 2, how
            assert hosts.counter("disowned_dropped", LEARNED) > dropped > 0, how
        assert hosts.each(*kept) == [("ConnectionResetError", [])] * len(kept)


def test_a_server_that_speaks_on_a_connection_that_is_forgotten_does_not_become_its_client(hosts: Path4) -> None:
    """Conntrack forgets in a second what was reset; the server did not hear of it, and speaks after two."""
    gateway, forgotten = hosts.hosts.gateway, [("reset", SIGNED)]
    late: dict[str, Any] = {"port": LATE, "patience": 3}
    heard = [*forgotten, ("heard", None)]
    with enforced(hosts):
        gateway.must("sh", "-c", "echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close")
        try:
            blocked = [lose(to, heard, **late) for to in (V4, V6)]
            free = [lose(to, heard, hello=FREE, **late) for to in (V4, V6)]
            silent = [lose(to, [*forgotten, ("wait", 2.5)], **late) for to in (V4, V6)]
            told = hosts.each(*blocked, *free, *silent)
            assert told[:4] == [("ConnectionResetError", [])] * 2 + [("served", [FREE])] * 2
            assert [names for _, names in told[4:]] == [[], []]
        finally:
            gateway.must("sh", "-c", "echo 10 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close")


def test_a_client_that_only_listens_is_told_what_comes_after_conntrack_was_flushed(path: Path4) -> None:
    begun = f"grep -c 'ESTABLISHED.*dport={LATE} ' /proc/net/nf_conntrack"
    flush = f"until [ $({begun}) = 2 ]; do sleep 0.05; done; conntrack -F; conntrack -F -f ipv6; conntrack -C"
    path.hosts.gateway.start("timeout", "20", "sh", "-c", flush, output="flush.log")
    heard = path.both(lose, acts=[("heard", None)], hello=FREE, port=LATE, patience=5)
    assert heard == [("served", [FREE])] * 2
    assert path.hosts.gateway.file("flush.log").read_text().count("has been emptied") == 2


def test_who_really_resets_may_come_back_by_the_same_port(path: Path4) -> None:
    tries = [lose(to, hello=name, really=True) for name in (FREE, BLOCKED) for to in (V4, V6)]
    assert path.each(*tries) == [("served", [FREE])] * 2 + [("ConnectionResetError", [])] * 2
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
        tries = [lose(to, hello=name) for name in (FREE, BLOCKED) for to in (V4, V6)]
        assert hosts.each(*tries) == [("served", [FREE])] * 2 + [("served", [BLOCKED])] * 2
        assert hosts.counter("disowned_dropped", LEARNED) == 0


def test_where_the_kernel_does_not_look_at_checksums_the_operator_is_told(hosts: Path4) -> None:
    """A hello with a wrong one is judged there; the one in its place is too (decision 0710)."""
    gateway = hosts.hosts.gateway
    gateway.must("sh", "-c", "echo 0 >/proc/sys/net/netfilter/nf_conntrack_checksum")
    try:
        with enforced(hosts) as daemon:
            [error] = told(daemon, "error")
            assert "nf_conntrack_checksum is 0" in error["reason"]
            assert hosts.each(deceive(V4, sum=False)) == [("ConnectionResetError", [])]
    finally:
        gateway.must("sh", "-c", "echo 1 >/proc/sys/net/netfilter/nf_conntrack_checksum")
