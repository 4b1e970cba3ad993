"""The two tables of HPACK, as RFC 7541 prints them in its appendices A and B."""

from __future__ import annotations

Field = tuple[bytes, bytes]
"""A field's name and value."""

_NAMES_ONLY = (
    b"accept-charset accept-encoding accept-language accept-ranges accept access-control-allow-origin age allow"
    b" authorization cache-control content-disposition content-encoding content-language content-length"
    b" content-location content-range content-type cookie date etag expect expires from host if-match"
    b" if-modified-since if-none-match if-range if-unmodified-since last-modified link location max-forwards"
    b" proxy-authenticate proxy-authorization range referer refresh retry-after server set-cookie"
    b" strict-transport-security transfer-encoding user-agent vary via www-authenticate"
).split()

STATIC: tuple[Field, ...] = (
    (b":authority", b""),
    (b":method", b"GET"),
    (b":method", b"POST"),
    (b":path", b"/"),
    (b":path", b"/index.html"),
    (b":scheme", b"http"),
    (b":scheme", b"https"),
    *((b":status", status) for status in (b"200", b"204", b"206", b"304", b"400", b"404", b"500")),
    *((name, b"gzip, deflate" if name == b"accept-encoding" else b"") for name in _NAMES_ONLY),
)
"""Appendix A; index 1 is the first."""

EOS = 256
"""The symbol that ends a string nowhere: its first bits fill the last byte up."""

_LENGTHS = bytes.fromhex(
    "0d171c1c1c1c1c1c1c181e1c1c1e1c1c1c1c1c1c1c1c1e1c1c1c1c1c1c1c1c1c060a0a0c0d06080b0a0a080b08060606"
    "0505050606060606060607080f060c0a0d06070707070707070707070707070707070707070707070807080d130d0e06"
    "0f05060506050606060507070606060506070605050607070707070f0b0e0d1c14161414161616171617171717171817"
    "181816171817171717151617161717181615141616171715171616181516171715151615171617171416161617161617"
    "1a1a1413161716191a1a1a1b1b1a181913151a1b1b1a1b1815151a1a1c1b1b1b14181415161515171616191918181a17"
    "1a1b1a1a1b1b1b1b1b1c1b1b1b1b1b1a1e"
)
"""Appendix B: the length in bits of the code of each byte, and of EOS."""


def _codes() -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The code is canonical (section 5.2): in order of length, then of symbol, each code is the one before plus one.

    So where a code begins, taken as the first of 30 bits, tells its symbol: starts, symbols, lengths, in that order.
    """
    starts, symbols, lengths, at = [], [], [], 0
    for symbol in sorted(range(EOS + 1), key=lambda symbol: (_LENGTHS[symbol], symbol)):
        starts.append(at)
        symbols.append(symbol)
        lengths.append(_LENGTHS[symbol])
        at += 1 << LONGEST - _LENGTHS[symbol]
    return tuple(starts), tuple(symbols), tuple(lengths)


LONGEST = 30
"""Bits of the longest code."""
CODE_STARTS, CODE_SYMBOLS, CODE_LENGTHS = _codes()
