"""The systemd unit by its files, so that it can be looked at without a service manager; and whom it runs as."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from enforcer.doctor.facts import Unit

NAME = "enforcer.service"
_FOLDERS = ("etc", "run", "usr/local/lib", "usr/lib", "lib")
"""Of units, below each `systemd/system`: an earlier one hides the later (systemd.unit(5))."""
_FIRST = "network-pre.target"
_MOST = 2**16


def unit(root: Path = Path("/")) -> Unit:
    """`root`: where the folders of units are."""
    folders = [root / place / "systemd/system" for place in _FOLDERS]
    path = next((folder / NAME for folder in folders if os.path.lexists(folder / NAME)), None)
    if path is None:
        return Unit()
    if path.is_symlink() and str(path.readlink()) == os.devnull:
        return Unit(path=str(path), masked=True)
    texts = [_text(path), *(_text(one) for folder in folders for one in _drop_ins(folder))]
    return Unit(
        path=str(path),
        enabled=any(os.path.lexists(wants / NAME) for folder in folders for wants in folder.glob("*.wants")),
        before_network=any(_FIRST in value.split() for text in texts for value in values(text, "Unit", "Before")),
        user=next((user for text in reversed(texts) for user in values(text, "Service", "User")), "root"),
    )


def _drop_ins(folder: Path) -> list[Path]:
    return sorted((folder / f"{NAME}.d").glob("*.conf"))


def values(text: str, section: str, key: str) -> Iterator[str]:
    """Every value that a file of systemd's gives to a key of a section, in their order."""
    inside = ""
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip().strip("[]")
        elif inside == section and "=" in line and line.partition("=")[0].strip() == key:
            yield line.partition("=")[2].strip()


def _text(path: Path) -> str:
    with contextlib.suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_MOST)
    return ""
