"""The text of a TOML file to its values, in time that its length bounds.

A dotted key of n parts costs Python's reader n steps for each of them: a line of some kilobytes would hold it for
hours. No file of ours has a key of more than three parts, so longer ones are refused before they are read.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

MAX_PARTS = 128
"""Of a key. More than the labels of any host name, so that no line of prose that begins with one is taken for a key."""
MARK = "\ufeff"

_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?:\A|[\n\[{{,])[ \t]*+(?={_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MAX_PARTS}}})")
_DIGITS = re.compile(r"limit \((\d+) digits\).*", re.DOTALL)


def toml_values(text: str) -> dict[str, Any]:
    """Raises ValueError, which says what is wrong and, behind it, where: ` (at line 3, column 9)`; RecursionError."""
    if text.startswith(MARK):
        raise ValueError("begins with a byte order mark; save it as UTF-8 without one (at line 1, column 1)")
    if found := _LONG_KEY.search(text):
        line = text.count("\n", 0, found.end()) + 1
        raise ValueError(f"a key has more than {MAX_PARTS} parts (at line {line}, column {_column(text, found.end())})")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # Python's own refusal
        digits = _DIGITS.search(str(error))
        raise ValueError(f"has a number of more than {digits[1]} digits" if digits else str(error)) from error


def _column(text: str, at: int) -> int:
    return at - text.rfind("\n", 0, at)
