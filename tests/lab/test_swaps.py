"""Reloads as fast as they are done, and another policy now and then, under load: no packet on the wrong
side, none lost.

A share of it here; the whole is `ENFORCER_RELOADS=1000 ENFORCER_SWAPS=100 .venv/bin/pytest -s tests/lab/test_swaps.py`.
"""

import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import swap_program
from acme_fixtures import WATCHED, ban, head, phase
from acme_fixtures import hosts as rows
from daemon_fixtures import AFTER, inspectors, within

from enforcer.edge.files import shipped_policies
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

# For each number of inspectors.
RELOADS, SWAPS = int(os.environ.get("ENFORCER_RELOADS", "15")), int(os.environ.get("ENFORCER_SWAPS", "3"))
pytestmark = [pytest.mark.lab, pytest.mark.alone, pytest.mark.timeout(max(600, 10 * RELOADS))]
PROGRAM = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("swap_program.py")))
ADDRESSES = [f"198.51.100.{octet}" for octet in (101, 102, 103, 104, 105, 106)]
RATE = "40"
SLACK = 0.5
"""Seconds a client takes to see what the kernel did; on a busy machine longer, by what it found itself held up."""
WAIVER = """
[[waiver]]
id = "W-1"
reason = "the other policy"
ticket = "CHG-1"
approver = "nobody"
starts = 2024-09-01T00:00:00Z
ends = 2024-12-01T00:00:00Z
softens_to = "allow"
vendors = ["kaspersky"]
services = ["store"]
"""
# Their lane stands before all others by its key: numbers by order would change their meaning with each swap.
VENDOR = head("aaa", "Made up") + rows("website", domains=["aaa.test"], ports=["tcp/443"], evidence="strong")
BAN = ban(
    "us-aaa",
    phase("prohibited", "2024-01-01T00:00:00Z", f'block = ["website"], {WATCHED}', summary="Made up."),
    title="Made up",
    vendor="aaa",
)
BLOCKED_BY = {"both": {"first", "other"}, "store": {"first"}, "mine": {"other"}, "judged": set(), "nobody": set()}


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        for name in ("subjects.toml", "vendors/kaspersky.toml", "us/commerce-kaspersky-2024.toml"):
            file = hosts.gateway.file(f"policies/{name}")
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(shipped_policies() / name, file)
        yield hosts


class Swapping:
    """Writes one policy or the other, and knows when which may have been in force."""

    def __init__(self, hosts: Hosts, daemon: Daemon) -> None:
        self._daemon = daemon
        self._policies = hosts.gateway.file("policies")
        self._output = hosts.gateway.file(daemon.output)
        self._read = 0
        self.current = "first"
        self.since = [(0.0, float("inf"), "first")]
        """From when until when, and which; two overlap while one replaces the other."""

    def write(self, which: str) -> None:
        for place, text in (("vendors/aaa.toml", VENDOR), ("us/aaa.toml", BAN)):
            if which == "other":
                (self._policies / place).write_text(text)
            else:
                (self._policies / place).unlink(missing_ok=True)
        self._daemon.write_site(WAIVER if which == "other" else "")

    def reload(self, swap: bool) -> None:
        which = self.current
        if swap:
            which = "other" if self.current == "first" else "first"
            self.write(which)
        asked = time.monotonic()
        self._daemon.process.send_signal(signal.SIGHUP)
        told = self._answer()
        done = time.monotonic()
        assert told["kind"] == "reload", told
        if which != self.current:
            begun, _, was = self.since[-1]
            self.since[-1] = (begun, done, was)
            self.since.append((asked, float("inf"), which))
            self.current = which

    def in_force(self, since: float, until: float) -> set[str]:
        return {which for begun, ended, which in self.since if since <= ended and until >= begun}

    def _answer(self) -> dict[str, Any]:
        """The daemon's word on the reload: its output is read on from where we stopped."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with self._output.open("rb") as output:
                output.seek(self._read)
                new = output.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read += len(whole)
            for line in whole.splitlines():
                if b'"kind": "reload"' in line or b'"kind": "error"' in line:
                    return dict(json.loads(line))
            time.sleep(0.005)
        raise AssertionError("no answer to the reload")


def wrong(swapping: Swapping, done: list[Any]) -> list[Any]:
    """The requests whose fate no policy gives that was in force meanwhile."""
    found = []
    for one in done:
        _, kind, began, ended, word = one
        fates = {"blocked" if which in BLOCKED_BY[kind] else "free" for which in swapping.in_force(began, ended)}
        if word not in fates:
            found.append([*one, sorted(fates)])
    return found


def astray(swapping: Swapping, lives: list[Any], slack: float) -> list[Any]:
    """The live connections that were cut while they might live, or lived when they were to be cut."""
    found = []
    for kind, _, last, how in lives:
        heard, after = swapping.in_force(last - slack, last), swapping.in_force(last, last + 2 * slack)
        if (kind == "live-store" and "other" not in heard) or (
            how == "cut" and (kind != "live-store" or "first" not in after)
        ):
            found.append([kind, last, how, sorted(heard), sorted(after)])
    return found


@pytest.mark.parametrize("inspectors", [1, 2])
def test_no_packet_falls_on_the_wrong_side_of_a_reload_and_none_is_lost(hosts: Hosts, inspectors: int) -> None:
    hosts.gateway.must("conntrack", "-F")
    # One client is the whole network here.
    datapath = f"inspectors = {inspectors}\nclient_share = 100"
    daemon = Daemon(hosts.gateway, at=AFTER, policies=f"{SPOOL}/policies", datapath=datapath)
    swapping = Swapping(hosts, daemon)
    swapping.write("first")
    daemon.start()
    server = hosts.internet.start(*PROGRAM, "serve", f"{SPOOL}/serve.json", *ADDRESSES, output="serve.log")
    until(lambda: "serving" in hosts.internet.file("serve.log").read_text(), "the server", hosts.internet, "serve.log")
    load = hosts.client.start(*PROGRAM, "load", f"{SPOOL}/load.json", RATE, *ADDRESSES, output="load.log")
    until(lambda: "loading" in hosts.client.file("load.log").read_text(), "the load", hosts.client, "load.log")
    began = time.monotonic()
    for number in range(RELOADS):
        swapping.reload(swap=number % (RELOADS // SWAPS) == 0)
    took = time.monotonic() - began
    load.terminate()
    assert load.wait(2 * swap_program.LISTENS) == 0, hosts.client.file("load.log").read_text()
    server.terminate()
    server.wait(30)
    assert daemon.stop() == 0
    seen = json.loads(hosts.internet.file("serve.json").read_text())
    told = json.loads(hosts.client.file("load.json").read_text())
    count = Counter(f"{protocol} {kind} {word}" for protocol, kind, _, _, word in told["done"])
    losses = [event["reason"] for event in daemon.events() if event["kind"] in ("loss", "repair", "inspector")]
    losses = [reason for reason in losses if "did not reach syslog" not in reason]  # there is none in this lab
    lives = Counter(f"{kind} {how}" for kind, _, _, how in told["lives"])
    print(
        f"\n{inspectors} inspectors: {RELOADS} reloads, {len(swapping.since) - 1} swaps in {took:.1f} s",
        sorted(count.items()),
        f"retransmissions {told['retransmissions']}",
        f"live {dict(lives)}",
        f"told {losses}",
        f"server {seen}",
        sep="\n  ",
    )
    # The ports of a blocked connection whose end the kernel has not seen, used again: docs/performance.md counts them.
    named = [one for one in told["done"] if one[-1] != "refused"]
    assert len(told["done"]) - len(named) <= 1 + len(named) // 2000
    assert wrong(swapping, named) == []
    assert astray(swapping, told["lives"], SLACK + 2 * told["lag"]) == []
    assert {"live-free alive", "live-nobody alive"} < set(lives)
    assert "live-store cut" in lives
    assert "dns both" not in seen
    assert "tls both" not in seen
    assert {one.split()[1] for one in count} == set(BLOCKED_BY)
    assert losses == []


SLOWLY = """
import socket, sys, time
hello = bytes.fromhex(sys.argv[2])
link = socket.create_connection((sys.argv[1], 443))
link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
link.sendall(hello[:150])
print("begun", flush=True)
time.sleep(float(sys.argv[3]))
link.sendall(hello[150:])
print("said", flush=True)
link.settimeout(5)
try:
    print("heard", link.recv(6), flush=True)
except OSError as fault:
    print(type(fault).__name__, flush=True)
"""


def test_what_is_sent_again_to_a_slow_inspector_is_not_taken_for_something_new(hosts: Hosts) -> None:
    """The copy waits behind the segment that completes the name, and is judged when that one was."""
    daemon = Daemon(hosts.gateway, at=AFTER, policies=f"{SPOOL}/policies")
    daemon.start()
    server = hosts.internet.start(*PROGRAM, "serve", f"{SPOOL}/seen.json", "198.51.100.101", output="serve.log")
    until(lambda: "serving" in hosts.internet.file("serve.log").read_text(), "the server", hosts.internet, "serve.log")
    words = swap_program.hello("n1.upd.kaspersky.com").hex()
    client = hosts.client.start(sys.executable, "-c", SLOWLY, "198.51.100.101", words, "0.5", output="slowly.log")
    assert within(30, lambda: "begun" in hosts.client.file("slowly.log").read_text())
    (inspector,) = inspectors(daemon)
    os.kill(inspector, signal.SIGSTOP)
    time.sleep(1.4)
    os.kill(inspector, signal.SIGCONT)
    client.wait(30)
    server.terminate()
    server.wait(30)
    assert "ConnectionResetError" in hosts.client.file("slowly.log").read_text()
    assert json.loads(hosts.internet.file("seen.json").read_text()) == {}
    assert daemon.stop() == 0


def test_the_server_is_reset_too_where_both_segments_wait_together(hosts: Hosts) -> None:
    """It obeys only at the number that it expects next: what was said before must have arrived."""
    daemon = Daemon(hosts.gateway, at=AFTER, policies=f"{SPOOL}/policies")
    daemon.start()
    server = hosts.internet.start(*PROGRAM, "serve", f"{SPOOL}/seen.json", "198.51.100.101", output="serve.log")
    until(lambda: "serving" in hosts.internet.file("serve.log").read_text(), "the server", hosts.internet, "serve.log")
    (inspector,) = inspectors(daemon)
    os.kill(inspector, signal.SIGSTOP)
    words = swap_program.hello("n1.upd.kaspersky.com").hex()
    client = hosts.client.start(sys.executable, "-c", SLOWLY, "198.51.100.101", words, "0.02", output="slowly.log")
    # Before the client says the first one again, or the fault of the second would be mended by chance.
    assert within(10, lambda: "said" in hosts.client.file("slowly.log").read_text())
    os.kill(inspector, signal.SIGCONT)
    client.wait(30)
    assert "ConnectionResetError" in hosts.client.file("slowly.log").read_text()
    listed = ("ss", "-Htn", "state", "established", "sport = :443")
    assert within(20, lambda: not hosts.internet.must(*listed)), hosts.internet.must(*listed)
    server.terminate()
    server.wait(30)
    assert daemon.stop() == 0
