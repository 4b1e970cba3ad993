"""Writes text files whole or not at all: a reader, at any instant, sees the old file or the new one."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from enforcer.model.errors import EdgeError

MODE = 0o644
"""Readable by all: resolvers read the files as users of their own."""


HEAD = 1024
"""Bytes of a file's first lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    path: Path
    size: int
    """In bytes."""
    sha256: str
    """In hexadecimal."""


def made_folder(folder: Path) -> Path:
    """The folder, made where it is missing, as an absolute path. Raises EdgeError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return folder.resolve()
    except OSError as error:
        cure = "give a folder with --output that this user may write"
        raise EdgeError(f"cannot make the folder {folder}: {error.strerror}", cure=cure) from error


def write_text(folder: Path, name: str, text: str) -> Written:
    """Puts the file in place by a rename, once its bytes are on the disk. Raises EdgeError; then nothing changed."""
    assert name and "/" not in name and not name.startswith(".")  # noqa: S101 (our own constants)
    return write_bytes(folder / name, text.encode())


def write_bytes(path: Path, data: bytes, mode: int = MODE) -> Written:
    """As write_text(), for any content. Raises EdgeError."""
    return write_chunks(path, [data], mode)


def write_chunks(path: Path, chunks: Iterable[bytes], mode: int = MODE) -> Written:
    """As write_bytes(), as the chunks come. An error of theirs passes through; then nothing changed either."""
    refuse_what_is_no_file(path)
    folder, name = path.parent, path.name
    beside = folder / f".{name}.{os.getpid()}.new"
    try:
        size, digest = _write(beside, chunks, mode)
        beside.replace(path)
        sync_folder(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise EdgeError(f"cannot write {path}: {error.strerror}", cure="see to space and rights there") from error
    except EdgeError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    return Written(path=path, size=size, sha256=digest)


def refuse_what_is_no_file(path: Path) -> None:
    """A rename would put a file in the place of a device, for all programs; onto a folder it fails.

    Raises EdgeError.
    """
    try:
        right = bool(path.name) and (path.is_file() or path.is_dir() or not path.exists())
    except OSError as error:
        raise EdgeError(f"cannot write {path}: {error.strerror}", cure="see to the rights there") from error
    if not right:
        raise EdgeError(f"cannot write {path}: it is no plain file", cure="name a file, there or not there yet")


def begins_with(path: Path, words: str) -> bool:
    """Whether that is a file that can be read, and has these words in its first lines."""
    try:
        with path.open("rb") as opened:
            return words.encode() in opened.read(HEAD)
    except OSError:
        return False


def remove(path: Path) -> bool:
    """Whether there was such a file. Raises EdgeError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise EdgeError(f"cannot remove {path}: {error.strerror}", cure="see to the rights there") from error
    return True


def _write(path: Path, chunks: Iterable[bytes], mode: int) -> tuple[int, str]:
    """How many bytes that were, and their SHA-256."""
    path.unlink(missing_ok=True)  # of a run that was killed and had our process number
    # O_EXCL follows no link that somebody else laid there meanwhile.
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(file, "wb") as opened:
        os.fchmod(file, mode)  # whatever the umask
        size, digest = 0, hashlib.sha256()
        for chunk in chunks:
            opened.write(chunk)
            size += len(chunk)
            digest.update(chunk)
        opened.flush()
        os.fsync(file)
    return size, digest.hexdigest()


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
