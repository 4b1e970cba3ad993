"""The packets that we send: answers over UDP, rewritten datagrams, resets.

Each is made from the packet that gave rise to it, so that it can only go where that one came from or was going.
Ref: RFC 768, RFC 791, RFC 8200 section 8.1, RFC 9293 sections 3.5.2 and 3.10.7.
"""

from __future__ import annotations

from struct import Struct

from enforcer.decode.checksum import checksum, transport_checksum
from enforcer.decode.ip import TCP, UDP, IpPacket, decode_ip
from enforcer.decode.tcp import ACK, FIN, RST, SYN, TcpSegment, decode_tcp
from enforcer.decode.udp import decode_udp
from enforcer.model.errors import DecodeError

HOP_LIMIT = 64

_V4 = Struct("!BBHHHBBH4s4s")
_V6 = Struct("!IHBB16s16s")
_UDP = Struct("!HHHH")
_TCP = Struct("!HHIIBBHHH")
_DONT_FRAGMENT = 0x4000


def udp_reply(packet: bytes, payload: bytes) -> bytes:
    """An IP packet that answers the datagram in `packet` with `payload`: addresses and ports change sides.

    Raises DecodeError: `packet` is no whole UDP datagram, or `payload` too long for one.
    """
    ip = _whole(packet, UDP)
    udp = decode_udp(packet, ip.header_length, ip.total_length)
    datagram = _datagram(ip.destination, ip.source, udp.destination_port, udp.source_port, payload)
    return _packet(ip.destination, ip.source, UDP, datagram)


def rewrite_udp(packet: bytes, payload: bytes) -> bytes:
    """`packet` with another payload; its IP header keeps everything but length and checksum.

    Raises DecodeError as udp_reply does.
    """
    ip = _whole(packet, UDP)
    udp = decode_udp(packet, ip.header_length, ip.total_length)
    datagram = _datagram(ip.source, ip.destination, udp.source_port, udp.destination_port, payload)
    header = bytearray(packet[: ip.header_length])
    if ip.version == 4:
        _fits(len(header) + len(datagram))
        header[2:4] = (len(header) + len(datagram)).to_bytes(2, "big")
        header[10:12] = b"\0\0"
        header[10:12] = checksum(bytes(header)).to_bytes(2, "big")
    else:
        _fits(len(header) - 40 + len(datagram))
        header[4:6] = (len(header) - 40 + len(datagram)).to_bytes(2, "big")
    return bytes(header) + datagram


def tcp_reset(packet: bytes, *, seq: int | None = None) -> bytes:
    """A reset to the receiver of `packet`, as from its sender.

    A receiver obeys a reset only at the very sequence number that it expects next (RFC 9293 section 3.10.7.4). For
    a segment in order, which the receiver will not get, that is the segment's own; else give it as `seq`.
    Raises DecodeError: `packet` is no whole TCP segment, or a reset itself.
    """
    ip, tcp = _segment(packet)
    seq = tcp.seq if seq is None else seq
    reset = _reset(ip.source, ip.destination, tcp.source_port, tcp.destination_port, seq, tcp.flags & ACK, tcp.ack)
    return _packet(ip.source, ip.destination, TCP, reset)


def tcp_reset_back(packet: bytes) -> bytes:
    """A reset to the sender of `packet`, as from its receiver, in the form that RFC 9293 section 3.5.2 prescribes.

    Raises DecodeError as tcp_reset does.
    """
    ip, tcp = _segment(packet)
    if tcp.flags & ACK:
        seq, acks, ack = tcp.ack, 0, 0
    else:
        length = tcp.end - tcp.start + bool(tcp.flags & SYN) + bool(tcp.flags & FIN)
        seq, acks, ack = 0, ACK, tcp.seq + length & 0xFFFFFFFF
    reset = _reset(ip.destination, ip.source, tcp.destination_port, tcp.source_port, seq, acks, ack)
    return _packet(ip.destination, ip.source, TCP, reset)


def _whole(packet: bytes, protocol: int) -> IpPacket:
    ip = decode_ip(packet)
    if ip.protocol != protocol:
        raise DecodeError(f"protocol {ip.protocol}, not {protocol}", 0)
    if ip.fragment_offset or ip.more_fragments:
        raise DecodeError("a fragment is not answered", 0)
    return ip


def _segment(packet: bytes) -> tuple[IpPacket, TcpSegment]:
    ip = _whole(packet, TCP)
    tcp = decode_tcp(packet, ip.header_length, ip.total_length)
    if tcp.flags & RST:
        raise DecodeError("a reset is not answered with a reset", ip.header_length + 13)
    return ip, tcp


def _datagram(source: bytes, destination: bytes, source_port: int, destination_port: int, payload: bytes) -> bytes:
    size = 8 + len(payload)
    _fits(size)
    bare = _UDP.pack(source_port, destination_port, size, 0) + payload
    # RFC 768: 0 means "not computed", which RFC 8200 section 8.1 forbids for IPv6.
    total = transport_checksum(source, destination, UDP, bare) or 0xFFFF
    return _UDP.pack(source_port, destination_port, size, total) + payload


def _reset(
    source: bytes, destination: bytes, source_port: int, destination_port: int, seq: int, acks: int, ack: int
) -> bytes:
    """`acks` is ACK if the reset acknowledges `ack`, else 0."""
    fields = (source_port, destination_port, seq & 0xFFFFFFFF, ack if acks else 0, 5 << 4, RST | acks, 0)
    total = transport_checksum(source, destination, TCP, _TCP.pack(*fields, 0, 0))
    return _TCP.pack(*fields, total, 0)


def _packet(source: bytes, destination: bytes, protocol: int, body: bytes) -> bytes:
    if len(source) == 16:
        _fits(len(body))
        return _V6.pack(6 << 28, len(body), protocol, HOP_LIMIT, source, destination) + body
    size = 20 + len(body)
    _fits(size)
    fields = (0x45, 0, size, 0, _DONT_FRAGMENT, HOP_LIMIT, protocol)
    total = checksum(_V4.pack(*fields, 0, source, destination))
    return _V4.pack(*fields, total, source, destination) + body


def _fits(size: int) -> None:
    if size > 0xFFFF:
        raise DecodeError(f"{size} bytes do not fit in one packet", 0)
