"""The daemon's life as its operator knows it: start, reload, stop, and a death that nobody asked for."""

import signal
import time
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, within

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import SLOW, until
from enforcer.model.errors import EdgeError

pytestmark = pytest.mark.lab


def rules(gateway: Host) -> list[str]:
    """All that can be in the kernel, by both tools."""
    saved = [gateway.must(f"{tool}-nft-save") for tool in ("iptables", "ip6tables")]
    plain = [line for text in saved for line in text.splitlines() if not line.startswith("#")]
    return [gateway.must("nft", "list", "ruleset"), *plain]


def look_up(client: Host, name: str, *more: str) -> str:
    return client.run("dig", "+tries=1", "+time=10", "+short", *more, name).stdout.strip()


def fetch(client: Host, name: str, *more: str) -> str:
    """Over HTTPS, by an address of its own."""
    command = ("curl", "-sS", "-m", "20", "--resolve", f"{name}:443:{zone.address(name)}", *more, f"https://{name}/")
    done = client.run(*command)
    return done.stdout + done.stderr


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_the_rules_as_they_were(clean: Hosts, told: signal.Signals) -> None:
    others = "table inet mine { chain c { type filter hook forward priority 0; ip daddr 192.0.2.1 drop; }; }"
    clean.gateway.must("nft", others)
    clean.gateway.must("iptables-nft", "-t", "mangle", "-A", "PREROUTING", "-d", "192.0.2.2", "-j", "ACCEPT")
    before = rules(clean.gateway)
    daemon = Daemon(clean.gateway, at=AFTER)
    daemon.start()
    assert rules(clean.gateway) != before
    daemon.process.send_signal(told)
    assert daemon.process.wait(60) == 0
    assert rules(clean.gateway) == before


def test_killed_open_lets_traffic_flow(clean: Hosts) -> None:
    daemon = Daemon(clean.gateway, at=AFTER, fail="open")
    daemon.start()
    assert "reset" in fetch(clean.client, zone.UPDATE)
    download = slow_download(clean, zone.OTHER)
    daemon.kill()
    assert look_up(clean.client, zone.OTHER) == zone.address(zone.OTHER)
    assert look_up(clean.client, zone.UPDATE) == zone.address(zone.UPDATE)
    assert "you reached" in fetch(clean.client, zone.OTHER)
    assert "you reached" in fetch(clean.client, zone.UPDATE)
    assert grows(clean, download)


def test_killed_closed_keeps_what_was_decided_and_drops_the_rest(clean: Hosts) -> None:
    daemon = Daemon(clean.gateway, at=AFTER, fail="closed")
    daemon.start()
    assert "reset" in fetch(clean.client, zone.UPDATE)
    download = slow_download(clean, zone.OTHER)
    daemon.kill()
    # Another name is looked up and reached or not: where the kernel has the classifier, that needs no judge. HTTP does.
    assert "no servers could be reached" in look_up(clean.client, zone.UPDATE, "+time=1")
    assert "you reached" not in fetch(clean.client, zone.UPDATE, "-m", "2")
    plain = f"http://{zone.OTHER}/", "--resolve", f"{zone.OTHER}:80:{zone.address(zone.OTHER)}"
    assert "you reached" not in clean.client.run("curl", "-sS", "-m", "2", *plain).stdout
    assert grows(clean, download), "what was decided goes on"


def test_started_again_after_a_kill_it_is_in_force_and_then_leaves_nothing(clean: Hosts) -> None:
    before = rules(clean.gateway)
    first = Daemon(clean.gateway, at=AFTER, fail="closed")
    first.start()
    first.kill()
    second = Daemon(clean.gateway, at=AFTER, fail="closed")
    second.start()
    assert look_up(clean.client, zone.OTHER) == zone.address(zone.OTHER)
    assert look_up(clean.client, zone.UPDATE) == ""
    assert second.stop() == 0
    assert rules(clean.gateway) == before


def test_no_inspector_outlives_a_kill(clean: Hosts) -> None:
    daemon = Daemon(clean.gateway, at=AFTER)
    daemon.start()
    pid = daemon.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert children
    daemon.kill()
    deadline = time.monotonic() + 20
    while alive := [child for child in children if Path(f"/proc/{child}").exists()]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        time.sleep(0.05)


def test_a_reload_takes_the_changed_policy(clean: Hosts) -> None:
    daemon = Daemon(clean.gateway, at=AFTER)
    daemon.start()
    assert look_up(clean.client, zone.UPDATE) == ""
    assert look_up(clean.client, zone.OTHER) == zone.address(zone.OTHER)
    daemon.write_site('subjects = ["us-exporter"]\nbans = []\n')
    assert daemon.reload()["kind"] == "reload"
    assert look_up(clean.client, zone.UPDATE) == zone.address(zone.UPDATE)
    daemon.write_site('subjects = ["nobody known"]\n')
    refused = daemon.reload()
    assert refused["kind"] == "error"
    assert "nobody known" in refused["reason"]
    assert look_up(clean.client, zone.UPDATE) == zone.address(zone.UPDATE), "the last good policy stays"
    assert daemon.stop() == 0


def test_a_daemon_that_cannot_start_says_why_and_changes_nothing(clean: Hosts) -> None:
    before = rules(clean.gateway)
    daemon = Daemon(clean.gateway, at=AFTER, site="colour = 3\n")
    with pytest.raises(EdgeError, match=r"the daemon ended with 3: .*colour"):
        daemon.start()
    assert rules(clean.gateway) == before


def test_the_gateways_own_traffic_is_judged_too(clean: Hosts) -> None:
    daemon = Daemon(clean.gateway, at=AFTER)
    daemon.start()
    assert look_up(clean.gateway, zone.UPDATE) == ""
    assert "reset" in fetch(clean.gateway, zone.UPDATE)
    assert "you reached" in fetch(clean.gateway, zone.OTHER)
    assert daemon.stop() == 0


def slow_download(hosts: Hosts, name: str) -> str:
    """A download that is running and decided; gives the file that grows."""
    place = f"{name}:80:{zone.address(name)}"
    hosts.client.start("curl", "-s", "-N", "--resolve", place, f"http://{name}{SLOW}", output="download")
    until(lambda: size(hosts, "download") > 0, "the download", hosts.client, "download")
    return "download"


def grows(hosts: Hosts, file: str) -> bool:
    before = size(hosts, file)
    return within(20, lambda: size(hosts, file) > before)


def size(hosts: Hosts, file: str) -> int:
    return hosts.client.file(file).stat().st_size
