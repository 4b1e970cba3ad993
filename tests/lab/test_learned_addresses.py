"""Addresses learned from answers, with the daemon as a whole: who connects the moment the answer comes is not too fast.

RACES=10000 in the environment runs the races in full; CI runs a share.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acme_fixtures import HEAD, WATCHED, acme_2024, phase, trap
from acme_fixtures import hosts as rows
from daemon_fixtures import within

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

HERE = Path(__file__).parent
SLOW = (sys.executable, "-P", str(HERE / "slow_kernel_program.py"))
PATIENT = "hold_ms = 1000\n"
"""A busy machine may need long for a transaction."""
RACES = int(os.environ.get("RACES", "500"))
CLIENTS = {4: [f"10.77.1.{host}" for host in range(10, 50)], 6: [f"fd77:1::{host}" for host in range(10, 50)]}
BOTH = pytest.mark.parametrize("family", [4, 6])

VENDOR = "".join(
    (
        HEAD,
        rows("update", domains=["upd.acme.test"], evidence="strong"),
        rows("telemetry", domains=["flag.acme.test", "hosted.acme.test"], evidence="strong"),
        rows("store", domains=["store.acme.test"], evidence="strong"),
        trap("shared", domains=["content.test"], reason="everybody's"),
    )
)
BAN = acme_2024(
    phase(
        "first",
        "2020-01-01T00:00:00+00:00",
        f'block = ["update"], flag = ["telemetry"], {WATCHED}',
        summary="first",
    )
)
SECOND = phase("second", "INSTANT", f'block = ["update", "store"], flag = ["telemetry"], {WATCHED}', summary="second")


def put_policies(gateway: Host, ban: str = BAN) -> str:
    folder = gateway.file("policies")
    for name, text in (("vendors/acme.toml", VENDOR), ("us/acme-2024.toml", ban)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return "/run/lab/policies"


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        for family, addresses in CLIENTS.items():
            size = 24 if family == 4 else 64
            lines = "".join(f"addr add {address}/{size} dev eth0\n" for address in addresses)
            hosts.client.must("ip", "-batch", "-", text=lines)
        hosts.internet.start(sys.executable, str(HERE / "teaching_program.py"), output="teaching.log")
        until(lambda: bool(got(hosts)), "the internet host", hosts.internet, "teaching.log")
        yield hosts


@pytest.fixture
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    policies = put_policies(hosts.gateway)
    daemon = Daemon(hosts.gateway, at=None, policies=policies, datapath="inspectors = 2\n" + PATIENT)
    daemon.start()
    yield daemon
    if daemon.process.poll() is None:
        assert daemon.stop() == 0
    hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F 2>/dev/null")


def got(hosts: Hosts) -> dict[str, int]:
    lines = hosts.internet.file("teaching.log").read_text().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n") and line.startswith("{")]
    return json.loads(whole[-1]) if whole else {}


def race(hosts: Hosts, name: str, count: int, family: int = 4, **more: Any) -> dict[str, Any]:
    orders = {"name": name, "count": count, "family": family, "clients": CLIENTS[family], **more}
    done = hosts.client.run(
        sys.executable, str(HERE / "racing_program.py"), json.dumps(orders), timeout=120 + count / 20
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def flow_marks(hosts: Hosts, port: int) -> dict[str, int]:
    """How many flows to the port have which mark of ours."""
    table = hosts.gateway.must("cat", "/proc/net/nf_conntrack")
    marks: dict[str, int] = {}
    for line in table.splitlines():
        if f"dport={port} " in line:
            mark = hex(int(line.split("mark=")[1].split()[0]) >> 20)
            marks[mark] = marks.get(mark, 0) + 1
    return marks


def contacts(daemon: Daemon, **wanted: object) -> list[dict[str, Any]]:
    """The records by address."""
    return [event for event in daemon.events() if event.get("how") == "address" and wanted.items() <= event.items()]


def recorded(daemon: Daemon, **wanted: object) -> int:
    """How many contacts are on record: bursts end with the daemon, which reads what the kernel told to the end."""
    assert daemon.stop() == 0
    return sum(event["count"] for event in contacts(daemon, **wanted))


def losses(daemon: Daemon) -> list[str]:
    return [event["reason"] for event in daemon.events() if event["kind"] == "loss"]


@BOTH
def test_who_connects_the_moment_the_answer_comes_is_flagged_each_time(
    hosts: Hosts, daemon: Daemon, family: int
) -> None:
    said = race(hosts, "flag.acme.test", RACES, family, threads=4)
    assert said["ended"] == {"served": RACES}
    assert said["answers"] == {"address": RACES}
    marks = flow_marks(hosts, 7777)
    assert set(marks) & {"0x0", "0x1"} == set(), f"a flow without its lane: {marks}; {losses(daemon)}"
    assert recorded(daemon, verdict="flag", action="passed") == RACES, losses(daemon)


@BOTH
def test_who_connects_the_moment_the_answer_comes_is_blocked_each_time(
    hosts: Hosts, daemon: Daemon, family: int
) -> None:
    """The name leads to a blocked one, so its answer becomes a refusal; the client knows the address all the same."""
    before = got(hosts)
    said = race(hosts, "alias.test", RACES, family, threads=4)
    assert said["ended"] == {"reset": RACES}
    assert said["answers"] == {"refusal": RACES}
    time.sleep(0.5)
    after = got(hosts)
    assert (after["connections"], after["7777"]) == (before["connections"], before["7777"]), "not a byte arrived"
    assert recorded(daemon, verdict="block", action="reset") == RACES, losses(daemon)


def test_what_the_kernel_told_last_is_on_record_when_the_service_stops(hosts: Hosts, daemon: Daemon) -> None:
    """It reads that it is to stop before it has read what the kernel says of the contacts."""
    race(hosts, "flag.acme.test", 5)
    assert within(20, lambda: contacts(daemon))
    os.kill(daemon.process.pid, signal.SIGSTOP)
    assert race(hosts, "flag.acme.test", 5, start=10_000, ask=False)["ended"] == {"served": 5}
    daemon.process.send_signal(signal.SIGTERM)
    os.kill(daemon.process.pid, signal.SIGCONT)
    assert daemon.process.wait(20) == 0
    assert sum(event["count"] for event in contacts(daemon, verdict="flag")) == 10, contacts(daemon)


@BOTH
def test_an_answer_over_tcp_teaches_before_it_arrives(hosts: Hosts, daemon: Daemon, family: int) -> None:
    said = race(hosts, "flag.acme.test", 100, family, start=10_000, tcp=True)
    assert said["ended"] == {"served": 100}
    assert recorded(daemon, verdict="flag", action="passed") == 100, losses(daemon)


def test_an_answer_is_held_for_as_long_as_the_site_says_from_the_next_reload_on(hosts: Hosts) -> None:
    """The kernel needs 0.7 s for what is told here."""
    policies = put_policies(hosts.gateway)
    daemon = Daemon(hosts.gateway, at=None, policies=policies, datapath="hold_ms = 50", program=SLOW)
    daemon.start()
    try:
        first = race(hosts, "flag.acme.test", 1, start=30_000)
        assert within(20, lambda: losses(daemon))
        time.sleep(1)
        site = hosts.gateway.file("site.toml")
        site.write_text(site.read_text().replace("hold_ms = 50", "hold_ms = 1000"))
        assert daemon.reload()["kind"] == "reload"
        second = race(hosts, "flag.acme.test", 1, start=30_001)
        time.sleep(1.5)
        told = losses(daemon)
    finally:
        daemon.stop()
        hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F 2>/dev/null")
    assert 0.05 <= first["p50"] < 0.7 <= second["p50"]
    assert told == ["1 times answers went on before the kernel had confirmed their addresses (queue 4010)"]


def test_what_another_tool_takes_away_is_taught_again(hosts: Hosts, daemon: Daemon) -> None:
    def known() -> bool:
        listed = hosts.gateway.run("nft", "list", "map", "inet", "enforcer_learned", "pairs4").stdout
        return listed.count("flag.acme.test") == 5

    race(hosts, "flag.acme.test", 5)
    assert known()
    hosts.gateway.must("nft", "delete", "table", "inet", "enforcer_learned")
    until(known, "the pairs", hosts.gateway, daemon.output)
    assert race(hosts, "upd.acme.test", 1, start=20_000)["answers"] == {"refusal": 1}


def test_a_daemon_that_is_dead_still_has_its_learned_addresses_blocked_at_the_instant(hosts: Hosts) -> None:
    """And a reload before that has forgotten none of them, and shared hosting was not learned."""
    try:
        instant = next((instant for ahead in (14, 60) if (instant := learned_before(hosts, ahead))), 0)
        assert race(hosts, "store.acme.test", 3, ask=False)["ended"] == {"served": 3}
        assert time.time() < instant, "too slow a machine for this test"  # noqa: TID251
        time.sleep(max(instant + 0.1 - time.time(), 0))  # noqa: TID251
        assert race(hosts, "store.acme.test", 3, ask=False)["ended"] == {"reset": 3}
        assert race(hosts, "store.acme.test", 3, 6, ask=False)["ended"] == {"reset": 3}
        assert race(hosts, "hosted.acme.test", 3, start=100, ask=False)["ended"] == {"served": 3}
    finally:
        hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F 2>/dev/null")


def learned_before(hosts: Hosts, ahead: int) -> int:
    """The instant, about `ahead` seconds from now: what was learned is in the kernel, and the daemon is dead.

    0 where the machine is too slow for that.
    """
    hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F 2>/dev/null")
    instant = int(time.time()) + ahead  # noqa: TID251 (the kernel's clock)
    second = SECOND.replace("INSTANT", time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(instant)))
    daemon = Daemon(hosts.gateway, at=None, policies=put_policies(hosts.gateway, BAN + second), datapath=PATIENT)
    daemon.start()
    try:
        ended = [race(hosts, "store.acme.test", 3, family)["ended"] for family in (4, 6)]
        ended.append(race(hosts, "hosted.acme.test", 3, start=100)["ended"])
        pairs = hosts.gateway.must("nft", "list", "map", "inet", "enforcer_learned", "pairs4")
        told = daemon.reload()
        again = hosts.gateway.must("nft", "list", "map", "inet", "enforcer_learned", "pairs4")
    finally:
        daemon.kill()
    if time.time() + 4 > instant:  # noqa: TID251
        return 0
    assert ended == [{"served": 3}] * 3
    assert pairs.count("store.acme.test") == again.count("store.acme.test") == 3
    assert "hosted" not in pairs
    assert told["kind"] == "reload"
    return instant
