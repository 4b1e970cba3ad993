"""Tables, figures and cells of a report's page. All that came from the wire is made visible and escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from enforcer.audit.visible import visible
from enforcer.model.verdict import Verdict

_VERDICTS = frozenset(verdict.word for verdict in Verdict)
_UNBROKEN = re.compile(r"[^\s-]{24}")
_ESCAPED = {ord(char): escape(char) for char in "&<>\"'"} | {0: "<wbr>"}
"""No visible text has a NUL (visible.py), so one can stand for the place."""
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z")


def table(name: str, head: Sequence[str], body: Iterable[Sequence[str]], *, verdict: int = -1) -> str:
    """The name and cells are HTML already. The column `verdict` is coloured by what stands there."""
    top = "".join(f'<th scope="col">{one}</th>' for one in head)
    lines = "".join(f"<tr>{''.join(_td(at == verdict, cell) for at, cell in enumerate(row))}</tr>" for row in body)
    wide = ' class="many"' if len(head) > 2 else ""
    table = f"<table{wide}><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"
    return f"{_wide(name)}{table}</div>"


def _td(coloured: bool, content: str) -> str:
    mark = f'<span class="v v-{content}">{content}</span>' if coloured and content in _VERDICTS else content
    return f"<td>{mark}</td>"


def figure(chart: str, caption: str) -> str:
    return f"<figure>{_wide(caption)}{chart}</div><figcaption>{caption}</figcaption></figure>"


def _wide(name: str) -> str:
    """Opens what scrolls sideways where the screen is narrow; a keyboard reaches it, and a screen reader names it."""
    return f'<div class="wide" role="region" aria-label="{name}" tabindex="0">'


def both(first: str, second: str) -> str:
    """Two words that belong together, in one cell."""
    return f"{cell(first) or '-'}<br>{cell(second)}" if second else cell(first) or "-"


def plain(text: str) -> str:
    """Instants as people write them: 2024-09-29 04:00:00 UTC."""
    return _INSTANT.sub(r"\1 \2 UTC", text)


def cell(text: str) -> str:
    """For a cell or paragraph. What has no place to break gets some, so that no column grows over the paper's edge."""
    return _UNBROKEN.sub(lambda run: f"{run[0]}\0", visible(text)).translate(_ESCAPED)


def attribute(text: str) -> str:
    return escape(visible(text))
