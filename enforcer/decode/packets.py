"""The packets that we send: answers, packets with another payload, resets.

Each is made from the packet that gave rise to it, so that it can only go where that one came from or was going.
Ref: RFC 768, RFC 791, RFC 8200 section 8.1, RFC 9293 sections 3.5.2 and 3.10.7.
"""

from __future__ import annotations

from struct import Struct

from enforcer.decode.checksum import checksum, transport_checksum
from enforcer.decode.ip import TCP, UDP, IpPacket, decode_ip
from enforcer.decode.tcp import ACK, FIN, PSH, RST, SYN, TcpSegment, decode_tcp
from enforcer.decode.udp import decode_udp
from enforcer.model.errors import DecodeError

HOP_LIMIT = 64

_V4 = Struct("!BBHHHBBH4s4s")
_V6 = Struct("!IHBB16s16s")
_UDP = Struct("!HHHH")
_TCP = Struct("!HHIIBBHHH")
_DONT_FRAGMENT = 0x4000
_END, _NOP, _TIMESTAMP = 0, 1, 8  # TCP options, RFC 9293 section 3.2 and RFC 7323 section 3.2


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
    return _resized(bytearray(packet[: ip.header_length]), len(datagram)) + datagram


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


_PAIR = Struct("!II")
_LATER = 1 << 20
"""How much newer our timestamp is than the one that the client echoed: it may have seen newer ones since, and what is
older than those it drops (RFC 7323 section 5.3). With a tick of 1 ms, 17 minutes; a connection ends with it anyway."""


def tcp_answer(packet: bytes, payload: bytes, *, seq: int, ack: int) -> bytes:
    """The last segment to the sender of `packet`, as from its receiver: `payload`, and the end of what it sends.

    `seq` is what the sender of `packet` expects next, `ack` what its receiver does. A timestamp is echoed, since some
    hosts ignore segments without one (RFC 7323 section 3.2). Raises DecodeError as tcp_reset does.
    """
    ip, tcp = _segment(packet)
    options = _timestamp(packet[ip.header_length + 20 : tcp.start])
    words = 5 + len(options) // 4
    fields = (tcp.destination_port, tcp.source_port, seq, ack, words << 4, ACK | PSH | FIN, 0x7FFF)
    body = _summed(ip.destination, ip.source, fields, options + payload)
    return _packet(ip.destination, ip.source, TCP, body)


def rewrite_tcp(packet: bytes, payload: bytes, *, also: int = 0) -> bytes:
    """`packet` with another payload and the flags `also` set; its headers keep everything but length and checksums.

    Raises DecodeError as tcp_reset does.
    """
    ip, tcp = _segment(packet)
    header = bytearray(packet[: tcp.start])
    header[ip.header_length + 13] |= also
    header[ip.header_length + 16 : ip.header_length + 18] = b"\0\0"
    body = bytes(header[ip.header_length :]) + payload
    total = transport_checksum(ip.source, ip.destination, TCP, body)
    return _resized(header[: ip.header_length], len(body)) + body[:16] + total.to_bytes(2, "big") + body[18:]


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


def _resized(header: bytearray, size: int) -> bytes:
    """The IP header of a packet whose transport part now has `size` bytes."""
    if header[0] >> 4 == 4:
        _fits(len(header) + size)
        header[2:4] = (len(header) + size).to_bytes(2, "big")
        header[10:12] = b"\0\0"
        header[10:12] = checksum(bytes(header)).to_bytes(2, "big")
    else:
        _fits(len(header) - 40 + size)
        header[4:6] = (len(header) - 40 + size).to_bytes(2, "big")
    return bytes(header)


def _timestamp(options: bytes) -> bytes:
    """The option that answers the timestamp among these; empty without one."""
    at = 0
    while at < len(options) and options[at] != _END:
        if options[at] == _NOP:
            at += 1
            continue
        size = options[at + 1] if at + 1 < len(options) else 0
        if options[at] == _TIMESTAMP and size == 10 and at + 10 <= len(options):
            value, echo = _PAIR.unpack_from(options, at + 2)
            return bytes([_NOP, _NOP, _TIMESTAMP, 10]) + _PAIR.pack(echo + _LATER & 0xFFFFFFFF, value)
        at += max(size, 2)
    return b""


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
    return _summed(source, destination, fields, b"")


def _summed(source: bytes, destination: bytes, fields: tuple[int, ...], rest: bytes) -> bytes:
    """A TCP segment: the fields down to the window, and what follows the fixed header."""
    total = transport_checksum(source, destination, TCP, _TCP.pack(*fields, 0, 0) + rest)
    return _TCP.pack(*fields, total, 0) + rest


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
