"""The classifier loaded into the real kernel, and packets for it."""

from __future__ import annotations

import itertools
import os
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from acme_fixtures import HEAD, acme_2024, hosts, phase

from enforcer.edge import bpf
from enforcer.edge.classifier import Classifier
from enforcer.edge.openings import Openings as KernelOpenings
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.openings import Openings
from enforcer.pipeline.stamp import Stamp
from enforcer.plan.classifier_body import body_classifier
from enforcer.plan.endings import ending_pages
from enforcer.policy.load import load

RULES = ["kaspersky.com", "s00.upd.kaspersky-labs.com", "deep.down.in.example.co.uk", "a_b.x9.test"]
VENDOR = HEAD + hosts("update", domains=RULES, evidence="strong")
BAN = acme_2024(
    phase(
        "full",
        "2024-09-29T00:00:00-04:00",
        'block = ["update"], otherwise = "observe", undecodable = "flag"',
        summary="in force",
    )
)
AT = 1_800_000_000.0
POLICY = load({"vendors/acme.toml": VENDOR, "acme-2024.toml": BAN})
STAMP = Stamp(gateway="gw", mode="inline", simulated=False)
_PORTS = itertools.count()


def pages_of(names: Iterable[str]) -> array[int]:
    pages = ending_pages(names)
    assert pages is not None
    return pages


@contextmanager
def classifying(names: Iterable[str] = RULES, openings: KernelOpenings | None = None) -> Iterator[Classifier]:
    """Skips where the kernel does not let us."""
    with permitted(), Classifier(pages_of(names), openings) as classifier:
        yield classifier


@contextmanager
def permitted() -> Iterator[None]:
    try:
        yield
    except PermissionError:
        pytest.skip("the classifier needs CAP_BPF over the machine, which a user namespace does not give")


@contextmanager
def remembering(flows: int = 4096) -> Iterator[KernelOpenings]:
    with permitted():
        openings = KernelOpenings(time.monotonic, flows)
    try:
        yield openings
    finally:
        openings.close()


@contextmanager
def looking(*bodies: bytes) -> Iterator[Callable[[bytes], bool]]:
    """What the program says of a server's packet."""
    with permitted():
        program = bpf.load(body_classifier(bodies))
    try:
        yield lambda packet: bool(bpf.run(program, packet, 1)[0])
    finally:
        os.close(program)


def inspector(openings: Openings | None = None) -> Inspector:
    return Inspector(POLICY, STAMP, {lane.key: number for number, lane in enumerate(POLICY.lanes)}, openings)


class Connection:
    """A client's packets, on ports that no other connection of this run has. Nobody reads their checksums."""

    def __init__(self, version: int = 4, port: int = 443) -> None:
        number = next(_PORTS)
        self.version = version
        self.acked = 1
        """What it acknowledges of its server, who has said nothing."""
        self.port = port
        self.ports = (1024 + number % 60_000).to_bytes(2, "big") + port.to_bytes(2, "big")
        self.addresses = (b"\x0a" + number.to_bytes(3, "big")).rjust(4 if version == 4 else 16, b"\xfd") + bytes(
            4 if version == 4 else 16
        )

    @property
    def flow(self) -> bytes:
        return self.addresses + self.ports

    def segment(
        self, seq: int, data: bytes = b"", flags: int = 0x18, options: bytes = b"", ack: int | None = None
    ) -> bytes:
        acked = self.acked if ack is None else ack
        head = self.ports + b"".join((number & 0xFFFFFFFF).to_bytes(4, "big") for number in (seq, acked))
        tcp = head + bytes(((20 + len(options)) << 2, flags)) + b"\xff\xff\0\0\0\0" + options + data
        if self.version == 6:
            return b"\x60\0\0\0" + len(tcp).to_bytes(2, "big") + b"\x06\x40" + self.addresses + tcp
        total = (20 + len(tcp)).to_bytes(2, "big")
        return b"\x45\0" + total + b"\0\0\0\0\x40\x06\0\0" + self.addresses + tcp

    def syn(self, seq: int, data: bytes = b"", flags: int = 2) -> bytes:
        return self.segment(seq, data, flags)

    def server(self) -> Connection:
        """The other end."""
        half, back = len(self.addresses) // 2, Connection(self.version)
        back.addresses = self.addresses[half:] + self.addresses[:half]
        back.ports = self.ports[2:] + self.ports[:2]
        return back


@dataclass
class Kernel:
    """The classifier with its memory."""

    classifier: Classifier
    openings: KernelOpenings

    def judges(self, packet: bytes) -> bool:
        return self.classifier.judges(packet)[0]

    def settles(self, connection: Connection) -> bool:
        """Whether it passes with what its client says next, which may be nothing."""
        return self.classifier.settles(connection.segment(0))

    def behind(self, hello: bytes, initial_seq: int, version: int = 4) -> tuple[Connection, int]:
        """A connection whose hello has passed and was answered, and where it goes on."""
        connection = Connection(version)
        assert not self.judges(connection.syn(initial_seq))
        assert not self.judges(connection.segment(initial_seq + 1, hello))
        connection.acked += 1
        return connection, initial_seq + 1 + len(hello) & 0xFFFFFFFF


def extension(kind: int, body: bytes) -> bytes:
    return kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


def server_name(name: bytes, kind: int = 0) -> bytes:
    entry = bytes((kind,)) + len(name).to_bytes(2, "big") + name
    return extension(0, len(entry).to_bytes(2, "big") + entry)


def hello(*extensions: bytes, session: bytes = b"", ciphers: bytes = b"\x13\x01", record: int = 0x0301) -> bytes:
    """One record with one ClientHello."""
    block = b"".join(extensions)
    body = b"\x03\x03" + bytes(32) + bytes((len(session),)) + session + len(ciphers).to_bytes(2, "big") + ciphers
    body += b"\1\0" + len(block).to_bytes(2, "big") + block
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16" + record.to_bytes(2, "big") + len(message).to_bytes(2, "big") + message
