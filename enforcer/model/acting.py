"""Characters that act on a terminal, a line or a log instead of being shown."""

from __future__ import annotations

# Controls of both sets and the line separators, which end a line somewhere; the marks that turn the direction of
# text, which show a line other than it is (Unicode TR36 section 3.1.1); and the byte order mark.
_POINTS = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *(0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF),
)
SHOWN = {point: f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" for point in _POINTS}
"""For str.translate(): each as an escape, which does nothing."""


def acting(text: str) -> str:
    """The first such character; empty if there is none."""
    return "" if text.isascii() and text.isprintable() else next((sign for sign in text if ord(sign) in SHOWN), "")
