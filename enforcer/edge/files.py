"""Reads policy and site files. Bounded: a folder is not trusted to be small, nor to hold plain files."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from enforcer.model.errors import EdgeError
from enforcer.policy.manifest import MAX_MEMBERS
from enforcer.policy.policy_set import BYPASS, MAX_DEPTH, MAX_FILE, NOT_POLICY

MAX_FILES = 2_000
SITE_FILE = Path("/etc/enforcer/enforcer.toml")


def read_policies(folder: Path) -> dict[str, str]:
    """The text of each .toml file below `folder`, by its path within: `vendors/kaspersky.toml`.

    Bytes that are no UTF-8 arrive as lone surrogates, which loading refuses with the file's name. Raises EdgeError.
    """
    files: dict[str, str] = {}
    for path in _toml_files(folder):
        if len(files) == MAX_FILES:
            raise EdgeError(
                f"{folder} holds more than {MAX_FILES} policy files", cure="point --policies at the set itself"
            )
        files[path.relative_to(folder).as_posix()] = _text(path)
    if not files:
        cure = "give the folder of a policy set with --policies"
        raise EdgeError(f"{folder} holds no policy file (.toml)", cure=cure)
    return files


def read_bypass_files(folder: Path) -> dict[str, str]:
    """The files of ways around DNS in a policy set, by their paths within; none where there is no such folder.

    Raises EdgeError.
    """
    inner = folder / BYPASS
    if not inner.is_dir():
        return {}
    return {path.relative_to(folder).as_posix(): _text(path) for path in islice(_toml_files(inner), MAX_FILES)}


def read_set(folder: Path) -> dict[str, bytes]:
    """Every .toml file below `folder` by its path within: the policies, and the parts that are none.

    Raises EdgeError.
    """
    files: dict[str, bytes] = {}
    for path in _toml_files(folder, leave_out=()):
        if len(files) == MAX_MEMBERS:
            raise EdgeError(f"{folder} holds more than {MAX_MEMBERS} files", cure="point --policies at the set itself")
        files[path.relative_to(folder).as_posix()] = _bytes(path)
    return files


def read_beside(folder: Path, name: str) -> str:
    """The text of a part of the policy set that is no policy, as the list of subjects; empty if it is not there.

    Raises EdgeError.
    """
    path = folder / name
    return _text(path) if path.exists() else ""


def read_site(path: Path | None) -> tuple[str, str]:
    """The site file's text and name. None means the default one, which need not exist. Raises EdgeError."""
    if path is None and _is_missing(SITE_FILE):
        return "", str(SITE_FILE)
    path = path or SITE_FILE
    return _text(path), str(path)


def _is_missing(path: Path) -> bool:
    """One in a folder that we may not enter is not known to be: who reads it is told."""
    try:
        return not path.exists()
    except PermissionError:
        return False


def shipped_policies() -> Path:
    """The policies that came with this program: those of the checkout, else those of the installed wheel."""
    checkout = Path(__file__).parents[2] / "policies"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share/enforcer/policies"


def read_plain(path: Path, most: int, *, cure: str) -> bytes:
    """A file of at most `most` bytes; `cure` says what to do about a larger one. Raises EdgeError.

    Not opened before it is known to be a plain file: opening a FIFO would wait for ever.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise EdgeError(f"{path} is no plain file", cure="put a plain file there, or take it away")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(data) > most:
        raise EdgeError(f"{path} has more than {most} bytes", cure=cure)
    return data


def _toml_files(folder: Path, leave_out: Collection[str] = NOT_POLICY) -> Iterator[Path]:
    if not folder.is_dir():
        raise EdgeError(f"{folder} is no folder", cure="give the folder of a policy set with --policies")
    for here, folders, names in os.walk(folder, onerror=_refuse):
        depth = len(Path(here).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if name not in leave_out and not name.startswith("."))
        if depth >= MAX_DEPTH and folders:
            raise EdgeError(f"{here} lies too deep", cure=f"a policy set has at most {MAX_DEPTH} levels of folders")
        for name in sorted(names):
            if name.endswith(".toml") and not name.startswith(".") and name not in leave_out:
                yield Path(here, name)


def _refuse(error: OSError) -> None:
    raise unreadable(Path(error.filename), error)


def _text(path: Path) -> str:
    return _bytes(path).decode(errors="surrogateescape")


def _bytes(path: Path) -> bytes:
    return read_plain(path, MAX_FILE, cure="split it into several files")


def unreadable(path: Path, error: OSError) -> EdgeError:
    """What is said of a file that the system would not let us read."""
    cure = "see that it exists and that this user may read it"
    return EdgeError(f"cannot read {path}: {error.strerror}", cure=cure)
