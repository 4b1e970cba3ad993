"""Frames as mirrors show them, made by scapy: under every link header that we step over."""

from collections.abc import Callable

from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.packet import Packet, Raw

CLIENT_MAC = "02:00:5e:10:00:02"
CLIENT, SERVER = {4: "10.1.0.2", 6: "fd00::2"}, {4: "192.0.2.53", 6: "2001:db8::53"}


def _ether() -> Packet:
    frame: Packet = Ether(src=CLIENT_MAC, dst="02:00:5e:10:00:01")
    return frame


def _ppp(version: int) -> Packet:
    session: Packet = PPPoE(sessionid=9) / PPP(proto=0x0021 if version == 4 else 0x0057)
    return session


LINKS: dict[str, Callable[[int], Packet]] = {
    "plain": lambda _: _ether(),
    "tagged": lambda _: _ether() / Dot1Q(vlan=7),
    "tagged twice": lambda _: _ether() / Dot1AD(vlan=7) / Dot1Q(vlan=8),
    "tagged three times": lambda _: _ether() / Dot1AD(vlan=7) / Dot1Q(vlan=8) / Dot1Q(vlan=9),
    "PPPoE": lambda version: _ether() / _ppp(version),
    "PPPoE in a VLAN": lambda version: _ether() / Dot1Q(vlan=7) / _ppp(version),
    "MPLS": lambda _: _ether() / MPLS(label=100, s=1),
    "MPLS, four labels": lambda _: _ether() / MPLS(label=1, s=0) / MPLS(label=2, s=0) / MPLS(s=0) / MPLS(label=4, s=1),
}


def network(version: int, *, back: bool = False) -> Packet:
    source, destination = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    layer = IP if version == 4 else IPv6
    packet: Packet = layer(src=source[version], dst=destination[version])
    return packet


def udp(version: int, source: int, destination: int, payload: bytes, *, back: bool = False) -> Packet:
    packet: Packet = network(version, back=back) / UDP(sport=source, dport=destination) / Raw(payload)
    return packet


def tcp(
    version: int,
    source: int,
    destination: int,
    payload: bytes,
    *,
    flags: str = "A",
    seq: int = 1,
    ack: int = 0,
    back: bool = False,
) -> Packet:
    options = [("NOP", None), ("NOP", None), ("Timestamp", (1, 2))] if len(payload) % 2 else []
    head = TCP(sport=source, dport=destination, flags=flags, seq=seq, ack=ack, options=options)
    packet: Packet = network(version, back=back) / head / (Raw(payload) if payload else b"")
    return packet


def framed(packet: Packet, link: str = "plain") -> bytes:
    """The whole frame, without the padding that a wire would add."""
    return bytes(LINKS[link](packet.version) / packet)
