"""The few shapes that a picture of ours is made of, as elements of SVG."""

from __future__ import annotations

import re
from html import escape

LETTER = 6.3
"""The usual width of a letter at 11 pixels, a bit generous."""
SMALL = 0.92
"""Of that, at 10 pixels."""
INK = "#222222"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def rect(x: float, y: float, width: float, height: float, style: str, told: str = "") -> str:
    """`told` shows when one points at it."""
    where = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f"<rect {where} {style}><title>{_escaped(told)}</title></rect>" if told else f"<rect {where} {style}/>"


def stroke(x: float, top: float, bottom: float, style: str) -> str:
    """An upright line."""
    return f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" {style}/>'


def fitting(words: str, width: float) -> str:
    """As much as fits at 10 pixels."""
    room = int(width / (LETTER * SMALL))
    return words if len(words) <= room else words[: room - 1] + "…"


def text(x: float, y: float, words: str, *, size: int, bold: bool = False, fill: str = INK, anchor: str = "") -> str:
    weight = ' font-weight="bold"' if bold else ""
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{weight}{where}>{_escaped(words)}</text>'


def _escaped(words: str) -> str:
    """As XML 1.0 can hold it: most controls have no spelling in it at all."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", words))
