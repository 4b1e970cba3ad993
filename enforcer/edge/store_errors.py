"""What SQLite or the file system refuses, in words for the operator."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from enforcer.model.errors import EdgeError

_ELSEWHERE = "name another file: [output] store, or --store"

# The primary result code (https://www.sqlite.org/rescode.html), what it means here, and the cure.
_SQLITE: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("the disk, or the store's limit, is full", "free some space; recording goes on by itself"),
    sqlite3.SQLITE_BUSY: ("another program holds the store locked", "end that program: fuser -v {path}"),
    sqlite3.SQLITE_LOCKED: ("another program holds the store locked", "end that program: fuser -v {path}"),
    sqlite3.SQLITE_NOTADB: ("the file is not a database", _ELSEWHERE),
    sqlite3.SQLITE_CORRUPT: ("the file is damaged", "keep a copy as evidence, then " + _ELSEWHERE),
    sqlite3.SQLITE_READONLY: ("the file may not be written", "check owner, mode and mount of {path} and its folder"),
    sqlite3.SQLITE_PERM: ("the file may not be opened", "check owner and mode of {path} and its folder"),
    sqlite3.SQLITE_CANTOPEN: ("the file cannot be opened", "check owner and mode of {path} and its folder"),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "look at the kernel's log: dmesg"),
}
_OS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("its folder does not exist", "mkdir -p -m 700 {folder}"),
    errno.ENOTDIR: ("its folder is not a folder", _ELSEWHERE),
    errno.EISDIR: ("it is a folder", _ELSEWHERE),
    errno.EACCES: ("permission is denied", "run as root, or check owner and mode of {path} and its folder"),
    errno.EPERM: ("permission is denied", "run as root, or check owner and mode of {path} and its folder"),
    errno.EROFS: ("the file system is read-only", _ELSEWHERE),
    errno.ENOSPC: ("the disk is full", "free some space"),
    errno.ELOOP: ("it is a symbolic link", "name the file itself: [output] store, or --store"),
}


class Outdated(EdgeError):
    """An older enforcer wrote the store."""


class Unfinished(Outdated):
    """And its writer brings it up to date just now."""


def refusal(error: sqlite3.Error | OSError, path: Path) -> EdgeError:
    """The refusal as an EdgeError that names the file, the fault and the cure."""
    if isinstance(error, OSError):
        why, cure = _OS.get(error.errno or 0, (str(error), _ELSEWHERE))
        if error.errno == errno.ENOENT and path.parent.is_dir():
            why, cure = "it was taken away", "put it back, or " + _ELSEWHERE
    else:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        why, cure = _SQLITE.get(code, (str(error), _ELSEWHERE))
    return EdgeError(f"the event store {path}: {why}", cure=cure.format(path=path, folder=path.parent))
