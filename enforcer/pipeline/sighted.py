"""What a packet's headers say of a sighting: whose it is, and which flow and direction."""

from __future__ import annotations

from struct import Struct

from enforcer.decode.ip import TCP, IpPacket
from enforcer.model.observation import Client, Observation
from enforcer.pipeline.stamp import LOCAL, Arrival, Sighting, address

_PORTS = Struct("!HH").unpack_from


def flow_key(ip: IpPacket, data: bytes) -> bytes:
    """One flow in one direction: addresses and ports as they stand in the packet."""
    return b"%b%b%b" % (ip.source, ip.destination, data[ip.header_length : ip.header_length + 4])


def turned_key(ip: IpPacket, data: bytes) -> bytes:
    """The key of the same flow's other direction."""
    ports = data[ip.header_length + 2 : ip.header_length + 4] + data[ip.header_length : ip.header_length + 2]
    return b"%b%b%b" % (ip.destination, ip.source, ports)


def forward(
    ip: IpPacket, data: bytes, seen: Observation, at: float, mac: str | None, interface: str | None
) -> Sighting:
    """A packet from the client; the ports stand first in the headers of TCP and UDP alike."""
    source_port, destination_port = _PORTS(data, ip.header_length)
    return Sighting(
        at=at,
        seen=seen,
        client=Client(address=address(ip.source), mac=mac, interface=interface),
        client_port=source_port,
        server=address(ip.destination),
        server_port=destination_port,
        protocol="tcp" if ip.protocol == TCP else "udp",
    )


def backward(ip: IpPacket, data: bytes, seen: Observation, at: float, whereabouts: Arrival = LOCAL) -> Sighting:
    """An answer to the client. Its MAC and interface are not on this packet: `whereabouts` are from elsewhere."""
    source_port, destination_port = _PORTS(data, ip.header_length)
    return Sighting(
        at=at,
        seen=seen,
        client=Client(address=address(ip.destination), mac=whereabouts.mac, interface=whereabouts.interface),
        client_port=destination_port,
        server=address(ip.source),
        server_port=source_port,
        protocol="tcp" if ip.protocol == TCP else "udp",
    )
