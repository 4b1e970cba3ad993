"""Mode tap with the real daemon at a mirror port, behind a plain gateway: all is seen, nothing is stopped."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, STORE, Daemon
from enforcer.lab.hosts import RESOLVER, Hosts
from enforcer.lab.servers import Servers, until
from enforcer.model.errors import EdgeError

pytestmark = pytest.mark.lab

AFTER = "2024-10-01T12:00:00Z"
TAP = 'mode = "tap"\ninterfaces = ["span1"]'
PROGRAM = str(Path(__file__).parent / "mirror_program.py")
# Both ways at the clients' side, as a switch copies them.
MIRROR = """
ip link add span0 mtu 9000 type veth peer name span1 mtu 9000
ip link set span0 up; ip link set span1 up
tc qdisc add dev lan clsact
for way in ingress egress; do
  tc filter add dev lan $way protocol all u32 match u32 0 0 action mirred egress mirror dev span0
done
"""
CLIENTS = {4: "10.77.1.2", 6: "fd77:1::2"}


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        Servers(hosts).start()
        hosts.gateway.must("sh", "-ec", MIRROR)
        yield hosts


@contextmanager
def watching(hosts: Hosts, at: str | None = AFTER) -> Iterator[Daemon]:
    daemon = Daemon(hosts.gateway, at=at, datapath=TAP)
    daemon.start()
    try:
        yield daemon
    finally:
        if daemon.process.poll() is None:
            assert daemon.stop() == 0


@pytest.fixture(scope="module")
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    with watching(hosts) as daemon:
        yield daemon


@pytest.fixture
def alone(daemon: Daemon) -> None:
    """The module's daemon has ended; tests that need it stand above."""
    if daemon.process.poll() is None:
        assert daemon.stop() == 0


def fetch(hosts: Hosts, name: str, scheme: str = "https", family: int = 4) -> str:
    """A client that does all as usual."""
    return hosts.client.run("curl", "-sS", "-m", "20", f"-{family}", f"{scheme}://{name}/").stdout


def seen(hosts: Hosts, daemon: Daemon, act: Callable[[], object], count: int) -> list[dict[str, Any]]:
    """The events by which the daemon tells what was done."""
    before = len(daemon.events())
    act()
    told = lambda: len(daemon.events()) >= before + count  # noqa: E731
    until(told, f"{count} records", hosts.gateway, daemon.output)
    # Nothing of others' names, and nothing twice: a last question comes after all.
    hosts.client.run("dig", "+short", zone.REPUTATION)
    until(lambda: daemon.events()[-1].get("name") == zone.REPUTATION, "the last", hosts.gateway, daemon.output)
    return daemon.events()[before:-1]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(("scheme", "how"), [("https", "tls"), ("http", "http")])
def test_what_would_be_blocked_passes_and_is_seen(
    hosts: Hosts, daemon: Daemon, family: int, scheme: str, how: str
) -> None:
    name = {("tls", 4): zone.UPDATE, ("tls", 6): zone.DOWNLOAD, ("http", 4): zone.DOWNLOAD, ("http", 6): zone.UPDATE}[
        how, family
    ]
    said: list[str] = []
    events = seen(hosts, daemon, lambda: said.append(fetch(hosts, name, scheme, family)), 2)
    assert said[0].startswith(f"you reached {name} at {zone.address(name, family)}")
    assert {(event["mode"], event["verdict"], event["action"]) for event in events} == {("tap", "block", "seen")}
    assert [event["how"] for event in events] == ["dns", how]
    assert events[-1]["client"] == CLIENTS[family]
    assert events[-1]["server"] == zone.address(name, family)


def test_others_leave_no_trace_and_no_rule_stands(hosts: Hosts, daemon: Daemon) -> None:
    said: list[str] = []
    assert seen(hosts, daemon, lambda: said.append(fetch(hosts, zone.OTHER)), 0) == []
    assert said[0].startswith(f"you reached {zone.OTHER}")
    assert hosts.gateway.must("nft", "list", "ruleset") == ""
    assert hosts.gateway.must("cat", "/proc/net/netfilter/nfnetlink_queue") == ""


def test_a_bulk_download_is_whole_and_hardly_copied(hosts: Hosts, daemon: Daemon) -> None:
    said = hosts.client.run(
        "curl", "-sS", "-o", "/dev/null", "-w", "%{size_download}", f"http://{zone.OTHER}/bases/fast.bin"
    )
    assert said.stdout == str(64 * 1024 * 1024)
    assert not [event for event in daemon.events() if event["kind"] == "loss"]


def test_alerts_are_sent(hosts: Hosts, daemon: Daemon) -> None:
    log = Servers(hosts).log
    before = len(log())
    hosts.client.run("dig", f"@{RESOLVER[1]}", zone.ALIAS, "AAAA")
    until(lambda: len(log()) > before, "the alert", hosts.gateway, daemon.output)
    entry = log()[-1]
    assert entry["severity"] == "warning"
    assert entry["data"]["enforcer@32473"]["action"] == "seen"
    assert entry["data"]["enforcer@32473"]["mode"] == "tap"


def test_an_interface_that_goes_and_comes_is_told(hosts: Hosts, daemon: Daemon) -> None:
    def kinds() -> list[str]:
        return [event["kind"] for event in daemon.events() if event["kind"] in ("error", "repair")]

    hosts.gateway.must("ip", "link", "set", "span1", "down")
    until(lambda: kinds() == ["error"], "the error", hosts.gateway, daemon.output)
    hosts.gateway.must("ip", "link", "set", "span1", "up")
    until(lambda: kinds() == ["error", "repair"], "the repair", hosts.gateway, daemon.output)
    assert len(seen(hosts, daemon, lambda: hosts.client.run("dig", zone.UPDATE), 1)) == 1


def test_a_reload_goes_on_watching_and_cannot_change_the_mode(hosts: Hosts, daemon: Daemon) -> None:
    daemon.write_site('subjects = ["us-person"]')
    assert daemon.reload()["kind"] == "reload"
    assert len(seen(hosts, daemon, lambda: hosts.client.run("dig", zone.DOWNLOAD), 1)) == 1
    site = hosts.gateway.file("site.toml")
    site.write_text(site.read_text().replace('mode = "tap"', 'mode = "inline"'))
    assert "mode changed from 'tap' to 'inline'" in daemon.reload()["reason"]


@pytest.mark.parametrize("tags", [["8100:7"], ["88a8:9", "8100:7"]], ids=["one tag", "two tags"])
@pytest.mark.usefixtures("alone")
def test_behind_vlan_tags(hosts: Hosts, tags: list[str]) -> None:
    hosts.gateway.must(
        "sh",
        "-c",
        "ip link add far0 mtu 9000 type veth peer name far1 mtu 9000; ip link set far0 up; ip link set far1 up",
    )
    mirror = hosts.gateway.start(sys.executable, PROGRAM, "lan", "far0", *tags, output="mirror.log")
    until(
        lambda: "mirroring" in hosts.gateway.file("mirror.log").read_text(), "the mirror", hosts.gateway, "mirror.log"
    )
    try:
        daemon = Daemon(hosts.gateway, at=AFTER, datapath=TAP.replace("span1", "far1"))
        daemon.start()
        for family in (4, 6):
            events = seen(hosts, daemon, lambda family=family: fetch(hosts, zone.UPDATE, "https", family), 2)  # type: ignore[misc]
            assert [(event["how"], event["action"], event["client"]) for event in events] == [
                ("dns", "seen", events[0]["client"]),
                ("tls", "seen", CLIENTS[family]),
            ]
        assert daemon.stop() == 0
    finally:
        mirror.kill()
        mirror.wait()
        hosts.gateway.must("ip", "link", "del", "far0")


@pytest.mark.usefixtures("alone")
def test_the_audit_says_that_nothing_was_enforced(hosts: Hosts) -> None:
    """By the machine's own clock, which stands after the ban's last date: facts, not a trial."""
    with watching(hosts, at=None):
        hosts.client.run("dig", zone.UPDATE)
        until(lambda: bool(audit(hosts)["happened"]["rows"]), "the record", hosts.gateway, "rsyslog.log")
        said = hosts.gateway.must(*ENFORCER, "audit", "--store", STORE, "--since", "1h")
    assert "in mode tap: traffic is seen and flagged, nothing is enforced" in " ".join(said.split())
    assert "seen, not enforced (mode tap)" in said
    assert [gap["cause"] for gap in audit(hosts)["happened"]["gaps"]][-2:] == ["seen-only", "stopped"]


def audit(hosts: Hosts) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        hosts.gateway.must(*ENFORCER, "audit", "--store", STORE, "--since", "1h", "--json")
    )
    return told


@pytest.mark.usefixtures("alone")
def test_rules_that_a_killed_daemon_left_end_the_start(hosts: Hosts) -> None:
    inline = Daemon(hosts.gateway, at=AFTER)
    inline.start()
    inline.kill()
    with pytest.raises(EdgeError, match="rules of an enforcer that was killed stand in the kernel"):
        Daemon(hosts.gateway, at=AFTER, datapath=TAP).start()
    hosts.gateway.must(*ENFORCER, "panic-off")
    with watching(hosts):
        pass


@pytest.mark.usefixtures("alone")
def test_what_it_lacks_ends_the_start(hosts: Hosts) -> None:
    run = (*ENFORCER, "run", "--mode", "tap", "--store", "/run/lab/other.sqlite")
    assert "needs the interfaces" in hosts.gateway.run(*run).stderr
    missing = hosts.gateway.run(*run, "--interface", "span9")
    assert (missing.returncode, "there is no interface span9" in missing.stderr) == (1, True)
    bare = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--")
    refused = hosts.gateway.run(*bare, *run, "--interface", "span1")
    assert (refused.returncode, "missing CAP_NET_RAW" in refused.stderr) == (4, True)
