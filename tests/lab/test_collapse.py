"""A product that walks over its vendor's servers, before the real daemon: few records, and no occurrence lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, answer, told, within

from enforcer.edge.records import Records
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts
from enforcer.model.event import Event

pytestmark = pytest.mark.lab

WALK = [f"s{n:02}.upd.kaspersky.com" for n in range(1, 21)]
COLLAPSED = "collapse = 3600"


@pytest.fixture
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    for left in hosts.gateway.file("").glob("events.sqlite*"):
        left.unlink()
    daemon = Daemon(hosts.gateway, at=AFTER, output=COLLAPSED)
    daemon.start()
    yield daemon
    if daemon.process.poll() is None:
        daemon.kill()
    hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F")


def walk(hosts: Hosts, names: list[str]) -> None:
    """One dig that asks for all."""
    said = hosts.client.run("dig", "+tries=1", "+time=10", *names).stdout
    assert said.count("status: NXDOMAIN") == len(names)


def kept(hosts: Hosts, folder: Path) -> list[Event]:
    """The decisions in a copy of the store, as its daemon left it."""
    for part in hosts.gateway.file("").glob("events.sqlite*"):
        (folder / part.name).write_bytes(part.read_bytes())
    with Records(folder / "events.sqlite") as records:
        return list(records.events(0, 2.0**40, simulated=True, kinds=("decision",)))


def test_the_first_is_told_at_once_and_a_stop_tells_the_rest(hosts: Hosts, daemon: Daemon, tmp_path: Path) -> None:
    walk(hosts, WALK)
    assert within(20, lambda: told(daemon, "decision"))
    assert len(told(daemon, "decision")) == 1
    assert daemon.stop() == 0
    first, rest = told(daemon, "decision")
    assert (first["name"], first["count"]) == (WALK[0], 1)
    assert (rest["count"], rest["names"]) == (len(WALK) - 1, WALK[1:])
    assert first["at"] < rest["at"] < rest["last"]
    assert [one.count for one in kept(hosts, tmp_path)] == [1, len(WALK) - 1]
    assert told(daemon, "stop")[-1]["at"] >= rest["last"]


def test_a_reload_loses_none_and_raises_no_alarm_anew(hosts: Hosts, daemon: Daemon) -> None:
    walk(hosts, WALK[:5])
    assert within(20, lambda: told(daemon, "decision"))
    assert daemon.reload()["kind"] == "reload"
    assert within(20, lambda: sum(one["count"] for one in told(daemon, "decision")) == 5)
    walk(hosts, WALK[5:8])
    assert daemon.stop() == 0
    assert [one["count"] for one in told(daemon, "decision")] in ([1, 4, 3], [1, 7])


def test_what_a_kill_loses_is_the_count_of_one_window(hosts: Hosts, daemon: Daemon, tmp_path: Path) -> None:
    walk(hosts, WALK)
    assert within(20, lambda: told(daemon, "decision"))
    daemon.kill()
    [one] = kept(hosts, tmp_path)
    assert (one.name, one.count) == (WALK[0], 1)


def test_a_reload_can_ask_for_each_on_its_own(hosts: Hosts, daemon: Daemon) -> None:
    site = hosts.gateway.file("site.toml")
    site.write_text(site.read_text().replace(COLLAPSED, "collapse = 0"))
    assert daemon.reload()["kind"] == "reload"
    for name in WALK[:3]:
        assert answer(hosts, name) == "NXDOMAIN"
    assert within(20, lambda: [one["name"] for one in told(daemon, "decision")] == WALK[:3])
    assert daemon.stop() == 0
