"""Two gateways with keepalived, by the documentation's own files: docs/high-availability.md says what is shown here."""

import json
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
from enforcer.lab.servers import Servers

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


def fetched(site: Site, name: str) -> list[str]:
    """What the client gets for `name` at the free host's addresses, over IPv4 and IPv6."""
    curl = ("curl", "-sS", "-m", "2")
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
        assert fetched(site, FREE) == fetched(site, BLOCKED) == ["", ""]
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
