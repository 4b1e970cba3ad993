"""Where the IP packet begins in what a capture holds of other links than Ethernet.

In:  the link type of the capture (LINKTYPE_..., tcpdump.org/linktypes.html) and one record.
Out: the offset of the IP header, or DecodeError where the record carries no IP, or the link is not known here.
"""

from __future__ import annotations

from enforcer.model.errors import DecodeError

NULL, RAW_BSD, RAW_OPENBSD, RAW, LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2 = 0, 12, 14, 101, 108, 113, 228, 229, 276
PLAIN = (RAW_BSD, RAW_OPENBSD, RAW, IPV4, IPV6)
KINDS = (b"\x08\x00", b"\x86\xdd")
_TYPE_AT = {LINUX_SLL: (14, 16), LINUX_SLL2: (0, 20)}
"""Where the protocol stands, and where the packet begins."""
KNOWN = (*PLAIN, NULL, LOOP, *_TYPE_AT)


def ip_start(link: int, record: bytes) -> int:
    """Raises DecodeError."""
    if link in PLAIN:
        return 0
    if link in (NULL, LOOP):
        # The address family, in somebody's byte order; its numbers differ by system. The IP header says it again.
        start = 4
    elif link in _TYPE_AT:
        at, start = _TYPE_AT[link]
        if record[at : at + 2] not in KINDS:
            raise DecodeError("a record that carries no IP", at)
    else:
        raise DecodeError(f"records of the link type {link}", 0)
    if len(record) <= start:
        raise DecodeError("a record cut short", len(record))
    return start
