"""ClientHellos of browsers for 50 blocked and 50 free names, and the ways in which they are cut, turned and doubled.

The shapes are taken once from each browser (browser_hellos.py); a hello for another name is the same bytes with that
name in the server_name extension and the lengths around it made right.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from acme_fixtures import ban, phase
from browser_hellos import browser_datagrams, browser_hello
from quic_fixtures import V1, crypto, seal, whole

from enforcer.decode.quic_crypto import VERSIONS, InitialKeys
from enforcer.decode.quic_initial import crypto_frames, initials, unprotect
from enforcer.policy.load import load

TAKEN = "dnl-03.geo.kaspersky.com"
"""The name in the bytes that were taken."""
VENDOR = Path(__file__).parents[1] / "policies/vendors/kaspersky.toml"
BAN = ban(
    "matrix",
    phase("full", "2024-09-29T00:00:00-04:00", 'otherwise = "block", undecodable = "block"', summary="in force"),
    title="All of the vendor's, and what cannot be read",
    vendor="kaspersky",
)
FILES = {"vendors/kaspersky.toml": VENDOR.read_text(), "us/matrix.toml": BAN}
AT = 1_750_000_000.0
"""Half a year into the ban."""

Part = tuple[int, bytes]
"""A segment or a CRYPTO frame: where it stands in the stream, and its bytes."""


# --- names -------------------------------------------------------------------------------------------------------
@cache
def blocked_names() -> tuple[str, ...]:
    """Spread evenly over what the vendor file holds; of whole domains a host within, the last ones deep."""
    policy = load(FILES)
    rows = [row for vendor in policy.vendors for row in vendor.hosts if row.confidence != "low"]
    known = sorted({name for row in rows for name in row.names} | {f"h.{name}" for row in rows for name in row.domains})
    spread = [known[place * len(known) // 46] for place in range(46)]
    deep = [f"{'a.' * 50}upd.kaspersky.com", f"{'b' * 63}.{'c' * 63}.geo.kaspersky.com", "WWW.KASPERSKY.COM"]
    return (*spread, *deep, f"{'.'.join(['d' * 49] * 4)}.upd.kaspersky.com")


@cache
def free_names() -> tuple[str, ...]:
    """Names that hold a blocked one as text and are not below it, and some of nobody's."""
    behind = [f"{name.lower()[-180:].lstrip('.')}.example.org" for name in blocked_names()[:20]]
    glued = [f"{name.rsplit('.', 2)[0]}.x{'.'.join(name.rsplit('.', 2)[1:])}" for name in blocked_names()[20:40]]
    others = ["www.example.org", "a.test", "xn--bcher-kva.example", "com", f"{'e' * 63}.{'f' * 63}.{'g' * 63}.example"]
    return (*behind, *glued, *others, *[f"h{number}.cdn{number * 7}.example.net" for number in range(5)])


# --- hellos ------------------------------------------------------------------------------------------------------
def renamed(message: bytes, name: str) -> bytes:
    """A ClientHello message, for another name (RFC 8446 section 4.1.2, RFC 6066 section 3)."""
    old, new = TAKEN.encode(), name.encode()
    at = message.index(old)
    out = bytearray(message[:at] + new + message[at + len(old) :])
    grown = len(new) - len(old)
    for place, size in ((at - 2, 2), (at - 5, 2), (at - 7, 2), (_extensions(message), 2), (1, 3)):
        out[place : place + size] = (int.from_bytes(out[place : place + size], "big") + grown).to_bytes(size, "big")
    return bytes(out)


def _extensions(message: bytes) -> int:
    """Where the length of the extensions stands: behind session id, cipher suites and compression methods."""
    at = 4 + 2 + 32
    at += 1 + message[at]
    at += 2 + int.from_bytes(message[at : at + 2], "big")
    return at + 1 + message[at]


def tcp_message(browser: str, name: str) -> bytes:
    return renamed(browser_hello(browser)[5:], name)


@cache
def _quic_shape(browser: str) -> bytes:
    joined: dict[int, bytes] = {}
    for datagram in browser_datagrams(browser):
        for packet in initials(datagram):
            opened = unprotect(packet, InitialKeys(VERSIONS[packet.version], packet.destination), -1)
            assert opened is not None
            joined |= {frame.offset: frame.data for frame in crypto_frames(opened[1])}
    message = b""
    for offset, data in sorted(joined.items()):
        assert offset <= len(message), "the first two datagrams hold it whole"
        message = message[:offset] + data
    return message


def quic_source(browser: str) -> bytes:
    """The connection id that the shape's transport parameters repeat: else a server hangs up (RFC 9000 section 7.3)."""
    head = browser_datagrams(browser)[0]
    at = 6 + head[5]
    return head[at + 1 : at + 1 + head[at]]


def quic_message(browser: str, name: str) -> bytes:
    return renamed(_quic_shape(browser), name)


def recorded(message: bytes, *sizes: int) -> bytes:
    """In TLS records of these sizes, the last of which repeats."""
    out, at, left = b"", 0, list(sizes)
    while at < len(message):
        size = left.pop(0) if len(left) > 1 else left[0]
        part = message[at : at + size]
        out += b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part
        at += size
    return out


# --- cuts --------------------------------------------------------------------------------------------------------
def cut(stream: bytes, *places: int) -> list[Part]:
    edges = [0, *places, len(stream)]
    return [(start, stream[start:end]) for start, end in pairwise(edges) if start < end]


def overlapped(stream: bytes, at: int, by: int) -> list[Part]:
    """In two, the second of which repeats the end of the first."""
    start = max(at - by, 0)
    return [(0, stream[:at]), (start, stream[start:])]


def contradicted(stream: bytes, at: int) -> list[Part]:
    """In two, the second of which says the first's last byte in another way."""
    wrong = bytes([stream[at - 1] ^ 0x20])
    return [(0, stream[:at]), (at - 1, wrong + stream[at:])]


def datagrams(parts: Sequence[Part], version: int = V1) -> list[bytes]:
    """A datagram with one CRYPTO frame for each part."""
    return [
        whole(seal(crypto(start, data), number=number, version=version)) for number, (start, data) in enumerate(parts)
    ]


def tiny_frames(message: bytes, in_one: int = 200) -> list[bytes]:
    """CRYPTO frames of one byte each, `in_one` to a datagram."""
    frames = [crypto(at, message[at : at + 1]) for at in range(len(message))]
    groups = [frames[at : at + in_one] for at in range(0, len(frames), in_one)]
    return [whole(seal(b"".join(group), number=number)) for number, group in enumerate(groups)]
