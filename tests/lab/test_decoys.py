"""A hello that we read and the server does not, for a reason that we do not see; then another in its place.

client - gateway - router - server, as in routed_fixtures.py. The server says nothing before it has
a whole hello or head, and tells its address, the client's port and the name that it read.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import PROGRAMS, in_force, told, within
from routed_fixtures import V4, V6, Routed, Served
from test_learned_addresses import BAN, put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).with_name("decoy_program.py")
PLAIN, EARLY = 7443, 7445
SPEAKS, GREETS, TAKES = 7777, 7778, 7779
"""Ports of a server that answers what it has read, of one that speaks first besides, and of one that only reads."""
TOLD = "flag.acme.test"
LONG = ",".join(letter * 200 for letter in "abcdefgh")
"""Protocols to offer, so that a hello goes over two segments."""
SESSION = f"{SPOOL}/session"
STRICT = BAN.replace('undecodable = "observe"', 'undecodable = "block"')
FREE, BLOCKED = "s07.upd.free.test", "s07.upd.acme.test"
SERVER = f"""
import asyncio
def whole(data):
    if data[0] == 255:
        return False
    return len(data) >= 5 + int.from_bytes(data[3:5], "big") if data[0] == 22 else b"\\r\\n\\r\\n" in data
async def serve(reader, writer):
    data = b""
    try:
        while more := await reader.read(65536):
            data += more
            if whole(data):
                here, there = map(writer.get_extra_info, ("sockname", "peername"))
                print(here[0], there[1], "{BLOCKED}" if b"{BLOCKED}" in data else "{FREE}", flush=True)
                writer.write(b"ok")
                data = b""
    except OSError:
        pass
async def greet(reader, writer):
    writer.write(b"hello there")
    await serve(reader, writer)
async def take(reader, writer):
    while await reader.read(1 << 20):
        pass
    writer.close()
async def main():
    for port, what in ({SPEAKS}, serve), (53, serve), ({GREETS}, greet), ({TAKES}, take):
        await asyncio.start_server(what, ["0.0.0.0", "::"], port)
    print("ready", flush=True)
    await asyncio.sleep(1000)
asyncio.run(main())
"""
LOSSY, HALF = "203.0.113.3", "203.0.113.4"
"""On the way there the first packet with much data of each connection is lost; or the first that has some, but is not
full."""
FILTER = f"""table inet filter {{
    set lost {{
        type inet_service
        size 65535
        flags dynamic
    }}
    chain forward {{
        type filter hook forward priority filter
        ip hdrlength > 5 drop
        exthdr dst exists drop
        ip daddr {LOSSY} ip length > 100 tcp sport != @lost add @lost {{ tcp sport }} drop
        ip daddr {HALF} ip length 100-1400 tcp sport != @lost add @lost {{ tcp sport }} drop
    }}
}}"""
CERTIFICATE = f"req -x509 -newkey rsa:2048 -nodes -subj /CN=free.test -keyout {SPOOL}/own.key -out {SPOOL}/own.pem"
TLS = (
    f"mkfifo {SPOOL}/{{port}}.in && exec openssl s_server -cert {SPOOL}/own.pem -key {SPOOL}/own.key"
    f" -accept {{port}} {{more}} <>{SPOOL}/{{port}}.in"
)
"""It ends with its input, which is open for writing too, and so has no end."""
Step = list[Any]


class Decoyed(Served):
    def say(self, *tries: tuple[str, list[Step]], port: int = SPEAKS) -> list[tuple[str, str]]:
        """What each client saw, and which name its server read."""
        return self.say_from(*((0, to, steps) for to, steps in tries), port=port)

    def say_from(self, *tries: tuple[int, str, list[Step]], port: int = SPEAKS) -> list[tuple[str, str]]:
        """The same from ports of the clients' choice, which they reset in the end."""
        before = len(self.read())
        orders = [{"to": to, "port": port, "from": source, "steps": steps} for source, to, steps in tries]
        told = self.ask(PROGRAM, orders)
        # By family and port: the address may be translated.
        names = {(":" in here, int(port)): name for here, port, name in map(str.split, self.read()[before:])}
        return [(end, names.get((":" in to, used), "")) for (_, to, _), (used, end) in zip(tries, told, strict=True)]


class Path4(Decoyed, Routed):
    def talk(self, to: str, name: str, *arguments: str) -> str:
        """What openssl's client says of a connection, until its server has answered its request."""
        asked = ("openssl", "s_client", "-connect", f"{to}:{PLAIN}", "-servername", name, "-ign_eof", *arguments)
        return self.hosts.client.run("timeout", "30", *asked, text="GET / HTTP/1.0\r\n\r\n").stdout


@pytest.fixture(scope="module")
def path() -> Iterator[Path4]:
    with Hosts() as hosts:
        path = Path4(hosts)
        server = path.server
        server.must("ip", "-batch", "-", text="".join(f"addr add {to}/24 dev eth0\n" for to in (LOSSY, HALF)))
        hosts.internet.must("nft", "-f", "-", text=FILTER)
        path.serve(SERVER)
        server.must("openssl", *CERTIFICATE.split())
        for port, more in ((PLAIN, "-www"), (EARLY, "-early_data")):
            server.start("sh", "-c", TLS.format(port=port, more=more), output=f"{port}.log")
        until(lambda: server.run("ss", "-Hltn").stdout.count(":744") == 2, "TLS", server, f"{PLAIN}.log")
        # What the gateway forwards as one packet goes on as the segments that it has.
        hosts.gateway.must("ip", "link", "set", "wan", "gso_max_segs", "1")
        # What is reset it forgets in a second.
        hosts.gateway.must("sh", "-c", "echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close")
        yield path


@pytest.fixture(scope="module", params=PROGRAMS)
def daemon(path: Path4, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    policies = put_policies(path.hosts.gateway, STRICT)
    # What a busy machine's inspector has no time for is dropped: what is read was judged.
    daemon = Daemon(path.hosts.gateway, at=None, fail="closed", policies=policies, program=PROGRAMS[request.param])
    with in_force(daemon):
        yield daemon


OLDS = ("stamp", "ack", "option")
HEAD = 20
"""Bytes of a hello, or a request, before its name."""


def decoys(old: str, what: str) -> dict[str, list[Step]]:
    """The ways to show one name and say another."""
    shown: Step = ["raw", what, FREE, {"old": old}]
    filler: Step = ["raw", "record" if what == "hello" else what, FREE, {"behind": what}]
    first: Step = ["say", what, BLOCKED, {"part": [0, HEAD]}]
    rest: Step = ["say", what, BLOCKED, {"part": [HEAD, None]}]
    return {
        "whole": [shown, ["say", what, BLOCKED, {}]],
        "filled up": [shown, filler, ["say", what, BLOCKED, {}]],
        "in pieces": [shown, first, rest],
        "one piece of two": [first, ["raw", what, FREE, {"part": [HEAD, None], "old": old}], rest],
    }


def lost() -> dict[str, list[Step]]:
    """The same on a connection of which conntrack was made to forget what its server has said."""
    ahead, real = 40, ["say", "hello", BLOCKED, {}]
    shown: Step = ["raw", "hello", FREE, {"old": "stamp", "acks": -30_000, "ahead": ahead}]
    filler: Step = ["raw", "record", "", {"old": "stamp", "behind": "hello", "ahead": ahead}]
    numbers = (("reset", 0), ("syn", ahead - 1), ("reset", ahead), ("ack", -1))
    begun = [["act", what, "", {"ahead": place}] for what, place in numbers]
    # To the router and no further; the router drops what comes behind it.
    taken: list[Step] = [["act", "reset", "", {"rest": 2}], ["act", "ack", "", {"acks": 50_000, "hops": 2}]]
    unread: list[Step] = [["raw", "hello", FREE, {"old": "option"}]]
    unread += [["raw", "record", "", {"old": "option", "behind": "hello", "acks": 40_000}]]
    # The server answers a keep-alive probe, so that conntrack has heard it; but what a client may acknowledge of a
    # connection that it met in its midst it does not know.
    heard: Step = ["act", "ack", "", {"ahead": -1}]
    ways = {"taken up": [*taken, *unread, real], "taken up and heard": [*taken, heard, *unread, real]}
    return ways | {"another beginning": [*begun, shown, filler, real]}


def later() -> list[Step]:
    """Of a second request, in a packet that acknowledges less than its client has of the first one's answer; then what
    acknowledges the rest."""
    shown: Step = ["raw", "http", FREE, {"old": "stamp", "acks": -1}]
    filler: Step = ["raw", "http", FREE, {"old": "stamp", "behind": "http"}]
    return [["say", "http", FREE, {}], shown, filler, ["say", "http", BLOCKED, {}]]


def late(count: int) -> list[Step]:
    """A record behind a hello that the server does not get; behind so many bytes another hello, and these at last."""
    shown: list[Step] = [["say", "hello", FREE, {}], ["raw", "record", "", {"old": "stamp"}]]
    rest: Step = ["raw", "hello", BLOCKED, {"part": [count, None], "ahead": count}]
    return [*shown, rest, ["raw", "hello", BLOCKED, {"part": [0, count]}]]


OPEN = (("ack", "filled up"), ("ack", "in pieces"), ("lost", "another beginning"))
"""Where nobody notes what a server begins with, what is said behind such a hello counts as answered."""
DECOYS = [
    ((to, what, old, way), (to, steps))
    for to in (V4, V6)
    for what in ("hello", "http")
    for old in OLDS
    for way, steps in decoys(old, what).items()
] + [((to, "hello", "lost", way), (to, steps)) for to in (V4, V6) for way, steps in lost().items()]


LATER = [(to, later()) for to in (V4, V6)]
LATE = [(to, late(count)) for to in (V4, V6) for count in (12, HEAD)]


def names_read(path: Path4) -> dict[tuple[str, ...], str]:
    answers = path.say(*(one for _, one in DECOYS))
    return {which: name for (which, _), (_, name) in zip(DECOYS, answers, strict=True)}


def test_without_us_the_server_reads_what_comes_second(path: Path4) -> None:
    assert set(names_read(path).values()) == {BLOCKED}


def test_what_comes_in_the_place_of_a_hello_that_nobody_has_answered_is_read(path: Path4, daemon: Daemon) -> None:
    unseen = OPEN if PROGRAMS["all queued"][-1] in str(daemon.process.args) else ()
    read = {which: name for which, name in names_read(path).items() if name}
    assert [which for which in read if which[2:] not in unseen] == []


def test_without_us_so_it_is_with_a_later_request(path: Path4) -> None:
    assert path.say(*LATER) == [("served", BLOCKED)] * len(LATER)


def test_nor_does_another_request_come_in_the_place_of_a_later_one(path: Path4, daemon: Daemon) -> None:
    """Without the classifier nobody notes what the server has."""
    unseen = PROGRAMS["all queued"][-1] in str(daemon.process.args)
    assert [name for _, name in path.say(*LATER)] == [BLOCKED if unseen else FREE] * len(LATER)


def test_without_us_so_it_is_with_a_second_hello_that_comes_last_bytes_first(path: Path4) -> None:
    assert path.say(*LATE) == [("served", BLOCKED)] * len(LATE)


def test_nor_does_a_second_hello_of_which_all_but_the_first_bytes_came_before(path: Path4, daemon: Daemon) -> None:
    """Without the classifier nobody notes what the server has."""
    unseen = PROGRAMS["all queued"][-1] in str(daemon.process.args)
    assert [name for _, name in path.say(*LATE)] == [BLOCKED if unseen else FREE] * len(LATE)


@pytest.mark.parametrize("cut_by", ["gateway", "client"])
def test_what_is_lost_beyond_us_is_said_again_and_recorded_once(path: Path4, daemon: Daemon, cut_by: str) -> None:
    """The whole hello, or its second segment only: cut by the client, or by the gateway out of one packet."""
    path.hosts.client.must("ip", "link", "set", "eth0", "gso_max_segs", "65535" if cut_by == "gateway" else "1")
    kinds = product((V4, LOSSY, HALF), ("-tls1_2", "-tls1_3"), ((), ("-alpn", LONG)), ("free.test", TOLD))
    wanted = [
        (to, f"{cut_by}-{number}.{name}", version, *more) for number, (to, version, more, name) in enumerate(kinds)
    ]
    with ThreadPoolExecutor(12) as threads:
        said = list(threads.map(lambda one: path.talk(*one), wanted))
    assert [one for one, answer in zip(wanted, said, strict=True) if "HTTP/1.0 200 ok" not in answer] == []
    names = sorted((name, "passed") for _, name, *_ in wanted if TOLD in name)

    def recorded() -> list[tuple[str, str]]:
        return sorted((one["name"], one["action"]) for one in told(daemon, "decision") if cut_by in one.get("name", ""))

    assert within(10, lambda: len(recorded()) >= len(names))
    assert recorded() == names


@pytest.mark.usefixtures("daemon")
def test_requests_and_hellos_in_pieces_of_which_some_are_lost_are_served(path: Path4) -> None:
    tries: list[tuple[str, list[Step]]] = [
        (to, [["say", what, FREE, {"part": part}] for part in parts])
        for to in (V4, LOSSY, HALF)
        for what in ("hello", "http")
        for parts in ([(0, None)], [(0, HEAD), (HEAD, None)], [(0, HEAD), (HEAD, 50), (50, None)])
    ]
    assert path.say(*tries) == [("served", FREE)] * len(tries)


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("to", [V4, LOSSY, HALF])
def test_early_data_arrive_whatever_was_lost(path: Path4, to: str) -> None:
    client = path.hosts.client
    line = f"exec timeout 30 openssl s_client -connect {{to}}:{EARLY} -tls1_3 -servername early.{TOLD}"
    ticket = f"(while ! test -s {SESSION}; do sleep 0.05; done) | {line.format(to=V4)} -sess_out {SESSION}"
    assert client.run("sh", "-c", f"rm -f {SESSION}; {ticket}; echo early >{SESSION}.data").returncode == 0
    early = f"{line.format(to=to)} -sess_in {SESSION} -early_data {SESSION}.data </dev/null"
    assert "Early data was accepted" in client.run("sh", "-c", early).stdout
