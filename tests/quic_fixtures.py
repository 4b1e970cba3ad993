"""QUIC packets made with aioquic's protection: another writer than our reader."""

import ssl
from collections.abc import Iterable
from functools import lru_cache

from aioquic._buffer import Buffer
from aioquic.buffer import encode_uint_var
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.crypto import CryptoPair
from aioquic.quic.packet import pull_quic_header

V1, V2 = 0x00000001, 0x6B3343CF
BOTH = (V1, V2)
INITIAL_BITS = {V1: 0xC0, V2: 0xD0}
NAME = "dnl-03.geo.kaspersky.com"
DESTINATION = bytes.fromhex("8394c8f03e515708")


def varint(value: int) -> bytes:
    return encode_uint_var(value)


def crypto(offset: int, data: bytes) -> bytes:
    return b"\x06" + varint(offset) + varint(len(data)) + data


def seal(
    payload: bytes,
    *,
    version: int = V1,
    destination: bytes = DESTINATION,
    keys: bytes | None = None,
    number: int = 0,
    number_size: int = 2,
    token: bytes = b"",
    reserved: int = 0,
    source: bytes = b"me",
) -> bytes:
    """A client's Initial packet; `keys` is the connection id that makes the keys, if not the destination."""
    payload += bytes(max(4 - len(payload), 0))
    pair = _pair(destination if keys is None else keys, version)
    header = bytes([INITIAL_BITS[version] | reserved | number_size - 1]) + version.to_bytes(4, "big")
    header += bytes([len(destination)]) + destination + bytes([len(source)]) + source + varint(len(token)) + token
    header += varint(number_size + len(payload) + 16)
    header += (number % (1 << 8 * number_size)).to_bytes(number_size, "big")
    return bytes(pair.encrypt_packet(header, payload, number))


def whole(packets: bytes) -> bytes:
    """A datagram with these packets, as long as one with an Initial must be (RFC 9000 section 14.1)."""
    return packets.ljust(1200, b"\0")


@lru_cache(64)
def _pair(cid: bytes, version: int) -> CryptoPair:
    """Making the keys takes ten times as long as using them, and nothing of a packet stays in them."""
    pair = CryptoPair()
    pair.setup_initial(cid=cid, is_client=True, version=version)
    return pair


def other(kind: int, version: int = V1, destination: bytes = DESTINATION, size: int = 30) -> bytes:
    """A long-header packet of another type (1 0-RTT, 2 Handshake, 3 Retry) with any bytes for a body."""
    shift = {V1: 0, V2: 1}[version]
    token = b"\0" if kind == 0 else b""
    head = bytes([0xC0 | (kind + shift) % 4 << 4]) + version.to_bytes(4, "big")
    return head + bytes([len(destination)]) + destination + b"\2me" + token + varint(size) + b"\xaa" * size


def aioquic_datagrams(name: str = NAME, version: int = V1, alpn: Iterable[str] = ("h3",)) -> list[bytes]:
    """The first flight of aioquic's client."""
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=list(alpn),
        server_name=name,
        verify_mode=ssl.CERT_NONE,
        supported_versions=[version],
        original_version=version,
    )
    client = QuicConnection(configuration=configuration)
    client.connect(("192.0.2.1", 443), now=0.0)
    return [data for data, _ in client.datagrams_to_send(now=0.0)]


def header_fields(datagram: bytes) -> tuple[int, bytes]:
    """Version and destination as aioquic reads them."""
    header = pull_quic_header(Buffer(data=datagram), host_cid_length=8)
    assert header.version is not None
    return header.version, header.destination_cid
