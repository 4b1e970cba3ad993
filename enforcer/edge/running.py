"""The service that runs in this network namespace, as the kernel shows it: for whoever does not know its site file.

/proc tells root which sockets and files a process has open, whether the process answers or hangs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from enforcer.edge import sole

PROC = Path("/proc")
_LOCK = sole.NAME.decode().replace("\0", "@")
_LISTENS = "00010000"  # __SO_ACCEPTCON
_BOUND = re.compile(r"\.(?P<name>.+)\.\d+")
"""As edge/control.py names its socket until it is in place; the kernel goes on calling it so."""
_SOCKET = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What can be seen of it; None where it has none, or we may not look."""

    pid: int | None
    socket: Path | None
    """Where it is asked."""
    store: Path | None
    """The record that it writes."""


class _Bound(NamedTuple):
    inode: str
    listens: bool
    path: str


def running(proc: Path = PROC) -> Running | None:
    """None if no service runs here."""
    if not sole.is_claimed():
        return None
    bound = list(_bound(proc))
    lock = {one.inode for one in bound if one.path == _LOCK}
    opened = {pid: _opened(proc / str(pid)) for pid in _processes(proc)}
    holders = {pid for pid, files in opened.items() if not lock.isdisjoint(_sockets(files))}
    # Its inspectors have the lock from it.
    pid = next((one for one in holders if _parent(proc / str(one)) not in holders), None)
    if pid is None:
        return Running(pid=None, socket=None, store=None)
    ours = set(_sockets(opened[pid]))
    sockets = (_in_place(one.path) for one in bound if one.listens and one.inode in ours)
    return Running(pid=pid, socket=next(filter(None, sockets), None), store=_store(opened[pid]))


def _bound(proc: Path) -> Iterator[_Bound]:
    """The named sockets of this network namespace: Num RefCount Protocol Flags Type St Inode Path."""
    try:
        lines = (proc / "net/unix").read_text(errors="replace").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        cells = line.split(maxsplit=7)
        if len(cells) == 8:
            yield _Bound(cells[6], cells[3] == _LISTENS, cells[7])


def _processes(proc: Path) -> list[int]:
    try:
        return [int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal()]
    except OSError:
        return []


def _opened(process: Path) -> list[str]:
    """What its descriptors are; nothing of a process that ends meanwhile, or that is not ours to look into."""
    try:
        return [str(one.readlink()) for one in (process / "fd").iterdir()]
    except OSError:
        return []


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _sockets(opened: list[str]) -> Iterator[str]:
    return (match[1] for one in opened if (match := _SOCKET.fullmatch(one)))


def _in_place(path: str) -> Path | None:
    """The control socket's place, by the name under which it was made."""
    made = Path(path)
    match = _BOUND.fullmatch(made.name)
    return made.with_name(match["name"]) if match and made.is_absolute() else None


def _store(opened: list[str]) -> Path | None:
    """The file whose lock is held too (edge/store_file.py)."""
    return next((Path(one) for one in opened if f"{one}-lock" in opened), None)
