"""A connection that begins on ports that conntrack holds for another: its server's answer to the SYN is what tells.

client - gateway - router - server, as in routed_fixtures.py.
"""

import itertools
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import PROGRAMS, in_force, told, within
from routed_fixtures import BOTH, Routed
from test_learned_addresses import BAN, put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts

pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).with_name("beginning_program.py")
FREE, BLOCKED = "www.free.test", "s07.upd.acme.test"
HANGS_UP, FORGETS, STAYS, FTP = 7777, 7778, 7779, 21
# What it read, by line, and the port of a client that it has left: it hangs up, or forgets without a word once its
# client goes on, as a machine that restarts.
SERVER = f"""
import os, socket, threading, time
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())  # whole, whoever else speaks
def serve(link, client, port):
    try:
        while data := link.recv(65536):
            if data[0] == 22:
                say("read", *(name for name in ("{FREE}", "{BLOCKED}") if name.encode() in data))
            link.sendall(b"ok")
            if port == {HANGS_UP}:
                break
            if port == {FORGETS} and data[0] == 23:
                time.sleep(0.1)  # for the last acknowledgement
                link.setsockopt(socket.IPPROTO_TCP, 19, 1)
                break
    except OSError:
        pass
    link.close()
    say("left", client[1])
def announce(link, client, port):
    link.sendall(b"220 hello\\r\\n")
    while data := link.recv(100):
        said = {{b"P": "227 Entering Passive Mode (203,0,113,2,30,99).", b"E": "229 Extended Passive Mode (|||7779|)"}}
        link.sendall(said.get(data[:1], "331 go on").encode() + b"\\r\\n")
def listen(port):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    say("ready")
    while True:
        talk = announce if port == {FTP} else serve
        threading.Thread(target=talk, args=(*server.accept(), port), daemon=True).start()
for port in ({HANGS_UP}, {FORGETS}, {STAYS}, {FTP}):
    threading.Thread(target=listen, args=(port,)).start()
"""
# Of the second connection the server's first answer is lost, and the client's SYN goes out once.
LOSSY = """table inet lossy {
	chain forward {
		type filter hook forward priority 0;
		tcp dport PORT tcp flags & (syn | ack) == syn | ack numgen inc mod 3 == 1 drop
	}
}
"""
ONCE = """table inet once {
	chain output {
		type filter hook output priority 0;
		tcp sequence 12345 accept
		tcp dport 7777-7778 tcp flags & (syn | ack) == syn limit rate over 1/hour burst 2 packets drop
	}
}
"""
# What the client says to the port is lost beyond the gateway.
DEAF = """table inet deaf {
	chain forward {
		type filter hook forward priority 0
		tcp dport 7779 tcp flags & syn != syn drop
	}
}
"""
LISTENS = """
import socket, sys
print(socket.create_connection((sys.argv[1], int(sys.argv[2])), 8).recv(100).decode().strip(), end="")
"""
TRANSLATED = """table inet translated {
	chain prerouting {
		type nat hook prerouting priority dstnat
		ip daddr 203.0.113.99 dnat ip to 203.0.113.2
		ip6 daddr 2001:db8:200::99 dnat ip6 to 2001:db8:200::2
	}
	chain postrouting {
		type nat hook postrouting priority srcnat
		MASQUERADE
	}
}
"""
HELPER = """table inet helped {
	ct helper ftp { type "ftp" protocol tcp; }
	chain prerouting {
		type filter hook prerouting priority 0;
		tcp dport 21 ct helper set "ftp"
	}
}
"""


class Path4(Routed):
    """The daemon on the second of them."""

    daemon: Daemon
    ports = itertools.count(40_000)

    def read(self) -> list[str]:
        return [line for line in super().read() if line.startswith("read")]

    def two(self, to: str, **orders: Any) -> tuple[str, list[str]]:
        """How the second connection ended, and what the server read."""
        before = len(self.read())
        wanted = {
            "to": to,
            "port": FORGETS,
            "from": next(self.ports),
            "first": FREE,
            "second": BLOCKED,
            "on": True,
            "log": f"{SPOOL}/server.log",
            **orders,
        }
        return str(self.ask(PROGRAM, wanted)["end"]), self.read()[before:]

    def dropped(self) -> int:
        return self.counter("begun_dropped")


@pytest.fixture(scope="module")
def hosts() -> Iterator[Path4]:
    with Hosts() as hosts:
        path = Path4(hosts)
        # It forgets whom it has hung up on after a second, and takes data on a SYN from anybody.
        path.server.must("sh", "-ec", "cd /proc/sys/net/ipv4; echo 1 >tcp_fin_timeout; echo 0x602 >tcp_fastopen")
        hosts.client.must("sh", "-c", "echo 0x5 >/proc/sys/net/ipv4/tcp_fastopen")
        path.serve(SERVER, listeners=4)
        yield path


@pytest.fixture(scope="module", params=PROGRAMS)
def daemon(hosts: Path4, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    gateway = hosts.hosts.gateway
    with in_force(
        Daemon(gateway, at=None, policies=put_policies(gateway, BAN), program=PROGRAMS[request.param])
    ) as daemon:
        yield daemon


@pytest.fixture
def path(hosts: Path4, daemon: Daemon) -> Iterator[Path4]:
    """No test meets the connections of another."""
    hosts.daemon = daemon
    hosts.hosts.gateway.must("nft", "reset", "counters")
    yield hosts
    hosts.hosts.gateway.must("sh", "-c", "conntrack -F 2>/dev/null; conntrack -F -f ipv6 2>/dev/null")


HUNG_UP = {"port": HANGS_UP, "on": False, "wait": 2}
OVER = pytest.mark.parametrize("over", [HUNG_UP, {}], ids=["hung up", "forgotten"])


@OVER
@BOTH
def test_without_us_the_second_connection_is_served(hosts: Path4, to: str, over: dict[str, Any]) -> None:
    assert hosts.two(to, **over) == ("served", [f"read {FREE}", f"read {BLOCKED}"])


@OVER
@BOTH
def test_what_the_second_says_is_judged(path: Path4, to: str, over: dict[str, Any]) -> None:
    before = len(told(path.daemon, "decision"))
    assert path.two(to, **over) == ("ConnectionResetError", [f"read {FREE}"])
    assert within(20, lambda: told(path.daemon, "decision")[before:])
    assert [(one["name"], one["action"]) for one in told(path.daemon, "decision")[before:]] == [(BLOCKED, "reset")]


@BOTH
def test_a_free_name_on_it_is_served(path: Path4, to: str) -> None:
    assert path.two(to, second=FREE) == ("served", [f"read {FREE}"] * 2)
    assert path.two(to) == ("ConnectionResetError", [f"read {FREE}"])
    assert path.dropped() == 0


@OVER
@BOTH
def test_an_answer_that_conntrack_does_not_take_does_not_arrive(path: Path4, to: str, over: dict[str, Any]) -> None:
    """Another SYN has come in between. What the client says would belong to the connection before, or to none."""
    port = next(path.ports)
    path.hosts.internet.must("nft", "-f", "-", text=LOSSY.replace("PORT", f"{port}"))
    path.hosts.client.must("nft", "-f", "-", text=ONCE)
    try:
        assert path.two(to, decoy=12345, patience=2, **over | {"from": port}) == ("TimeoutError", [f"read {FREE}"])
        assert bool(path.dropped()) is not bool(over), "behind a FIN by an inspector"
    finally:
        for host in (path.hosts.internet, path.hosts.client):
            host.must("nft", "flush", "ruleset")


@BOTH
def test_where_the_answer_is_sent_again_the_connection_goes_on(path: Path4, to: str) -> None:
    path.hosts.internet.must("nft", "-f", "-", text=DEAF)
    threading.Timer(1.5, path.hosts.internet.must, ("nft", "flush", "ruleset")).start()
    assert path.two(to, port=STAYS, first="", second=FREE) == ("served", [f"read {FREE}"])
    assert path.dropped() == 0, "an inspector looks at it"


@BOTH
@pytest.mark.parametrize("seconds", [120, 70])
def test_a_server_that_speaks_first_is_heard_where_its_answer_is_sent_again(path: Path4, to: str, seconds: int) -> None:
    """However soon conntrack is told to forget connections, if not sooner than handshakes."""
    established = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established"
    before = path.hosts.gateway.must("cat", established).strip()
    path.hosts.internet.must("nft", "-f", "-", text=DEAF.replace("7779", f"{FTP}"))
    threading.Timer(1.5, path.hosts.internet.must, ("nft", "flush", "ruleset")).start()
    try:
        path.hosts.gateway.must("sh", "-c", f"echo {seconds} >{established}")
        assert path.hosts.client.must(sys.executable, "-c", LISTENS, to, f"{FTP}") == "220 hello"
    finally:
        path.hosts.gateway.must("sh", "-c", f"echo {before} >{established}")


@BOTH
def test_where_all_was_said_on_the_syn_the_answer_arrives_again(path: Path4, to: str) -> None:
    """Its client has nothing to say again, and before it acknowledges the server sends its SYN-ACK only."""
    path.hosts.internet.must("nft", "-f", "-", text=DEAF + DEAF.replace("dport", "sport"))
    threading.Timer(0.8, path.hosts.internet.must, ("nft", "flush", "ruleset")).start()
    one = path.two(to, port=STAYS, first="", fast=True, second=FREE, patience=20)
    assert one == ("served", [f"read {FREE}"])
    assert path.dropped() == 0


@BOTH
def test_data_on_the_syn_of_the_second_come_behind_it(path: Path4, to: str) -> None:
    assert path.two(to, fast=True) == ("ConnectionResetError", [f"read {FREE}"])
    assert path.dropped() == 1


@BOTH
def test_data_on_a_syn_of_ports_that_had_no_other_arrive_with_it(path: Path4, to: str) -> None:
    assert path.two(to, port=STAYS, first="", fast=True, second=FREE) == ("served", [f"read {FREE}"])
    assert path.two(to, port=HANGS_UP, first="", fast=True) == ("ConnectionRefusedError", [])
    assert path.dropped() == 0


@BOTH
def test_a_connection_that_another_announced_is_judged(path: Path4, to: str) -> None:
    """FTP's: it has the mark of the one before from its beginning."""
    path.hosts.gateway.must("nft", "-f", "-", text=HELPER)
    try:
        assert path.two(to, port=STAYS, first="", ftp=True, second=FREE) == ("served", [f"read {FREE}"])
        path.hosts.gateway.must("conntrack", "-F")
        assert path.two(to, port=STAYS, first="", ftp=True) == ("ConnectionResetError", [])
    finally:
        path.hosts.gateway.must("nft", "delete table inet helped")


@OVER
@pytest.mark.parametrize("to", ["203.0.113.99", "2001:db8:200::99"])
def test_where_addresses_are_translated(path: Path4, to: str, over: dict[str, Any]) -> None:
    path.hosts.gateway.must("nft", "-f", "-", text=TRANSLATED.replace("MASQUERADE", ""))
    try:
        assert path.two(to, **over) == ("ConnectionResetError", [f"read {FREE}"])
        assert path.two(to, second=FREE, **over) == ("served", [f"read {FREE}"] * 2)
    finally:
        path.hosts.gateway.must("nft", "delete table inet translated")


@OVER
def test_where_both_ends_are_translated_nobody_is_served(path: Path4, over: dict[str, Any]) -> None:
    path.hosts.gateway.must("nft", "-f", "-", text=TRANSLATED.replace("MASQUERADE", "masquerade"))
    try:
        assert path.two("203.0.113.99", patience=2, **over) == ("TimeoutError", [f"read {FREE}"])
    finally:
        path.hosts.gateway.must("nft", "delete table inet translated")
