"""Squid on loopback, before a web server that answers for every host and a server that says something to any hello."""

from __future__ import annotations

import http.client
import os
import socket
import socketserver
import struct
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from port_fixtures import free_port

CONFIG = """
http_port 127.0.0.1:{port} {more_port}
pid_filename none
cache_log {folder}/cache.log
access_log none
cache_store_log none
cache_mem 8 MB
cache deny all
netdb_filename none
pinger_enable off
visible_hostname lab
shutdown_lifetime 0 seconds
coredump_dir {folder}
{more}
"""
THREADS = 8
PATIENCE = 60.0
# It will not run as root. The machine's root can become nobody, with the right to our files; the root of a user
# namespace cannot become anybody else, so there it is nobody in one more namespace, which to files is still us. (A
# chroot, in turn, forbids a new user namespace.)
FILES = "+dac_override"
AS_NOBODY = (
    ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={FILES}", f"--ambient-caps={FILES}")
    if Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"] and os.geteuid() == 0
    else ("unshare", "--user", "--map-user=65534", "--map-group=65534")
)


@contextmanager
def squid(folder: Path, more: str, *, more_port: str = "") -> Iterator[int]:
    """In the foreground until the end of the block; yields its port."""
    _open_to_nobody(folder)
    port = free_port()
    config = folder / "squid.conf"
    config.write_text(CONFIG.format(port=port, folder=folder, more=more, more_port=more_port))
    parsed = subprocess.run(
        [*AS_NOBODY, "squid", "-k", "parse", "-f", config], capture_output=True, text=True, check=False
    )
    complaints = [line for line in parsed.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    assert (parsed.returncode, complaints) == (0, []), parsed.stderr
    log = folder / "squid.log"
    with log.open("wb") as output:
        # A service name of its own: shared memory goes by it, and what another's run left behind is in the way.
        command = [*AS_NOBODY, "squid", "-N", "-n", f"lab{port}", "-f", config]
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
        try:
            _await_port(process, port, log)
            yield port
        finally:
            process.kill()  # it has nothing to put away
            process.wait(PATIENCE)
            for left in Path("/dev/shm").glob(f"lab{port}-*"):  # noqa: S108 (where shm_open puts it)
                left.unlink()


def _open_to_nobody(folder: Path) -> None:
    """It gives its right to our files back before it writes its log: so it must be let into pytest's folders."""
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o711)
    folder.chmod(0o777)


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        with closing(socket.socket()) as link:
            if link.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("squid does not listen")


class _Web(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while line := self.rfile.readline():
            if line == b"\r\n":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")


class _Says(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(65535)
        self.request.sendall(b"OK")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


@contextmanager
def serving(what: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with _Server(("127.0.0.1", 0), what) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def web() -> Iterator[int]:
    with serving(_Web) as port:
        yield port


@contextmanager
def says_something() -> Iterator[int]:
    with serving(_Says) as port:
        yield port


def passing_requests(port: int, names: Iterable[str]) -> set[str]:
    """The names for which a request through the proxy is answered by the server behind it."""
    names = list(names)
    with ThreadPoolExecutor(THREADS) as pool:
        answers = pool.map(lambda part: _requests(port, part), (names[i::THREADS] for i in range(THREADS)))
        return set().union(*answers)


def _requests(port: int, names: list[str]) -> set[str]:
    passed = set()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as link:
        for name in names:
            link.request("GET", f"http://{name}/")
            answer = link.getresponse()
            answer.read()
            assert answer.status in (200, 403), (name, answer.status)
            if answer.status == 200:
                passed.add(name)
    return passed


def passing_hellos(port: int, server: int, names: Iterable[str]) -> set[str]:
    """The names with which a ClientHello through a CONNECT reaches the server, so that it says something."""
    names = list(names)
    with ThreadPoolExecutor(THREADS) as pool:
        answers = pool.map(lambda name: _hello_reaches(port, server, name), names)
        return {name for name, reached in zip(names, answers, strict=True) if reached}


def _hello_reaches(port: int, server: int, name: str) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as link:
        link.sendall(f"CONNECT 127.0.0.1:{server} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += link.recv(65535)
        assert b" 200 " in head.splitlines()[0], head
        link.sendall(hello(name.encode()))
        try:
            return link.recv(10) == b"OK"
        except ConnectionResetError:
            return False


def hello(name: bytes) -> bytes:
    """RFC 8446 section 4.1.2, with nothing but the server name (RFC 6066 section 3)."""
    entry = b"\0" + struct.pack("!H", len(name)) + name
    listed = struct.pack("!H", len(entry)) + entry
    extensions = struct.pack("!HH", 0, len(listed)) + listed
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0" + struct.pack("!H", len(extensions))
    body += extensions
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack("!H", len(handshake)) + handshake
