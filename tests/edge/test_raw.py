"""Packets of our own making arrive whole, from any address; real clients are in tests/kernel."""

import socket
import subprocess

import pytest
from namespace_fixtures import apart
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

from enforcer.edge import raw as raw_module
from enforcer.edge.raw import RawInjector
from enforcer.model.errors import EdgeError

MARK = 0x00400000
LINKS = (
    *(f"link add lan{n} type veth peer name beyond{n}" for n in range(2)),
    *(f"link set {end}{n} up" for n in range(2) for end in ("lan", "beyond")),
    "neigh add fe80::7 lladdr 02:00:00:00:00:07 dev lan1",
    "addr add fe80::53/64 dev lan1 nodad",
)


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("family", "packet", "at"),
    [
        (socket.AF_INET, IP(src="203.0.113.53", dst="127.0.0.1") / UDP(sport=53, dport=4000) / b"hello", "127.0.0.1"),
        (socket.AF_INET6, IPv6(src="2001:db8::53", dst="::1") / UDP(sport=53, dport=4000) / b"hello", "::1"),
    ],
)
def test_a_foreign_server_answers_a_local_process(family: int, packet: IP, at: str) -> None:
    wire = bytes(packet)

    def work() -> tuple[bytes, str, int, int]:
        with socket.socket(family, socket.SOCK_DGRAM) as sink:
            sink.bind((at, 4000))
            sink.settimeout(20)
            injector = RawInjector(MARK)
            injector.send(wire)
            data, peer = sink.recvfrom(100)
            injector.close()
            return data, peer[0], peer[1], injector.sent

    assert apart(work) == (b"hello", packet.src, 53, 1)


@pytest.mark.kernel
def test_an_address_of_one_link_is_reached_over_that_link() -> None:
    """Every link has that network: by its route alone a packet goes to the first of them."""
    packet = bytes(IPv6(src="fe80::53", dst="fe80::7") / UDP(sport=53, dport=4000) / b"hello")

    def work() -> tuple[int, int]:
        for command in LINKS:
            subprocess.run(["ip", *command.split()], check=True)
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.ntohs(0x86DD)) as heard:
            heard.bind(("beyond1", 0x86DD))
            heard.settimeout(20)
            injector = RawInjector(MARK)
            injector.send(packet, socket.if_nametoindex("lan1"))
            while heard.recv(2000) != packet:
                pass
            injector.close()
            return injector.sent, injector.failed

    assert apart(work) == (1, 0)


@pytest.mark.kernel
def test_what_cannot_be_sent_is_counted_and_nothing_is_raised() -> None:
    def work() -> tuple[int, int]:
        injector = RawInjector(MARK)
        nowhere = bytes(IP(src="203.0.113.53", dst="198.51.100.1") / UDP() / b"hello")
        for junk in (b"", b"\x45", b"\x60" * 39, b"\x00" * 60, b"\x55" * 60, nowhere, nowhere[:20] * 4000):
            injector.send(junk)
        return injector.sent, injector.failed

    assert apart(work) == (0, 7)


@pytest.mark.kernel
def test_a_machine_without_ipv6_still_answers_over_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    make = raw_module._raw_socket

    def only_v4(family: socket.AddressFamily, mark: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return make(family, mark)

    monkeypatch.setattr(raw_module, "_raw_socket", only_v4)

    def work() -> tuple[int, int]:
        injector = RawInjector(MARK)
        injector.send(bytes(IP(dst="127.0.0.1") / UDP(dport=9)))
        injector.send(bytes(IPv6(dst="::1") / UDP(dport=9)))
        injector.close()
        return injector.sent, injector.failed

    assert apart(work) == (1, 1)


def test_without_permission_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(raw_module, "_raw_socket", refuse)
    with pytest.raises(EdgeError, match="no raw socket to answer with: Operation not permitted") as caught:
        RawInjector(MARK)
    assert "CAP_NET_RAW" in caught.value.cure
    assert caught.value.code == 4


def test_a_socket_that_takes_no_mark_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the mark our own answers would be judged again."""

    class Unmarked(socket.socket):
        def setsockopt(self, *_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

    kept = Unmarked(socket.AF_INET, socket.SOCK_DGRAM)
    monkeypatch.setattr(socket, "socket", lambda *_: kept)
    with pytest.raises(EdgeError):
        RawInjector(MARK)
    assert kept.fileno() == -1
