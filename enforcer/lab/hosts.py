"""Three hosts in a row, client - gateway - internet, each a network namespace without a name.

They live as long as one holder process each, and a holder, like every program started here, lives as long as we do:
it asks the kernel for SIGKILL when its parent ends. So no exit of ours, not even by SIGKILL, leaves a namespace, a
mount or a process behind. All three share one mount namespace, in which /run is empty and private: there the
servers write.

As root they are made directly, as a normal user inside a user namespace.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from enforcer.lab.programs import PATH, require
from enforcer.model.errors import EdgeError

SPOOL = Path("/run/lab")
"""Where the lab's programs keep their files, as they see it."""
RESOLVER = ("10.77.2.2", "fd77:2::2")
"""The internet host, where the name server listens."""
MADE_UP = ("198.51.100.0/24", "2001:db8:100::/64")
"""The networks of documentation (RFC 5737, RFC 3849): every address in them is the internet host."""

_ENVIRONMENT = {
    "PATH": PATH,
    "HOME": str(SPOOL),
    "LANG": "C.UTF-8",
    "CURL_CA_BUNDLE": f"{SPOOL}/ca.pem",
    "SSL_CERT_FILE": f"{SPOOL}/ca.pem",
    "PYTHONUNBUFFERED": "1",
}

# Without detection of duplicate addresses: it would hold IPv6 back for the first second.
_HELD = "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad && echo held && exec cat"
# In a chroot "/" is no mount, so it cannot be made private, and what we mount would show outside. There we go into
# a private copy of the tree, held by a file system of our own over a directory that each /proc has.
_PRIVATE = f"""
inside() {{{{
  mount -t tmpfs -o mode=755 lab /run && mkdir /run/lab || return
  printf 'nameserver %s\\n' {{first}} {{second}} >/run/lab/resolv.conf
  mount --bind /run/lab/resolv.conf /etc/resolv.conf && {_HELD}
}}}}
if [ "$1" = inside ] || mount --make-rprivate / 2>/dev/null; then inside; exit; fi
mount --make-rprivate /proc && mount -t tmpfs lab /proc/fs && mkdir /proc/fs/tree &&
mount --rbind / /proc/fs/tree && mount --make-rprivate /proc/fs/tree && exec chroot /proc/fs/tree sh -c "$0" "$0" inside
"""


def _die_with_us(command: Sequence[str]) -> list[str]:
    """Runs `command` so that the kernel kills it when we end, by whatever cause.

    We may have ended before the wish was made: hence the second look at who the parent is.
    """
    return [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "--",
        "sh",
        "-c",
        '[ $PPID = "$0" ] && exec "$@"',
        str(os.getpid()),
        *command,
    ]


def own(program: str, name: str = "") -> tuple[str, ...]:
    """The beginning of a command that runs a copy of a program, by the name `name` where several run at once.

    The distribution's AppArmor profiles go by path, and forbid such programs our files.
    """
    copy = f"{SPOOL}/{name or program}"
    return ("sh", "-c", f'cp "$(command -v {program})" {copy} && exec {copy} "$@"', program)


@dataclass(frozen=True, slots=True)
class Host:
    """One of the three: where commands are run and files are found."""

    name: str
    pid: int
    as_user: bool
    """Entered through the user namespace in which we are root."""
    started: list[tuple[str, subprocess.Popen[bytes]]]
    """All long-lived programs of the three hosts with their output files, for the end."""

    def enter(self, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` in this host; the process is a direct child and dies with us."""
        user = ["--user", "--preserve-credentials"] if self.as_user else []
        return [
            "nsenter",
            f"--target={self.pid}",
            *user,
            "--mount",
            "--net",
            "--root",
            "--wd",
            "--",
            *_die_with_us(command),
        ]

    def run(self, *command: str, text: str = "", timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Runs to the end, `text` on its stdin. The exit code is the caller's to judge; raises TimeoutExpired."""
        return subprocess.run(
            self.enter(command),
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=_ENVIRONMENT,
            check=False,
        )

    def must(self, *command: str, text: str = "") -> str:
        """Runs a step without which there is no lab; raises EdgeError with what it said."""
        done = self.run(*command, text=text)
        if done.returncode:
            raise EdgeError(
                f"{self.name}: {' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}",
                cure="see docs/lab.md, what the lab needs",
            )
        return done.stdout

    def start(self, *command: str, output: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Starts a long-lived program whose stdout and stderr go to the file `output` in the spool."""
        with self.file(output).open("wb") as sink:
            program = subprocess.Popen(
                self.enter(command),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**_ENVIRONMENT, **(more or {})},
            )
        self.started.append((output, program))
        return program

    def writes(self, output: str) -> subprocess.Popen[bytes] | None:
        """The program that was last started with this output."""
        return next((program for file, program in reversed(self.started) if file == output), None)

    def attend(self, *command: str) -> int:
        """Runs with our own terminal, for a person; returns the exit code."""
        terminal = {"TERM": os.environ.get("TERM", "dumb"), "PS1": f"{self.name}$ "}
        return subprocess.run(self.enter(command), env={**_ENVIRONMENT, **terminal}, check=False).returncode

    def file(self, name: str) -> Path:
        """A file of the spool, as we can open it from outside."""
        return Path(f"/proc/{self.pid}/root") / SPOOL.relative_to("/") / name


class Hosts:
    """`with Hosts() as hosts:` builds the three, joined by veth pairs, and takes them down."""

    def __init__(self) -> None:
        self._holders: list[subprocess.Popen[bytes]] = []
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._as_user = os.geteuid() != 0

    def __enter__(self) -> Self:
        """Raises EdgeError if programs are missing or namespaces are not allowed."""
        require()
        try:
            self.gateway = self._first()
            self.client = self._beside("client")
            self.internet = self._beside("internet")
            self._join()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _first(self) -> Host:
        """The gateway, and with it the namespaces that all three share."""
        user = ["--user", "--map-root-user"] if self._as_user else []
        script = _PRIVATE.format(first=RESOLVER[0], second=RESOLVER[1])
        return self._hold("gateway", ["unshare", *user, "--mount", "--propagation=unchanged", "--net", "--"], script)

    def _beside(self, name: str) -> Host:
        return self._hold(name, self.gateway.enter(["unshare", "--net", "--"]), _HELD)

    def _hold(self, name: str, unshare: list[str], script: str) -> Host:
        holder = subprocess.Popen(
            [*unshare, *_die_with_us(["sh", "-c", script, script])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            cwd="/",
        )
        self._holders.append(holder)
        if _pipe(holder.stdout).readline() != b"held\n":
            raise EdgeError(
                f"no namespace for {name}: {_pipe(holder.stderr).read().decode(errors='replace').strip()}",
                cure="run as root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1",
            )
        return Host(name, holder.pid, self._as_user, self._started)

    def _join(self) -> None:
        """Addresses, routes and forwarding, IPv4 and IPv6."""
        for host, link, net in ((self.client, "lan", 1), (self.internet, "wan", 2)):
            self.gateway.must("ip", "-batch", "-", text=_cable(host.pid, link, net))
            host.must("ip", "-batch", "-", text=_leaf(net))
        self.internet.must("ip", "-batch", "-", text="".join(f"route add local {net} dev lo\n" for net in MADE_UP))
        self.gateway.must(
            "sh", "-ec", "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"
        )

    def _end(self) -> None:
        for _, program in reversed(self._started):
            program.kill()
            program.wait()
        for holder in reversed(self._holders):
            holder.kill()
            holder.wait()
            for pipe in (holder.stdin, holder.stdout, holder.stderr):
                _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 (asked for with PIPE)
    return pipe


def _cable(pid: int, link: str, net: int) -> str:
    return (
        f"link set lo up\nlink add {link} type veth peer name eth0 netns {pid}\n"
        f"addr add 10.77.{net}.1/24 dev {link}\naddr add fd77:{net}::1/64 dev {link}\nlink set {link} up\n"
    ) + ("route add default via 10.77.2.2\nroute add default via fd77:2::2\n" if link == "wan" else "")


def _leaf(net: int) -> str:
    return (
        "link set lo up\nlink set eth0 up\n"
        f"addr add 10.77.{net}.2/24 dev eth0\naddr add fd77:{net}::2/64 dev eth0\n"
        f"route add default via 10.77.{net}.1\nroute add default via fd77:{net}::1\n"
    )
