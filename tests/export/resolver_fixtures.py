"""Real resolvers on loopback, with an upstream that has an address for every name, so that passing shows as one.

A name counts as blocked when its answer holds no address: NXDOMAIN, or an empty answer.
"""

from __future__ import annotations

import select
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.name
import dns.rcode
from port_fixtures import free_port

EVERYTHING = "192.0.2.1"
WINDOW = 64
"""Questions under way at once."""
TIMES = 10
"""A resolver on a busy machine loses patience with its upstream now and then, and answers with a failure."""
ALIAS, BEHIND_ALIAS = "alias-of-blocked.com", "www.acme.example"
UNBOUND = """
server:
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1
  port: {port}
  do-not-query-localhost: no
  module-config: "{modules}"
  local-zone: "test." nodefault
{more}
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{upstream}
"""
NAMED = """
options {{
  directory "{folder}";
  pid-file none;
  session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  forwarders {{ 127.0.0.1 port {upstream}; }};
  forward only;
  dnssec-validation no;
  recursion yes;
  include "{options}";
}};
controls {{ }};
include "{statement}";
"""
# As docs/export.md tells it for a Knot Resolver that forwards.
KRESD = """
net.ipv6 = false
net.listen('127.0.0.1', {port}, {{ kind = 'dns' }})
trust_anchors.remove('.')
modules = {{ 'policy' }}
cache.size = 10 * MB
local enforcer = policy.rpz(policy.DENY, '{zone}', false)
policy.add(function (request, query)
  local action = enforcer(request, query)
  if action ~= policy.PASS then return action end
end)
policy.add(policy.all(policy.STUB('127.0.0.1@{upstream}')))
"""
DNSMASQ = """
keep-in-foreground
no-resolv
no-hosts
no-daemon
user=root
group=root
port={port}
listen-address=127.0.0.1
bind-interfaces
server=127.0.0.1#{upstream}
dns-forward-max=500
{more}
"""


@contextmanager
def running(*command: str | Path, folder: Path, port: int) -> Iterator[int]:
    """The program in the foreground until the end of the block; yields its port once it answers there."""
    log = folder / f"{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen([*map(str, command)], stdout=output, stderr=subprocess.STDOUT, cwd=folder)
        try:
            _await_answer(process, port, log)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def _await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        assert process.poll() is None, f"{process.args!r} ended: {log.read_text(errors='replace')}"
        try:
            if addresses_of(port, ["probe.resolver-is-up.com"], patience=0.2)["probe.resolver-is-up.com"]:
                return
        except (TimeoutError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"{process.args!r} answers nothing: {log.read_text(errors='replace')}")


@contextmanager
def upstream() -> Iterator[int]:
    """A server that knows an address for every name; that of ALIAS by way of a blocked name."""
    with socket.socket(type=socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        link.settimeout(0.1)
        ended = threading.Event()
        thread = threading.Thread(target=_serve, args=(link, ended))
        thread.start()
        try:
            yield int(link.getsockname()[1])
        finally:
            ended.set()
            thread.join()


def _serve(link: socket.socket, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            query, client = link.recvfrom(65535)
        except TimeoutError:
            continue
        link.sendto(_reply(query), client)


def _reply(query: bytes) -> bytes:
    """By hand, for speed: the question, and an address for it, if one is asked for (RFC 1035 section 4.1)."""
    end = query.index(b"\0", 12) + 5
    name, kind = query[12 : end - 4], query[end - 4 : end - 2]
    address = b"\0\1\0\1\0\0\0<\0\4" + socket.inet_aton(EVERYTHING)
    records = []
    if name.lower() == _wire(ALIAS):
        behind = _wire(BEHIND_ALIAS)
        records.append(b"\xc0\x0c\0\5\0\1\0\0\0<" + struct.pack("!H", len(behind)) + behind)
        records += [behind + address] if kind == b"\0\1" else []
    elif kind == b"\0\1":
        records.append(b"\xc0\x0c" + address)
    return query[:2] + struct.pack("!5H", 0x8580, 1, len(records), 0, 0) + query[12:end] + b"".join(records)


def _wire(name: str) -> bytes:
    return dns.name.from_text(name).to_wire() or b""


@contextmanager
def unbound(folder: Path, upstream: int, *, modules: str, more: str) -> Iterator[int]:
    port = free_port()
    config = folder / f"unbound-{port}.conf"
    config.write_text(UNBOUND.format(folder=folder, port=port, upstream=upstream, modules=modules, more=more))
    with running("unbound", "-d", "-c", config, folder=folder, port=port):
        yield port


@contextmanager
def named(folder: Path, upstream: int, *, options: Path, statement: Path) -> Iterator[int]:
    port = free_port()
    config = folder / "named.conf"
    words = {"options": options, "statement": statement}
    config.write_text(NAMED.format(folder=folder, port=port, upstream=upstream, **words))
    with running("named", "-g", "-n", "1", "-c", config, folder=folder, port=port):
        yield port


@contextmanager
def kresd(folder: Path, upstream: int, *, zone: Path) -> Iterator[int]:
    port = free_port()
    home = folder / "kresd"
    home.mkdir()
    config = folder / "kresd.conf"
    config.write_text(KRESD.format(port=port, upstream=upstream, zone=zone))
    with running("kresd", "-n", "-c", config, home, folder=folder, port=port):
        yield port


@contextmanager
def dnsmasq(folder: Path, upstream: int, *, more: str) -> Iterator[int]:
    port = free_port()
    config = folder / f"dnsmasq-{port}.conf"
    config.write_text(DNSMASQ.format(port=port, upstream=upstream, more=more))
    with running("dnsmasq", "-C", config, folder=folder, port=port):
        yield port


def passing(port: int, names: Iterable[str]) -> set[str]:
    """Those of the names for which the resolver gives an address."""
    return {name for name, found in addresses_of(port, list(names)).items() if found}


def addresses_of(port: int, names: list[str], *, patience: float = 3.0) -> dict[str, bool]:
    """For each name whether there is an address for it. Each is asked some times before giving up."""
    answers: dict[str, bool] = {}
    with socket.socket(type=socket.SOCK_DGRAM) as link:
        link.connect(("127.0.0.1", port))
        for _ in range(TIMES):
            left = [name for name in dict.fromkeys(names) if name not in answers]
            for start in range(0, len(left), WINDOW):
                answers |= _burst(link, left[start : start + WINDOW], patience)
    missing = [name for name in names if name not in answers]
    if missing:
        raise TimeoutError(f"{len(missing)} names without an answer, such as {missing[0]!r}")
    return answers


def _burst(link: socket.socket, names: list[str], patience: float) -> dict[str, bool]:
    questions = {}
    for number, name in enumerate(names):
        question = dns.message.make_query(name, "A", id=number)
        questions[question.question[0].name] = name
        link.send(question.to_wire())
    answers: dict[str, bool] = {}
    while len(answers) < len(set(questions.values())):
        ready, _, _ = select.select([link], [], [], patience)
        if not ready:
            break
        answer = dns.message.from_wire(link.recv(65535))
        name = questions.get(answer.question[0].name, "")
        if name and answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            answers[name] = any(EVERYTHING in str(rrset) for rrset in answer.answer)
    return answers
