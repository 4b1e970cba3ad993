"""A daemon with a large list: judged by, replaced at a reload, kept when the new one is broken, in memory once."""

import re
from pathlib import Path

import pytest

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Host, Hosts

pytestmark = pytest.mark.lab

AT = "2031-01-15T12:00:00Z"
PAGE = (Path(__file__).parents[2] / "docs/policy.md").read_text(encoding="utf-8")
MANY = [f"h{number}.acme.example" for number in range(60_000)]


class Set:
    """The policies of docs/policy.md on the gateway, Acme's updates in a list."""

    def __init__(self, gateway: Host) -> None:
        self.folder = gateway.file("policies")
        for name, text in re.findall(r"^`(\w+/[\w.-]+\.toml)`:\n\n```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace('names = ["cdn-7.acme.example"]', 'names_list = "lists/updates.txt"'))
        (self.folder / "lists").mkdir()

    def put(self, *names: str) -> None:
        (self.folder / "lists/updates.txt").write_text("".join(f"{name}\n" for name in names))


def looked_up(client: Host, name: str) -> bool:
    return client.run("dig", "+tries=1", "+time=10", "+short", name).stdout.strip() == zone.address(name)


def private_kib(daemon: Daemon) -> dict[int, int]:
    """By process of the daemon, the memory of the policy's arena that only it maps, in KiB."""
    children = Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children").read_text().split()
    found = {}
    for pid in map(int, children):
        parts = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{pid}/smaps").read_text(), flags=re.MULTILINE)
        ours = [part for part in parts if "enforcer-policy" in part.partition("\n")[0]]
        found[pid] = sum(int(kib) for part in ours for kib in re.findall(r"^Private_\w+: +(\d+)", part, re.MULTILINE))
        assert ours
    return found


def test_a_large_list_is_judged_by_reloaded_and_kept_when_the_next_is_broken(hosts: Hosts) -> None:
    policies = Set(hosts.gateway)
    policies.put(*MANY, zone.OTHER)
    site = 'subjects = ["xx-person"]\n'
    daemon = Daemon(hosts.gateway, at=AT, site=site, datapath="inspectors = 2", policies=f"{SPOOL}/policies")
    daemon.start()
    assert not looked_up(hosts.client, zone.OTHER)
    assert looked_up(hosts.client, zone.UPDATE)

    policies.put(*MANY, zone.UPDATE)
    assert daemon.reload()["kind"] == "reload"
    assert looked_up(hosts.client, zone.OTHER)
    assert not looked_up(hosts.client, zone.UPDATE)
    assert set(private_kib(daemon).values()) == {0}, "both inspectors and the supervisor share each page"

    policies.put(zone.OTHER)
    refused = daemon.reload()
    assert refused["kind"] == "error"
    assert "lists/updates.txt: has 1 patterns, and 60,001 are in force" in refused["reason"]
    assert looked_up(hosts.client, zone.OTHER)
    assert not looked_up(hosts.client, zone.UPDATE)
    assert daemon.stop() == 0
