"""Where the IP packet begins in an Ethernet frame as a mirror port shows it.

In:  one whole frame, from its destination address on.
Out: a `Frame`, or DecodeError where it carries no IP.
Ref: IEEE 802.1Q (tags, stacked ones too), RFC 2516 section 4 (PPPoE), RFC 3032 section 2.1 (MPLS).
"""

from __future__ import annotations

from typing import NamedTuple

from enforcer.model.errors import DecodeError

IPV4, IPV6 = 0x0800, 0x86DD
TAGS = (0x8100, 0x88A8, 0x9100)
"""802.1Q, 802.1ad, and what stood for it before."""
PPPOE = 0x8864
PPP_IPV4, PPP_IPV6 = 0x0021, 0x0057
MPLS = (0x8847, 0x8848)

MAX_TAGS = 3
MAX_LABELS = 6
"""Of MPLS. Networks use up to three or four."""


class Frame(NamedTuple):
    """Where things are in one frame."""

    start: int
    """The offset of the IP header."""
    source: bytes
    """The hardware address of who sent it on this link, 6 bytes."""


def decode_frame(frame: bytes) -> Frame:
    """Steps over the link's headers. Raises DecodeError for a frame that carries no IP or is cut short."""
    at, kind = 14, _two(frame, 12)
    for _ in range(MAX_TAGS):
        if kind not in TAGS:
            break
        kind = _two(frame, at + 2)
        at += 4
    if kind == PPPOE:
        kind = {PPP_IPV4: IPV4, PPP_IPV6: IPV6}.get(_two(frame, at + 6), 0)
        at += 8
    elif kind in MPLS:
        at = _behind_labels(frame, at)
        kind = IPV4
    if kind not in (IPV4, IPV6) or at >= len(frame):
        raise DecodeError("a frame that carries no IP", min(at, len(frame)))
    return Frame(at, frame[6:12])


def _behind_labels(frame: bytes, at: int) -> int:
    """MPLS does not say what it carries: the reader of the IP header finds out."""
    for _ in range(MAX_LABELS):
        is_last = _two(frame, at + 2) & 0x0100
        at += 4
        if is_last:
            return at
    raise DecodeError(f"more than {MAX_LABELS} MPLS labels", at)


def _two(frame: bytes, at: int) -> int:
    if at + 2 > len(frame):
        raise DecodeError("a frame cut short", len(frame))
    return frame[at] << 8 | frame[at + 1]
