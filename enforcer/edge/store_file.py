"""The file of the store before SQLite opens it: its mode, and the lock that keeps it to one writer."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
from pathlib import Path

from enforcer.edge.store_errors import refusal
from enforcer.model.errors import EdgeError

_OURS: set[Path] = set()
"""The files that this process has locked: whoever opened one again and closed it would let go of it (fcntl(2))."""


_FLOCK = "hhqqi"
"""struct flock of fcntl(2): kind, whence, start, length (0: all of the file), and whose it is."""
_HELD = (errno.EAGAIN, errno.EACCES)
"""What fcntl(2) says of a lock that another process holds."""


def make(path: Path, make_folder: bool) -> None:
    """Makes the file, empty and for its owner only, unless it is there: SQLite would make it by the umask."""
    try:
        if make_folder:
            path.parent.mkdir(mode=0o700, exist_ok=True)
        _create(path)
        # Tells what SQLite calls "unable to open" in the system's words.
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW))
    except OSError as error:
        raise refusal(error, path) from error


def _create(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.fchmod(file, 0o600)
        os.close(file)


def place(path: Path) -> tuple[int, int] | None:
    """Which file stands there now, by device and inode; None if none does, or that cannot be told."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _lock_file(path: Path) -> Path:
    """Stands beside the store and is locked while it has a writer.

    Not the store itself: SQLite, whenever it lets go of its locks on a file, lets go of all that its process has.
    """
    return path.with_name(path.name + "-lock")


def claim(path: Path) -> int:
    """Locks the store against a second writer. The lock is the process's: it ends with it, and no child inherits it."""
    lock = _lock_file(path)
    try:
        _create(lock)
        file = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        # Whoever may read the store may see whether it has a writer.
        os.fchmod(file, path.stat().st_mode & 0o777)
    except OSError as error:
        raise refusal(error, lock) from error
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        if error.errno not in _HELD:
            raise _no_locks(error, path) from error
        raise EdgeError(
            f"the event store {path}: another enforcer writes to it",
            cure=f"end the other one (fuser -v {lock}), or give this one another [output] store",
        ) from error
    _OURS.add(lock.resolve())
    return file


def let_go(path: Path, file: int) -> None:
    """Of the lock that `claim` gave."""
    _OURS.discard(_lock_file(path).resolve())
    os.close(file)


def is_written(path: Path) -> bool:
    """Whether a process has the store open for writing, this one or another."""
    lock = _lock_file(path)
    if lock.resolve() in _OURS:
        return True
    try:
        file = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise refusal(error, lock) from error
    try:
        # Asked, not tried: a lock that we took for a moment would turn away a writer that starts in it.
        answer = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
    except OSError as error:
        raise _no_locks(error, path) from error
    finally:
        os.close(file)
    return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)


def _no_locks(error: OSError, path: Path) -> EdgeError:
    """As of a network's file system whose server keeps no locks: whether there is a writer cannot be told."""
    why = f"the event store {path}: its file system cannot lock files ({error.strerror})"
    return EdgeError(why, cure="keep the store on a local disk; to read this one, copy it there and name it by --store")
