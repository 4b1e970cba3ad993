"""A gateway in namespaces of its own, in which the doctor looks around, things break, and cures are followed."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from acme_fixtures import HEAD, acme_2024, hosts, phase
from click.testing import CliRunner
from namespace_fixtures import ROOT, apart, unshared

from enforcer.cli.main import main

NEW_MOUNTS = 0x20000
BIN = ROOT / ".venv/bin"
PATIENCE = 60.0
ETC = ("passwd", "group", "shadow", "gshadow", "login.defs", "nsswitch.conf", "hosts")

NETWORK = """
ip link add wan type veth peer name beyond
ip addr add 192.0.2.2/24 dev wan && ip link set wan up && ip link set beyond up
ip link add lan type veth peer name client
ip addr add 10.1.0.1/24 dev lan && ip addr add fd00:1::1/64 dev lan nodad && ip link set lan up && ip link set client up
ip route add default via 192.0.2.1
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
"""


class Stage:
    """Made inside the namespaces: all files are in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site.toml"
        self.policies = folder / "policies"
        self.arguments = ["--policies", str(self.policies)]
        """More for the doctor, and for the daemon. These policies load quickly."""
        self.instead: dict[str, Callable[[], object]] = {}
        """What is done where a step cannot be run here, by the beginning of its text."""
        self.followed: list[str] = []
        os.environ["PATH"] = f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        os.environ["SYSTEMD_OFFLINE"] = "1"
        os.chdir(ROOT)
        self.write_site()
        self.write_policies()
        self.sh(NETWORK)

    def write_site(self, **tables: Mapping[str, str]) -> None:
        """The site file of a gateway that is well, with these keys added: values are TOML."""
        whole: dict[str, dict[str, str]] = {
            "datapath": {},
            "output": {"store": f'"{self.folder}/events.sqlite"', "syslog": f'"{self.folder}/log"'},
            "control": {"socket": f'"{self.folder}/control"'},
            "bypass": {},
        }
        for table, keys in tables.items():
            whole[table].update(keys)
        lines = (f"[{table}]\n{_keys(keys)}" for table, keys in whole.items())
        self.site.write_text("\n".join(lines))

    def write_policies(self, year: int = 2026) -> None:
        """A vendor and a ban on it, verified in that year."""
        (self.policies / "vendors").mkdir(parents=True, exist_ok=True)
        full = phase("full", "2024-01-01T00:00:00Z", 'otherwise = "block", undecodable = "observe"', summary="all")
        vendor = HEAD + hosts("update", domains=["acme.test"])
        for name, text in (("vendors/acme.toml", vendor), ("acme-2024.toml", acme_2024(full))):
            (self.policies / name).write_text(re.sub("(verified_[a-z]+) = 2026", rf"\1 = {year}", text))

    def sh(self, script: str) -> str:
        done = subprocess.run(
            ["sh", "-ec", script], capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT, check=False
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def etc(self) -> None:
        """An /etc with users and nothing else."""
        new = self.folder / "etc"
        new.mkdir()
        for name in ETC:
            if os.access(Path("/etc") / name, os.R_OK):
                shutil.copy(Path("/etc") / name, new / name)
        self.sh(f"mount --bind {new} /etc")

    def programs(self, **scripts: str) -> Callable[[], None]:
        """These programs stand before all others of their names; what is returned takes them away."""
        place = Path(tempfile.mkdtemp(dir=self.folder))
        for name, script in scripts.items():
            (place / name).write_text(f"#!/bin/sh\n{script}\n")
            (place / name).chmod(0o755)
        before = os.environ["PATH"]
        os.environ["PATH"] = f"{place}:{before}"
        return lambda: os.environ.update(PATH=before)

    def look(self, check: str) -> list[dict[str, Any]]:
        """The findings of one check."""
        words = ["doctor", "--only", check, "--config", str(self.site), "--json", *self.arguments]
        done = CliRunner().invoke(main, words)
        assert done.exit_code in (0, 1, 2, 3) and done.stdout.startswith("{"), (done.output, done.exc_info)
        findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
        assert {one["check"] for one in findings} == {check}
        return findings

    def follow(self, finding: dict[str, Any]) -> None:
        """Does what its cure says, step by step."""
        assert finding["cures"], finding
        for cure in finding["cures"]:
            text = cure["text"]
            self.followed.append(text)
            other = next((done for beginning, done in self.instead.items() if text.startswith(beginning)), None)
            if other is not None:
                other()
            elif cure["kind"] == "run":
                self.sh(self._ours(text))
            elif cure["kind"] == "site-file":
                self.site.write_text(with_line(self.site.read_text(), text))
            else:
                raise AssertionError(f"nobody can follow this here: {text}")

    def _ours(self, command: str) -> str:
        """Where it is a command of ours, about this site file: at home that is the one in /etc."""
        return f"{command} --config {self.site}" if command.startswith("enforcer ") else command


def _keys(keys: Mapping[str, str]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in keys.items())


def with_line(text: str, cure: str) -> str:
    """The site file with the line of a cure in its place: `[datapath] queue = 4011`, `[group lab] subnets = […]`."""
    table, _, line = cure[1:].partition("] ")
    key = line.partition(" = ")[0]
    name = table.partition(" ")[2]
    lines = text.splitlines()
    head = f'name = "{name}"' if name else f"[{table}]"
    if head not in lines:
        return f"{text}\n{head}\n{line}\n"
    start = lines.index(head) + 1
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("[")), len(lines))
    kept = [one for one in lines[start:end] if one.partition(" = ")[0] != key]
    return "\n".join([*lines[:start], line, *kept, *lines[end:]]) + "\n"


Case = Callable[[Stage], Iterator[str]]


def play(check: str, case: Case) -> list[str]:
    """Each step of the case breaks something and yields a part of what is to be told: it is, and its cure helps.

    Returns the cures that were followed.
    """
    with tempfile.TemporaryDirectory(prefix="doc-") as folder:
        return apart(lambda: _played(check, case, Path(folder)))


def _played(check: str, case: Case, folder: Path) -> list[str]:
    unshared(NEW_MOUNTS)
    private_mounts()
    stage = Stage(folder)
    breaks = 0
    for wanted in case(stage):
        breaks += 1
        amiss = [one for one in stage.look(check) if one["level"] != "fine"]
        assert any(wanted in one["told"] for one in amiss), (wanted, amiss)
        for finding in amiss:
            stage.follow(finding)
        after = stage.look(check)
        assert [one["level"] for one in after] == ["fine"] * len(after), (wanted, after)
    assert breaks, "nothing was broken"
    return stage.followed


def private_mounts() -> None:
    """What is mounted from here on shows nowhere else. In a chroot "/" is no mount: there we go into a private copy."""
    if subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, check=False).returncode == 0:
        return
    for command in (
        "mount --make-rprivate /proc",
        "mount -t tmpfs doctor /proc/fs",
        "mkdir /proc/fs/tree",
        "mount --rbind / /proc/fs/tree",
        "mount --make-rprivate /proc/fs/tree",
    ):
        subprocess.run(command.split(), check=True)
    os.chroot("/proc/fs/tree")
    os.chdir(ROOT)
