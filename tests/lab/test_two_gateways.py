"""Two gateways with keepalived, by the documentation's own files: docs/high-availability.md says what is shown here."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import pytest
from daemon_fixtures import answer
from ha_fixtures import (
    BLOCKED,
    FIRST,
    FREE,
    NUMBER,
    PATIENCE,
    SECOND,
    Enforcer,
    Gateway,
    Pair,
    Stream,
    TrialClock,
    within,
)

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER
from enforcer.lab.hosts import SPOOL
from enforcer.lab.servers import SLOW, Servers

pytestmark = pytest.mark.lab

AFTER = "2024-10-01T12:00:00+00:00"


@dataclass
class Site:
    """The two with their daemons."""

    pair: Pair
    clock: TrialClock
    daemons: dict[str, Enforcer]

    def start(self, gateway: Gateway) -> None:
        self.daemons[gateway.name] = Enforcer(gateway, self.clock)
        self.daemons[gateway.name].start()

    def blocked_at(self, gateway: Gateway) -> set[str]:
        """Which gateways the records of what was blocked name, in the one's own record."""
        events = self.daemons[gateway.name].events()
        return {event["gateway"] for event in events if event["kind"] == "decision" and event["verdict"] == "block"}

    def last_state(self, gateway: Gateway) -> str:
        """What its keepalived says that it is."""
        said = gateway.file(f"keepalived-{gateway.name}.log").read_text(errors="replace").splitlines()
        return next((line for line in reversed(said) if "(gateway) Entering" in line), "")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Pair() as pair:
        Servers(pair).start()
        site = Site(pair, TrialClock(AFTER), {})
        for gateway in pair.both:
            site.start(gateway)
            gateway.keepalived()
        yield site


def keepalived_stopped(site: Site, gateway: Gateway) -> Callable[[], None]:
    """As for an upgrade: while the other one has the addresses, the enforcer is restarted."""
    running = gateway.writes(f"keepalived-{gateway.name}.log")
    assert running is not None
    running.terminate()

    def mended() -> None:
        assert running.wait(PATIENCE) == 0
        assert site.daemons[gateway.name].stop() == 0
        site.start(gateway)
        gateway.keepalived()

    return mended


def link_down(site: Site, gateway: Gateway) -> Callable[[], None]:
    def turn(state: str) -> None:
        site.pair.gateway.must("ip", "link", "set", f"lan-{gateway.name}", state)

    turn("down")
    return partial(turn, "up")


def daemon_killed(site: Site, gateway: Gateway) -> Callable[[], None]:
    site.daemons[gateway.name].kill()
    return partial(site.start, gateway)


@pytest.mark.parametrize("broken", [keepalived_stopped, link_down, daemon_killed])
def test_a_takeover_lets_nothing_through(site: Site, broken: Callable[[Site, Gateway], Callable[[], None]]) -> None:
    master = site.pair.master()
    other = site.pair.other(master)
    with Stream(site.pair) as stream:
        mended = broken(site, master)
        assert within(PATIENCE, other.has_the_addresses), "no takeover"
        stream.is_served_again(stream.now())
    mended()
    # Who was master before does not take it back.
    assert within(PATIENCE, lambda: "BACKUP STATE" in site.last_state(master))
    assert other.has_the_addresses()
    assert not master.has_the_addresses()
    assert stream.reached(BLOCKED) == 0
    assert stream.got(BLOCKED)["served"] == 0
    assert stream.got(BLOCKED)["refused"] > 0
    assert stream.got(FREE)["served"] > 0
    assert within(PATIENCE, lambda: site.blocked_at(other) == {other.name})


def script(gateway: Gateway) -> int:
    """What keepalived's script ends with there."""
    return gateway.run("/etc/keepalived/enforcer-in-force").returncode


def enforcer(gateway: Gateway, *words: str) -> int:
    return gateway.run(*ENFORCER, *words, timeout=PATIENCE).returncode


def test_the_script_of_keepalived_says_what_status_says(site: Site) -> None:
    backup = site.pair.other(site.pair.master())
    # 1: no collector is set, which is a doubt.
    assert (script(backup), enforcer(backup, "status")) == (0, 1)
    assert enforcer(backup, "pause", "--for", "1m", "--reason", "trial") == 0
    assert (script(backup), enforcer(backup, "status")) == (0, 2)
    assert enforcer(backup, "panic-off") == 0
    assert within(PATIENCE, lambda: script(backup) == 1)
    assert enforcer(backup, "status") == 2
    assert enforcer(backup, "reload") == enforcer(backup, "resume") == 0
    assert within(PATIENCE, lambda: script(backup) == 0)


COUNTED = ("nft", "list", "counter", "inet", "enforcer", "invalid_dropped")


def fetched(site: Site, name: str, patience: str = "20") -> list[str]:
    """What the client gets for `name` at the free host's addresses, over IPv4 and IPv6."""
    curl = ("curl", "-sS", "-m", patience)
    places = (zone.address(FREE), f"[{zone.address(FREE, 6)}]")
    return [site.pair.client.run(*curl, "-H", f"Host: {name}", f"http://{place}/").stdout for place in places]


@contextmanager
def answers_by_the_other(site: Site) -> Iterator[None]:
    """The internet answers by the backup, while the clients' packets go by the master."""
    number = NUMBER[site.pair.other(site.pair.master()).name]

    def route(to_lan: tuple[str, str]) -> None:
        for net, way in zip(("10.77.1.0/24", "fd77:1::/64"), to_lan, strict=True):
            site.pair.internet.must("ip", "route", "replace", *f"{net} via {way}".split(), "dev", "eth0")

    route((f"10.77.2.{number}", f"fd77:2::{number}"))
    yield
    route(("10.77.2.1", "fe80::77"))


def test_of_a_connection_whose_answers_come_by_the_other_nothing_passes_unjudged(site: Site) -> None:
    assert all(fetched(site, FREE))
    assert fetched(site, BLOCKED) == ["", ""]
    with answers_by_the_other(site):
        assert fetched(site, FREE, "2") == fetched(site, BLOCKED, "2") == ["", ""]
        # DNS needs no connection.
        assert answer(site.pair, FREE) == "NOERROR"
        assert answer(site.pair, BLOCKED) == "NXDOMAIN"
        # The server's answer to a SYN that went the other way: so no connection comes about.
        counted = site.pair.other(site.pair.master()).must(*COUNTED)
        assert "packets 0 " not in counted
    assert all(fetched(site, FREE))
    assert fetched(site, BLOCKED) == ["", ""]


def test_both_judge_by_the_same_policy_and_tell_their_own_names(site: Site) -> None:
    states = [json.loads(one.run(*ENFORCER, "status", "--json").stdout) for one in site.pair.both]
    assert [state["gateway"] for state in states] == [FIRST, SECOND]
    assert len({state["revision"] for state in states}) == 1


PASSING = "www.kaspersky.com"
"""Observed on that day, and so in a lane: its connections are marked."""


@contextmanager
def download(site: Site, file: str) -> Iterator[Callable[[], int]]:
    """A slow download by the client, from a host in a lane; gives how many bytes have come so far."""
    there = ("--resolve", f"{PASSING}:443:{zone.address(FREE)}", "-o", f"{SPOOL}/{file}")
    running = site.pair.client.start(*("curl", "-sS", "-k", *there, f"https://{PASSING}{SLOW}"), output=f"{file}.log")
    came = site.pair.client.file(file)
    assert within(PATIENCE, lambda: came.exists() and came.stat().st_size > 0)
    yield lambda: came.stat().st_size
    running.kill()
    running.wait()


def marks(gateway: Gateway) -> set[str]:
    """The marks of the client's live connections over TLS there."""
    # Who picks a connection up in the middle may take the server for who began it: so in either direction.
    told = gateway.must("conntrack", "-L", "-p", "tcp")
    return set(re.findall(r"ESTABLISHED .*port=443 .*mark=(\d+)", told))


def moved(site: Site) -> tuple[set[str], set[str]]:
    """The marks at the master before a download is taken over, and at the other one behind it."""
    master = site.pair.master()
    other = site.pair.other(master)
    for gateway in site.pair.both:
        gateway.must("conntrack", "-F")
    with download(site, f"taken-over-by-{other.name}") as came:
        assert within(PATIENCE, lambda: marks(master))
        before = marks(master)
        keepalived = master.writes(f"keepalived-{master.name}.log")
        assert keepalived is not None
        keepalived.terminate()
        assert within(PATIENCE, other.has_the_addresses)
        reached = came()
        # It goes on, whatever is known of it.
        assert within(PATIENCE, lambda: came() > reached + 200_000)
        behind = marks(other)
    keepalived.wait(PATIENCE)
    master.keepalived()
    return before, behind


def test_a_live_connection_goes_on_and_conntrackd_takes_its_mark_along(site: Site) -> None:
    before, behind = moved(site)
    assert before != {"0"}
    assert behind
    assert before.isdisjoint(behind)
    for gateway in site.pair.both:
        gateway.conntrackd()
    before, behind = moved(site)
    assert before == behind != {"0"}


def lanes(gateway: Gateway) -> list[str]:
    """What the marks mean there, as far as the kernel cuts something."""
    told = gateway.must("nft", "list", "table", "inet", "enforcer")
    return re.findall(r'chain (lane_\d+) \{\s+comment "(.+)"', told)


def test_the_marks_mean_the_same_on_both(site: Site) -> None:
    assert len(lanes(site.pair.one)) > 1
    assert lanes(site.pair.one) == lanes(site.pair.two)


def test_what_one_learned_of_addresses_the_other_learns_when_the_client_asks_again(site: Site) -> None:
    """By a name of nobody's that leads to a blocked host: its answer is refused, and the client knows the address."""
    first = site.pair.master()
    second = site.pair.other(first)
    place = zone.address(zone.ALIAS)

    def knows(gateway: Gateway) -> bool:
        return place in gateway.must("nft", "list", "map", "inet", "enforcer_learned", "pairs4")

    def reaches() -> bool:
        """Without a name."""
        return site.pair.client.run("curl", "-sS", "-k", "-m", "20", f"https://{place}/").returncode == 0

    assert answer(site.pair, zone.ALIAS) == "NXDOMAIN"
    assert knows(first)
    assert not reaches()
    keepalived = first.writes(f"keepalived-{first.name}.log")
    assert keepalived is not None
    keepalived.terminate()
    assert within(PATIENCE, second.has_the_addresses)
    assert not knows(second)
    assert within(PATIENCE, reaches), "the page says so"
    assert answer(site.pair, zone.ALIAS) == "NXDOMAIN"
    assert knows(second)
    assert not reaches()
    keepalived.wait(PATIENCE)
    first.keepalived()


SPLIT = (
    "add table inet split; add chain inet split in { type filter hook input priority 0; };"
    " add rule inet split in meta l4proto 112 drop"
)


def test_two_masters_at_a_time_let_nothing_through_either(site: Site) -> None:
    for gateway in site.pair.both:
        gateway.must("nft", SPLIT)
    assert within(PATIENCE, lambda: all(one.has_the_addresses() for one in site.pair.both))
    for _ in range(3):
        assert fetched(site, BLOCKED) == ["", ""]
        assert answer(site.pair, BLOCKED) == "NXDOMAIN"
    for gateway in site.pair.both:
        gateway.must("nft", "delete table inet split")
    assert within(PATIENCE, lambda: not all(one.has_the_addresses() for one in site.pair.both))
    assert within(PATIENCE, lambda: all(fetched(site, FREE, "2")))
