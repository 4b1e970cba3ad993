"""A share of the hello matrix on the wire: real kernel and daemon, nginx and aioquic behind them.

What arrives is read from a capture at the server: of a blocked name no byte of the segment or datagram that completes
the hello is there; a free name's hello is there whole, and the server has answered it.
"""

import json
import struct
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from browser_hellos import BROWSERS
from daemon_fixtures import in_force
from hello_matrix import (
    FILES,
    Part,
    blocked_names,
    contradicted,
    cut,
    free_names,
    overlapped,
    quic_message,
    quic_source,
    recorded,
    tcp_message,
)
from quic_fixtures import crypto, seal
from quic_server_fixtures import serve_aioquic

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Host, Hosts
from enforcer.lab.servers import Servers

pytestmark = pytest.mark.lab

CLIENT = (sys.executable, str(Path(__file__).with_name("raw_hello_program.py")))
ADDRESS = zone.address(zone.OTHER)
NAMES = [(name, True) for name in blocked_names()] + [(name, False) for name in free_names()]
LARGEST = 1300
"""Bytes of the hello in one packet."""
LEAST = 1200
"""Bytes of a datagram with an Initial, below which servers drop it (RFC 9000 section 14.1)."""


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Iterator[Hosts]:
    serve_aioquic(hosts, ADDRESS)
    # The raw client's address: nobody has it, and what is for it goes to the client.
    hosts.gateway.must("ip", "route", "add", "10.77.1.200", "via", "10.77.1.2")
    for path, text in FILES.items():
        file = hosts.gateway.file("matrix") / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    # One client says thousands of segments and none of them twice: it may use all of the inspector.
    with in_force(Daemon(hosts.gateway, at=None, policies=f"{SPOOL}/matrix", datapath="client_share = 100")):
        yield hosts


# --- ways to say a hello -------------------------------------------------------------------------------------------
def said_in(stream: bytes, number: int, random: Random) -> list[Part]:
    """In parts that fit a packet, in one of five ways. In each it is the last part that completes the hello."""
    place = random.randrange(len(stream) - LARGEST + 200, LARGEST)
    many = cut(stream, *sorted(random.sample(range(1, len(stream)), 14)))
    ways: list[list[Part]] = [
        cut(stream, place),
        cut(stream, place)[::-1],
        overlapped(stream, place, 100),
        random.sample(many, 15),
        [*many[:8], *many[4:12], *many[6:]],
    ]
    return ways[number % 5]


def sealed(parts: list[Part], source: bytes, random: Random) -> list[bytes]:
    """A full-sized datagram for each."""
    connection = random.randbytes(8)
    return [
        seal(
            crypto(start, data).ljust(LEAST, b"\0"),
            number=number,
            destination=connection,
            source=source,
        )
        for number, (start, data) in enumerate(parts)
    ]


# --- what came of it ---------------------------------------------------------------------------------------------
def said(client: Host, cases: list[dict[str, Any]]) -> dict[int, str]:
    """By the client's port."""
    client.file("cases.jsonl").write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    done = client.run(*CLIENT, f"{SPOOL}/cases.jsonl", timeout=90)
    assert done.returncode == 0, done.stderr
    return {int(line.split(" ", 1)[0]): line.split(" ", 1)[1] for line in done.stdout.splitlines()}


def arrived(hosts: Hosts, servers: Servers, protocol: int) -> dict[int, list[bytes]]:
    """By the client's port the payloads that came to the server."""
    count = servers.stop_capture()
    assert count.endswith("dropped 0"), count
    capture, at = hosts.internet.file("matrix.pcap").read_bytes(), 24
    found: dict[int, list[bytes]] = defaultdict(list)
    while at < len(capture):
        size = struct.unpack_from("=8xI", capture, at)[0]
        packet = capture[at + 16 + 14 : at + 16 + size]
        at += 16 + size
        if packet[:1] != b"\x45" or packet[9] != protocol or packet[22:24] != b"\x01\xbb":
            continue
        end = int.from_bytes(packet[2:4], "big")
        start = 20 + (packet[32] >> 4) * 4 if protocol == 6 else 28
        if start < end:
            found[int.from_bytes(packet[20:22], "big")].append(packet[start:end])
    return found


@pytest.fixture
def servers(hosts: Hosts) -> Servers:
    servers = Servers(hosts)
    servers.start_capture("matrix.pcap")
    return servers


Sent = dict[int, tuple[bool, list[Part], list[bytes]]]
"""By the client's port: whether it is to be stopped, the parts of the hello, and the payloads that carry them."""


STOPPED = ("refused", "silence")
"""Silence where the kernel's own limit of ICMP errors (icmp_ratelimit) swallowed the refusal. Never so in TCP."""


def check(sent: Sent, heard: dict[int, str], there: dict[int, list[bytes]]) -> None:
    for port, (is_blocked, _, payloads) in sent.items():
        assert heard[port] in (STOPPED if is_blocked else ("served",)), port
        # In whatever order: the gateway's processors have queues of their own.
        assert Counter(there[port]) == Counter(payloads[:-1] if is_blocked else payloads), port


def test_segments(hosts: Hosts, servers: Servers) -> None:
    random, sent = Random(1), Sent()
    for number, (name, is_blocked) in enumerate(NAMES):
        message = tcp_message(BROWSERS[number % 3], name)
        stream = recorded(message, 16_384) if number % 2 else recorded(message, 700 + number, 16_384)
        parts = said_in(stream, number, random)
        sent[20_000 + number] = (is_blocked, parts, [data for _, data in parts])
    for number, (name, is_blocked) in enumerate([NAMES[0], NAMES[-1]]):
        single = cut(recorded(tcp_message("safari", name), 16_384), *range(1, 1500))
        sent[21_000 + number] = (is_blocked, single, [data for _, data in single])
    for number, (name, _) in enumerate([NAMES[1], NAMES[-2]]):
        # One byte in two ways: nobody can know what the server reads, so this ban lets neither pass.
        parts = contradicted(recorded(tcp_message("chrome", name), 16_384), 1000)
        sent[22_000 + number] = (True, parts, [data for _, data in parts])
    cases = [
        {"port": port, "to": ADDRESS, "parts": [(start, data.hex()) for start, data in parts]}
        for port, (_, parts, _) in sent.items()
    ]
    heard = said(hosts.client, cases)
    check(sent, heard, arrived(hosts, servers, 6))
    assert "silence" not in heard.values()


def test_datagrams(hosts: Hosts, servers: Servers) -> None:
    random, sent = Random(2), Sent()
    for number, (name, is_blocked) in enumerate(NAMES):
        browser = BROWSERS[number % 3]
        parts = said_in(quic_message(browser, name), number, random)
        sent[30_000 + number] = (is_blocked, parts, sealed(parts, quic_source(browser), random))
    cases: list[dict[str, Any]] = [
        {
            "port": port,
            "to": ADDRESS,
            "datagrams": [data.hex() for data in payloads],
            "patience": 0.03 if is_blocked else 20,
        }
        for port, (is_blocked, _, payloads) in sent.items()
    ]
    check(sent, said(hosts.client, cases), arrived(hosts, servers, 17))
