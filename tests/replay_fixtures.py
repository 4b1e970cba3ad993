"""Real programs that write the logs, asked the same questions, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from port_fixtures import free_port

from enforcer.audit.contact import Contact
from enforcer.model.names import HostName
from enforcer.model.observation import How

ASKED = ("S07.upd.Kaspersky.com", "www.example.com", "odd name.example", "dnl-03.geo.kaspersky.com")
"""By a client at 127.0.0.1; the last over TCP where the server can."""
READ = ("s07.upd.kaspersky.com", "www.example.com", "odd\\032name.example", "dnl-03.geo.kaspersky.com")
"""The same, as they must be read."""
PATIENCE = 60.0
"""Seconds for what takes one on a machine that does nothing else."""


def ask(port: int) -> None:
    for name in ASKED:
        over = ["+tcp"] if name == ASKED[-1] else []
        command = ["dig", "+time=30", "+tries=1", *over, "-p", str(port), "@127.0.0.1", name, "A"]
        subprocess.run(command, capture_output=True, check=False)


@contextmanager
def running(command: Sequence[str | Path], port: int) -> Iterator[None]:
    """The program, from when it answers questions until the end of the block; it writes times of UTC."""
    utc = os.environ | {"TZ": "UTC"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=utc)
    try:
        until = time.monotonic() + PATIENCE
        probe = ["dig", "+time=1", "+tries=1", "-p", str(port), "@127.0.0.1", "ready.example"]
        while subprocess.run(probe, capture_output=True, check=False).returncode:
            assert process.poll() is None, process.communicate()[0].decode(errors="replace")
            assert time.monotonic() < until, f"{command[0]} does not answer"
        yield
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def unbound_log(folder: Path, more: str = "") -> Path:
    port, log = free_port(), folder / "unbound.log"
    config = folder / "unbound.conf"
    config.write_text(
        f'server:\n  username: ""\n  chroot: ""\n  directory: "{folder}"\n  pidfile: ""\n  use-syslog: no\n'
        f'  logfile: "{log}"\n  log-queries: yes\n  interface: 127.0.0.1\n  port: {port}\n'
        f'  local-zone: "." static\n  {more}\nremote-control:\n  control-enable: no\n'
    )
    with running(["unbound", "-d", "-c", config], port):
        ask(port)
    return log


@contextmanager
def receiving(door: Path, file: Path) -> Iterator[None]:
    """Takes one stream from a program that speaks Frame Streams both ways, and keeps it as a file would have it."""
    accept = b"\0\0\0\1" + b"\0\0\0\1\0\0\0\x16protobuf:dnstap.Dnstap"

    def take() -> None:
        stream, _ = listener.accept()
        with stream, stream.makefile("rwb", 0) as talk, file.open("wb", 0) as kept:
            ready = talk.read(8)
            talk.read(int.from_bytes(ready[4:], "big"))
            talk.write(bytes(4) + len(accept).to_bytes(4, "big") + accept)
            while more := stream.recv(65536):
                kept.write(more)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(door))
        listener.listen(1)
        thread = threading.Thread(target=take)
        thread.start()
        yield
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the program does not end its stream"


def unbound_dnstap(folder: Path, *logged: str) -> Path:
    """`logged` are of client-query, client-response, resolver-query and so on."""
    port, file = free_port(), folder / "unbound.dnstap"
    config = folder / "unbound.conf"
    config.write_text(
        f'server:\n  username: ""\n  chroot: ""\n  directory: "{folder}"\n  pidfile: ""\n  use-syslog: no\n'
        f'  interface: 127.0.0.1\n  port: {port}\n  module-config: "iterator"\n  local-zone: "." static\n'
        '  local-data: "dnl-03.geo.kaspersky.com. CNAME edge.cdn.example."\n'
        f'dnstap:\n  dnstap-enable: yes\n  dnstap-socket-path: "{file}.sock"\n'
        + "".join(f"  dnstap-log-{one}-messages: yes\n" for one in logged)
        + "remote-control:\n  control-enable: no\n"
    )
    with receiving(Path(f"{file}.sock"), file), running(["unbound", "-d", "-c", config], port):
        ask(port)
        until = time.monotonic() + PATIENCE
        while b"dnl-03" not in file.read_bytes():  # it writes about once a second, and not what waits when it ends
            assert time.monotonic() < until, "unbound does not write"
            time.sleep(0.05)
    return file


def bind_dnstap(folder: Path, what: str = "client") -> Path:
    port, file = free_port(), folder / "bind.dnstap"
    config = folder / "named.conf"
    config.write_text(
        f'options {{ directory "{folder}"; pid-file none; session-keyfile none; recursion yes;\n'
        f'  dnstap {{ {what}; }}; dnstap-output file "{file}"; dnstap-identity "gw"; dnssec-validation no;\n'
        f"  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};\ncontrols {{ }};\n"
        'zone "." { type master; file "root.zone"; };\n'
    )
    (folder / "root.zone").write_text(
        "$TTL 60\n. SOA a. b. 1 1 1 1 1\n. NS a.\na. A 127.0.0.1\n"
        "s07.upd.kaspersky.com. CNAME edge.cdn.example.\nedge.cdn.example. A 192.0.2.7\n"
    )
    with running(["named", "-f", "-c", config], port):
        ask(port)
    return file


def dnsmasq_log(folder: Path, queries: str = "--log-queries") -> Path:
    port, log = free_port(), folder / "dnsmasq.log"
    quiet = ["--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--pid-file=", "--user=", "--bind-interfaces"]
    here = [f"--port={port}", "--listen-address=127.0.0.1", f"--log-facility={log}", "--address=/#/192.0.2.1"]
    with running(["dnsmasq", "--no-daemon", *quiet, *here, queries], port):
        ask(port)
    return log


def bind_log(folder: Path, print_time: str, view: bool = False) -> Path:
    port, log = free_port(), folder / "bind.log"
    config = folder / "named.conf"
    config.write_text(
        f'options {{ directory "{folder}"; pid-file none; session-keyfile none; recursion no;\n'
        f"  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};\ncontrols {{ }};\n"
        f'logging {{ channel q {{ file "{log}"; {print_time} }}; category queries {{ q; }}; }};\n'
        + ('view "inside" { match-clients { any; }; };\n' if view else "")
    )
    with running(["named", "-f", "-c", config], port):
        ask(port)
    return log


LOGS: dict[str, Callable[[Path], Path]] = {
    "unbound": unbound_log,
    "unbound-replies-too": lambda folder: unbound_log(folder, "log-replies: yes\n  log-tag-queryreply: yes"),
    "unbound-readable-times": lambda folder: unbound_log(folder, "log-time-ascii: yes"),
    "dnsmasq": dnsmasq_log,
    "dnsmasq-extra": lambda folder: dnsmasq_log(folder, "--log-queries=extra"),
    "bind": lambda folder: bind_log(folder, "print-time yes;"),
    "bind-iso": lambda folder: bind_log(folder, "print-time iso8601-utc; print-category yes; print-severity yes;"),
    "bind-view": lambda folder: bind_log(folder, "print-time iso8601;", view=True),
}


def contact(at: float, how: How, names: tuple[str, ...], *rest: str | int | None) -> Contact:
    """As a log must be read; the names are given as plain texts."""
    return Contact(at, how, tuple(map(HostName, names)), *rest)  # type: ignore[arg-type] # client, ports and so on
