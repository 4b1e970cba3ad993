"""Text that came from a wire, made harmless for a line, a terminal or a log: nothing in it can act any more."""

from __future__ import annotations

from enforcer.model.event import encodable

# Controls of both sets and the line separators, which end a line somewhere; the marks that turn the direction of
# text, which show a line other than it is (Unicode TR36 section 3.1.1); and the byte order mark.
_ACTING = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *(0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF),
)
_SHOWN = {point: f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" for point in _ACTING}


def visible(text: str) -> str:
    """The text with everything that acts as an escape: a newline as `\\x0a`, a broken byte as `\\udcff`."""
    return text if text.isascii() and text.isprintable() else encodable(text).translate(_SHOWN)


def shown(text: str, limit: int) -> tuple[str, bool]:
    """Visible and bounded. Looks at no more of the text than can be kept: whatever its length, this costs the same."""
    return bounded(visible(text[: limit + 1]), limit)


def bounded(text: str, limit: int) -> tuple[str, bool]:
    """The text in at most `limit` bytes of UTF-8, and whether it is whole; what is not ends in `...`."""
    data = text.encode()
    if len(data) <= limit:
        return text, True
    return data[: limit - 3].decode(errors="ignore") + "...", False
