"""A connection that begins on ports that conntrack holds for another: its server's answer to the SYN is what tells.

client - gateway - router - server, as in routed_fixtures.py.
"""

import itertools
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import PROGRAMS, in_force, told, within
from routed_fixtures import V4, V6, Routed
from test_learned_addresses import BAN, put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Host, Hosts

pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).with_name("beginning_program.py")
FREE, BLOCKED = "www.free.test", "s07.upd.acme.test"
HANGS_UP, FORGETS, STAYS, FTP = 7777, 7778, 7779, 21
# Which client's port said what, by line, and whom it has left and forgotten: it hangs up, or forgets without a word
# once its client goes on, as a machine that restarts.
SERVER = f"""
import os, socket, threading, time
from pathlib import Path
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())  # whole, whoever else speaks
def known(port):
    return any(f":{{port:04X}} 0" in Path("/proc/net", kind).read_text() for kind in ("tcp", "tcp6"))
def serve(link, client, port):
    try:
        while data := link.recv(65536):
            if data[0] == 22:
                say("read", client[1], *(name for name in ("{FREE}", "{BLOCKED}") if name.encode() in data))
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
    while known(client[1]):
        time.sleep(0.05)
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
		RULES
	}
}
"""
LOST = "tcp dport {} tcp flags & (syn | ack) == syn | ack numgen inc mod 3 == 1 drop"
ONCE = """table inet once {
	set said {
		type inet_service
		flags dynamic
	}
	chain output {
		type filter hook output priority 0;
		tcp sequence 12345 accept
		tcp dport != 7777-7778 accept
		tcp flags & (syn | ack) == syn add @said { tcp sport limit rate over 1/hour burst 2 packets } drop
	}
}
"""
# What a client says to the port is lost beyond the gateway, until the server has answered its SYN a second time.
DEAF = """table inet deaf {
	set answered {
		type inet_service
		flags dynamic
	}
	set again {
		type inet_service
		flags dynamic
	}
	chain forward {
		type filter hook forward priority 0
		tcp sport 7779 tcp flags & (syn | ack) == syn | ack tcp dport @answered add @again { tcp dport }
		tcp sport 7779 tcp flags & (syn | ack) == syn | ack add @answered { tcp dport }
		tcp dport 7779 tcp flags & syn != syn tcp sport != @again drop
	}
}
"""
# So is what the server says besides.
MUTE = """table inet deaf {
	chain forward {
		tcp sport 7779 tcp flags & syn != syn tcp dport != @again drop
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


@contextmanager
def rules(host: Host, text: str) -> Iterator[None]:
    """That the host has as long."""
    host.must("nft", "-f", "-", text=text)
    try:
        yield
    finally:
        host.must("nft", "flush", "ruleset")


class Path4(Routed):
    """The daemon on the second of them."""

    daemon: Daemon
    ports = itertools.count(20_000)
    """Below those that the kernel chooses, of which one that was used may be taken for a minute."""

    def two(self, to: str, **orders: Any) -> tuple[str, list[str]]:
        """How the second connection ended, and what the server read on both."""
        port = orders.get("from") or next(self.ports)
        wanted = {
            "to": to,
            "port": FORGETS,
            "from": port,
            "first": FREE,
            "second": BLOCKED,
            "on": True,
            "log": f"{SPOOL}/server.log",
            **orders,
        }
        end = str(self.ask(PROGRAM, wanted)["end"])
        lines = [line.split(" ") for line in self.read()]
        return end, [name for what, client, *names in lines if (what, client) == ("read", str(port)) for name in names]

    def each(self, *tries: dict[str, Any]) -> list[tuple[str, list[str]]]:
        """The same of several at once."""
        with ThreadPoolExecutor(len(tries)) as threads:
            return list(threads.map(lambda orders: self.two(**orders), tries))

    def both(self, **orders: Any) -> list[tuple[str, list[str]]]:
        return self.each(*({"to": to, **orders} for to in (V4, V6)))

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


HUNG_UP: dict[str, Any] = {"port": HANGS_UP, "on": False}
OVER = pytest.mark.parametrize("over", [HUNG_UP, {}], ids=["hung up", "forgotten"])
EVERY: list[dict[str, Any]] = [{"to": to, **over} for over in (HUNG_UP, {}) for to in (V4, V6)]
SERVED, RESET = ("served", [FREE, FREE]), ("ConnectionResetError", [FREE])


def test_without_us_the_second_connection_is_served(hosts: Path4) -> None:
    assert hosts.each(*EVERY) == [("served", [FREE, BLOCKED])] * 4


def test_what_the_second_says_is_judged(path: Path4) -> None:
    before = len(told(path.daemon, "decision"))
    assert path.each(*EVERY) == [RESET] * 4
    assert within(20, lambda: len(told(path.daemon, "decision")) >= before + 4)
    judged = [(one["name"], one["action"]) for one in told(path.daemon, "decision")[before:]]
    assert judged == [(BLOCKED, "reset")] * 4


def test_a_free_name_on_it_is_served(path: Path4) -> None:
    tries = [{"to": to, "second": second} for second in (FREE, BLOCKED) for to in (V4, V6)]
    assert path.each(*tries) == [SERVED, SERVED, RESET, RESET]
    assert path.dropped() == 0


@OVER
def test_an_answer_that_conntrack_does_not_take_does_not_arrive(path: Path4, over: dict[str, Any]) -> None:
    """Another SYN has come in between. What the client says would belong to the connection before, or to none."""
    tries = [{"to": to, "from": next(path.ports), "decoy": 12345, "patience": 2, **over} for to in (V4, V6)]
    lost = "\n".join(LOST.format(one["from"]) for one in tries)
    with rules(path.hosts.internet, LOSSY.replace("RULES", lost)), rules(path.hosts.client, ONCE):
        assert path.each(*tries) == [("TimeoutError", [FREE])] * 2
    assert path.dropped() == (0 if over else 2), "behind a FIN by an inspector"


def test_where_the_answer_is_sent_again_the_connection_goes_on(path: Path4) -> None:
    with rules(path.hosts.internet, DEAF):
        assert path.both(port=STAYS, first="", second=FREE) == [("served", [FREE])] * 2
    assert path.dropped() == 0, "an inspector looks at it"


@pytest.mark.parametrize("seconds", [120, 70])
def test_a_server_that_speaks_first_is_heard_where_its_answer_is_sent_again(path: Path4, seconds: int) -> None:
    """However soon conntrack is told to forget connections, if not sooner than handshakes."""
    established = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established"
    before = path.hosts.gateway.must("cat", established).strip()
    path.hosts.gateway.must("sh", "-c", f"echo {seconds} >{established}")
    client = path.hosts.client
    try:
        with rules(path.hosts.internet, DEAF.replace("7779", f"{FTP}")), ThreadPoolExecutor(2) as threads:
            heard = threads.map(lambda to: client.must(sys.executable, "-c", LISTENS, to, f"{FTP}"), (V4, V6))
            assert list(heard) == ["220 hello"] * 2
    finally:
        path.hosts.gateway.must("sh", "-c", f"echo {before} >{established}")


def test_where_all_was_said_on_the_syn_the_answer_arrives_again(path: Path4) -> None:
    """Its client has nothing to say again, and before it acknowledges the server sends its SYN-ACK only."""
    with rules(path.hosts.internet, DEAF + MUTE):
        both = path.both(port=STAYS, first="", fast=True, second=FREE, patience=20)
    assert both == [("served", [FREE])] * 2
    assert path.dropped() == 0


def test_data_on_the_syn_of_the_second_come_behind_it(path: Path4) -> None:
    assert path.both(fast=True) == [RESET] * 2
    assert path.dropped() == 2


def test_data_on_a_syn_of_ports_that_had_no_other_arrive_with_it(path: Path4) -> None:
    anew: dict[str, Any] = {"first": "", "fast": True}
    tries = [anew | {"port": STAYS, "second": FREE}, anew | {"port": HANGS_UP}]
    told = path.each(*(one | {"to": to} for one in tries for to in (V4, V6)))
    assert told == [("served", [FREE])] * 2 + [("ConnectionRefusedError", [])] * 2
    assert path.dropped() == 0


def test_a_connection_that_another_announced_is_judged(path: Path4) -> None:
    """FTP's: it has the mark of the one before from its beginning."""
    announced: dict[str, Any] = {"port": STAYS, "first": "", "ftp": True}
    path.hosts.gateway.must("nft", "-f", "-", text=HELPER)
    try:
        assert path.both(second=FREE, **announced) == [("served", [FREE])] * 2
        path.hosts.gateway.must("conntrack", "-F")
        assert path.both(**announced) == [("ConnectionResetError", [])] * 2
    finally:
        path.hosts.gateway.must("nft", "delete table inet helped")


def test_where_addresses_are_translated(path: Path4) -> None:
    every = [one | {"to": to} for one, to in itertools.product((HUNG_UP, {}), ("203.0.113.99", "2001:db8:200::99"))]
    path.hosts.gateway.must("nft", "-f", "-", text=TRANSLATED.replace("MASQUERADE", ""))
    try:
        assert path.each(*every) == [RESET] * 4
        assert path.each(*(one | {"second": FREE} for one in every)) == [SERVED] * 4
    finally:
        path.hosts.gateway.must("nft", "delete table inet translated")


def test_where_both_ends_are_translated_nobody_is_served(path: Path4) -> None:
    tries = [{"to": "203.0.113.99", "patience": 2, **over} for over in (HUNG_UP, {})]
    path.hosts.gateway.must("nft", "-f", "-", text=TRANSLATED.replace("MASQUERADE", "masquerade"))
    try:
        assert path.each(*tries) == [("TimeoutError", [FREE])] * 2
    finally:
        path.hosts.gateway.must("nft", "delete table inet translated")
