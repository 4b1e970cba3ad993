"""A machine with systemd as its first process, a client behind it and servers beyond, all in namespaces of ours.

    client 10.9.0.2 -- lan0 10.9.0.1 [machine] wan0 198.51.100.1 -- internet 198.51.100.2

Started by run.sh inside a network and mount namespace of its own; everything ends with that.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PLACE = Path(".run/systemd").resolve()
ROOT = PLACE / "root"
SIDES = {"client": ("lan0", "10.9.0", "fd09::"), "internet": ("wan0", "198.51.100", "2001:db8:99::")}

NETWORK = """[Match]
Name={name}
[Network]
Address={net}.1/24
Address={net6}1/64
IPForward=yes
IPv6AcceptRA=no
ConfigureWithoutCarrier=yes
[Link]
RequiredForOnline=no
"""


def prepare() -> None:
    """What we see of the system shall be ours alone; in a mount namespace that only we have."""
    Path("/run/netns").mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
    run("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")


def run(*command: str | Path, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    if check and done.returncode:
        raise SystemExit(f"failed ({done.returncode}): {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done  # type: ignore[no-any-return]


def until(true: Callable[[], object], what: str, seconds: float = 60) -> float:
    """How long it took; ends everything if it takes too long."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.1)
    return time.monotonic() - began


class Side:
    """A network namespace beside the machine."""

    def __init__(self, name: str) -> None:
        self.name = name
        run("ip", "netns", "add", name)

    def command(self, *command: str | Path) -> list[str]:
        return ["ip", "netns", "exec", self.name, *map(str, command)]

    def run(self, *command: str | Path, check: bool = False) -> subprocess.CompletedProcess[str]:
        return run(*self.command(*command), check=check)

    def start(self, *command: str | Path, output: Path) -> subprocess.Popen[bytes]:
        with output.open("wb") as file:
            return subprocess.Popen(self.command(*command), stdout=file, stderr=subprocess.STDOUT)

    def connect(self, machine: int) -> None:
        """A new cable to the machine with this first process: it goes when that does."""
        name, net, net6 = SIDES[self.name]
        run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "link", "set", name, "netns", str(machine))
        for address in (f"{net}.2/24", f"{net6}2/64"):
            self.run("ip", "address", "add", address, "dev", "eth0", "nodad", check=":" in address)
            self.run("ip", "address", "add", address, "dev", "eth0")
        self.run("ip", "link", "set", "lo", "up", check=True)
        self.run("ip", "link", "set", "eth0", "up", check=True)
        self.run("ip", "route", "add", "default", "via", f"{net}.1", check=True)
        self.run("ip", "-6", "route", "add", "default", "via", f"{net6}1", check=True)


class Machine:
    """Debian with systemd. `boot`, `inside`, `power_off`; the disk lasts between two boots."""

    def __init__(self) -> None:
        for folder in ("upper", "work", "root"):
            shutil.rmtree(PLACE / folder, ignore_errors=True)
            (PLACE / folder).mkdir()
        layers = f"lowerdir={PLACE}/base,upperdir={PLACE}/upper,workdir={PLACE}/work"
        run("mount", "-t", "overlay", "overlay", "-o", layers, ROOT)
        (ROOT / "etc/hostname").write_text("gateway\n")
        (ROOT / "etc/machine-id").write_text("")
        for name, net, net6 in SIDES.values():
            text = NETWORK.format(name=name, net=net, net6=net6)
            (ROOT / f"etc/systemd/network/{name}.network").write_text(text)
        run("systemctl", f"--root={ROOT}", "enable", "systemd-networkd", "rsyslog")
        self.process: subprocess.Popen[bytes] | None = None
        for folder in ("/run/dbus", "/run/systemd/nspawn/propagate"):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def boot(self, sides: Sequence[Side]) -> None:
        console = (PLACE / "console.log").open("ab")
        self.process = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", ROOT, "--register=no", "--keep-unit", "--private-network", "-b"],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
        )
        until(self.leader, "the machine's first process")
        for side in sides:
            side.connect(self.leader())

    def leader(self) -> int:
        """The machine's first process as this machine numbers it."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise SystemExit(f"the machine ended; see {PLACE}/console.log")
        with contextlib.suppress(OSError, ValueError):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            for child in children:
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        return 0

    def run(self, *command: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """A command in the machine, as root."""
        leader = str(self.leader())
        entered = ("nsenter", "-t", leader, "-a", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
        return run(*entered, *command, check=check, stdin=subprocess.DEVNULL)

    def inside(self, *command: str, check: bool = True) -> str:
        """What such a command prints."""
        done = self.run(*command, check=check)
        return done.stdout + ("" if check else done.stderr)

    def is_up(self) -> bool:
        return self.inside("systemctl", "is-system-running", check=False).strip() in ("running", "degraded")

    def pid(self) -> int:
        """The daemon's process id in the machine."""
        return int(self.inside("systemctl", "show", "-P", "MainPID", "enforcer"))

    def outer_pid(self, inner: int) -> int:
        """The same process as this machine numbers it."""
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                line = next(line for line in status.read_text().splitlines() if line.startswith("NSpid:"))
                numbers = line.split()[1:]
                if (
                    len(numbers) > 1
                    and int(numbers[-1]) == inner
                    and (status.parent / "ns/pid").stat().st_ino == self._pid_space()
                ):
                    return int(numbers[0])
        raise SystemExit(f"no process {inner} in the machine")

    def _pid_space(self) -> int:
        return Path(f"/proc/{self.leader()}/ns/pid").stat().st_ino

    def power_off(self) -> None:
        assert self.process is not None
        os.kill(self.leader(), signal.SIGRTMIN + 4)  # systemd(1): poweroff.target
        self.process.wait(90)
