"""What belongs to a policy set, and which part of it is policy: by the path of a file within it."""

from __future__ import annotations

import re

NOT_POLICY = ("tests", "bypass", "subjects.toml")
"""Parts of a policy set that are neither vendors nor bans: case files, ways around DNS, the list of subjects."""
BYPASS = "bypass/"
MAX_FILE = 4 * 2**20
MAX_DEPTH = 8
MAX_PATH = 90
"""Bytes of a path in a bundle: with the folder before it, what the name field of a tar header holds."""
_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_PATH = re.compile(rf"(?:{_PART}/){{0,{MAX_DEPTH}}}{_PART}\.toml", re.ASCII)


def is_policy(path: str) -> bool:
    """Whether a file of a set is a vendor or a ban."""
    return not set(path.split("/")) & set(NOT_POLICY)


def is_bypass(path: str) -> bool:
    """Whether a file of a set tells ways around DNS."""
    return path.startswith(BYPASS)


def path_fault(path: str) -> str:
    """Why `path` may not stand in a bundle; empty if it may.

    One spelling for one file, the same on every file system and none that leads out of the folder.
    """
    if len(path) > MAX_PATH:
        return f"{path[:100]!r} has {len(path)} characters, {MAX_PATH} are allowed in a bundle"
    if not _PATH.fullmatch(path):
        return (
            f"{path!r} is no path for a bundle; wanted letters, digits, `-`, `_`, `.`, at most {MAX_DEPTH} folders "
            "deep, no part that begins with a dot, `.toml` at the end"
        )
    return ""
