"""Run in the emulated machine only (tests/vm/run.sh): the ban's last date passes on the machine's own clock.

No --at, no shifted calendar: the real daemon, the kernel's own seconds, and `date`. It is a fact, not a trial.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kernel_fixtures import SLOWER

from enforcer.edge.files import shipped_policies
from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, STORE, Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import SLOW, Servers, until

BOUNDARY = 1727582400  # 2024-09-29T04:00:00Z, midnight in Washington
READY_BEFORE = 200.0
"""Seconds that the start of the daemon and the first look-ups take here: 59 s at a load of 15, more than 120 at 20."""

DOWNLOAD_BEFORE = 75.0
"""Seconds. A download lasts for 160."""


def now() -> float:
    return time.time()  # noqa: TID251 (the machine's clock is what this is about)


def set_clock(at: float) -> None:
    subprocess.run(["date", "-u", "-s", f"@{at:.0f}"], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.patience = 10 * SLOWER
        servers.start()
        yield hosts


@pytest.fixture(scope="module")
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    if not BOUNDARY - 340 < now() < BOUNDARY - READY_BEFORE:
        print(f"VM the clock stood at {now() - BOUNDARY:+.0f} s from the boundary: set", flush=True)
        set_clock(BOUNDARY - READY_BEFORE)
    daemon = Daemon(hosts.gateway, at=None, policies=one_ban(hosts))
    daemon.patience = READY_BEFORE
    daemon.start()
    print(f"VM the daemon is in force {now() - BOUNDARY:+.0f} s from the boundary", flush=True)
    assert now() < BOUNDARY - 5, "too slow to see the time before"
    yield daemon
    assert daemon.stop() == 0


def one_ban(hosts: Hosts) -> str:
    """The shipped files of that ban alone: to read all of them takes this machine a minute."""
    for file in ("vendors/kaspersky.toml", "us/commerce-kaspersky-2024.toml", "subjects.toml"):
        place = hosts.gateway.file(f"policies/{file}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((shipped_policies() / file).read_bytes())
    return f"{SPOOL}/policies"


def looked_up(hosts: Hosts, name: str) -> str:
    told = hosts.client.run("dig", "+tries=1", "+time=9", name, "A").stdout
    status = told.split("status: ")[1].split(",")[0] if "status: " in told else "no answer"
    return f"{status} EDE 15" if "EDE: 15" in told else status


def download(hosts: Hosts, name: str, output: str) -> "subprocess.Popen[bytes]":
    """By the shell: to load curl with its libraries takes this machine ten seconds."""
    request = rf"GET {SLOW} HTTP/1.1\r\nHost: {name}\r\n\r\n"
    script = f"exec 3<>/dev/tcp/{zone.address(name)}/80 && printf '{request}' >&3 && exec cat <&3 >/dev/null"
    return hosts.client.start("bash", "-c", script, output=output)


def test_the_day_comes(hosts: Hosts, daemon: Daemon) -> None:
    assert looked_up(hosts, zone.UPDATE) == "NOERROR"
    time.sleep(max(0.0, BOUNDARY - DOWNLOAD_BEFORE - now()))
    cut, free = download(hosts, zone.UPDATE, "cut"), download(hosts, zone.OTHER, "free")
    flowing = lambda: len([e for e in daemon.events() if e.get("how") == "http"]) > 0  # noqa: E731
    until(flowing, "the download's record", hosts.gateway, daemon.output, seconds=60)
    assert now() < BOUNDARY, "too slow to see the time before"
    assert (cut.poll(), free.poll()) == (None, None)
    while cut.poll() is None and now() < BOUNDARY + 10:
        time.sleep(0.02)
    ended = now() - BOUNDARY
    print(f"VM the live download was cut {ended:+.2f} s from the boundary", flush=True)
    assert 0 <= ended < 2
    assert "reset by peer" in hosts.client.file("cut").read_text()
    assert looked_up(hosts, zone.UPDATE) == "NXDOMAIN EDE 15"
    assert looked_up(hosts, zone.OTHER) == "NOERROR"
    assert free.poll() is None
    free.kill()
    free.wait()
    until(lambda: "cut" in actions(daemon), "the cut's record", hosts.gateway, daemon.output, seconds=60)
    phases = [event for event in daemon.events() if event["kind"] == "phase"]
    assert [event["at"] for event in phases] == ["2024-09-29T04:00:00Z"]
    assert not any(event["simulated"] for event in daemon.events())


def actions(daemon: Daemon) -> set[str]:
    return {str(event.get("action")) for event in daemon.events()}


def clocks(daemon: Daemon) -> list[dict[str, Any]]:
    return [event for event in daemon.events() if event["kind"] == "clock"]


def test_a_clock_that_is_set_is_recorded_and_obeyed(hosts: Hosts, daemon: Daemon) -> None:
    """Back before the boundary, and forward over it again."""
    set_clock(BOUNDARY - 3600)
    until(lambda: len(clocks(daemon)) == 1, "the record of the clock", hosts.gateway, daemon.output, seconds=60)
    assert "set back by" in clocks(daemon)[0]["reason"]
    assert looked_up(hosts, zone.UPDATE) == "NOERROR"
    live = download(hosts, zone.DOWNLOAD, "live")
    until(
        lambda: daemon.events()[-1].get("name") == zone.DOWNLOAD,
        "the download",
        hosts.gateway,
        daemon.output,
        seconds=60,
    )
    set_clock(BOUNDARY + 60)
    until(lambda: len(clocks(daemon)) == 2, "the record of the clock", hosts.gateway, daemon.output, seconds=60)
    assert "set forward by" in clocks(daemon)[1]["reason"]
    live.wait(30)
    assert "reset by peer" in hosts.client.file("live").read_text()
    assert looked_up(hosts, zone.UPDATE) == "NXDOMAIN EDE 15"


def test_the_audit_counts_it_as_fact(hosts: Hosts, daemon: Daemon) -> None:
    del daemon
    told = json.loads(
        hosts.gateway.must(
            *ENFORCER, "audit", "--store", STORE, "--policies", one_ban(hosts), "--since", "2h", "--json"
        )
    )
    assert told["simulated"] is False
    assert {row["action"] for row in told["happened"]["rows"]} >= {"passed", "answered", "cut"}
