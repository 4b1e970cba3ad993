"""For dataplane.py: new TLS connections, one after the other, with a short hello or one as long as a browser's."""

import contextlib
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from enforcer.lab import chrome, zone
from enforcer.lab.hosts import SPOOL, Host, Hosts

# ETHTOOL_STSO, ETHTOOL_SGSO; ETHTOOL_SGRO (linux/ethtool.h).
SEGMENTING, JOINING = (0x1F, 0x24), (0x2C,)
OFFLOAD = """
import array, fcntl, socket, struct, sys
name, on, *what = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    for command in what:
        value = array.array("I", [int(command), int(on)])
        request = struct.pack("16sP16x", name.encode(), value.buffer_info()[0])
        fcntl.ioctl(any_socket, 0x8946, request)  # SIOCETHTOOL
"""


def short(seconds: float) -> list[float]:
    context = ssl.create_default_context(cafile=f"{SPOOL}/ca.pem")

    def connect(_: int) -> None:
        with (
            socket.create_connection((zone.address(zone.OTHER), 443), timeout=2) as plain,
            context.wrap_socket(plain, server_hostname=zone.OTHER) as secure,
        ):
            secure.version()

    return timed(connect, seconds)


def long(seconds: float, cut: int = 1 << 16) -> list[float]:
    """`cut`: where the hello is cut, if it is longer."""
    context = ssl.create_default_context(cafile=f"{SPOOL}/ca.pem")
    # OpenSSL's hello becomes as long as one with a post-quantum key by protocols that nobody speaks.
    context.set_alpn_protocols(["http/1.1", *(f"{number}".ljust(255, "-") for number in range(5))])

    def connect(_: int) -> None:
        with socket.create_connection((zone.address(zone.OTHER), 443), timeout=2) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            handshake(context, plain, cut)

    return timed(connect, seconds)


in_two = partial(long, cut=chrome.SEGMENT)


def handshake(context: ssl.SSLContext, plain: socket.socket, cut: int) -> None:
    received, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = context.wrap_bio(received, said, server_hostname=zone.OTHER)
    while True:
        with contextlib.suppress(ssl.SSLWantReadError):
            secure.do_handshake()
        flight = said.read()
        for part in filter(None, (flight[:cut], flight[cut:])):
            plain.sendall(part)
        if secure.version():
            return
        received.write(plain.recv(16384))


def chromes_in_two(seconds: float) -> list[float]:
    hello = chrome.hello(zone.OTHER)
    parts = hello[: chrome.SEGMENT], hello[chrome.SEGMENT :]

    def connect(_: int) -> None:
        with socket.create_connection((zone.address(zone.OTHER), 443), timeout=2) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in parts:
                plain.sendall(part)
            assert plain.recv(1) == bytes((chrome.HANDSHAKE,))

    return timed(connect, seconds)


def timed(once: Callable[[int], None], seconds: float) -> list[float]:
    times: list[float] = []
    begun = now = time.perf_counter()
    while now - begun < seconds:
        once(len(times))
        after = time.perf_counter()
        times.append(after - now)
        now = after
    return times


def offload(host: Host, interface: str, what: tuple[int, ...], *, on: bool) -> None:
    done = host.run(sys.executable, "-c", OFFLOAD, interface, str(int(on)), *map(str, what))
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def joined(hosts: Hosts) -> Iterator[None]:
    """The client's packets are as on a wire, and the gateway's interface joins them, as NICs' drivers do."""
    offload(hosts.client, "eth0", SEGMENTING, on=False)
    offload(hosts.gateway, "lan", JOINING, on=True)
    try:
        yield
    finally:
        offload(hosts.client, "eth0", SEGMENTING, on=True)
        offload(hosts.gateway, "lan", JOINING, on=False)
