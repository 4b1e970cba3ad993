"""The event store as it lies there: who owns it, whether it reads, and whether its last head proves itself.

Looks at the end of the record alone, in a few milliseconds however long it is; `enforcer audit verify` looks at all.
"""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path
from typing import NamedTuple

from enforcer.audit.chain import is_linked
from enforcer.doctor.facts import Disk, FileState, Record
from enforcer.edge.nft import NEEDS_PERMISSION
from enforcer.edge.records import Records
from enforcer.edge.signatures import read_signing_key
from enforcer.edge.store_errors import Outdated
from enforcer.edge.store_heads import SELECT, head_of, key_file
from enforcer.edge.store_trust import trust_of
from enforcer.model.errors import EdgeError

_READ_ONLY = os.ST_RDONLY


class _End(NamedTuple):
    heads: int = 0
    key: str = ""
    wrong: str = ""


def record_state(store: Path, user: str) -> Record:
    """`user` is whom the service runs as. Raises EdgeError if we may not look."""
    folder, file = _file(store.parent), _file(store)
    if folder is None:
        return Record(path=str(store), user=user)
    if file is not None and not os.access(store, os.R_OK):
        raise _not_ours_to_see(store)
    fault, cure, end, behind = "", "", _End(), False
    try:
        with Records.find(store) or _Nothing() as records:
            end = _end(records) if isinstance(records, Records) else end
    except EdgeError as error:
        behind = isinstance(error, Outdated)
        fault, cure = ("", "") if behind else (error.why, error.cure)
    fingerprint, key_fault = _fingerprint(key_file(store))
    return Record(
        path=str(store),
        folder=folder,
        store=file,
        key=_file(key_file(store)),
        user=user,
        fault=fault,
        cure=cure,
        read_only=bool(os.statvfs(store.parent).f_flag & _READ_ONLY),
        behind=behind,
        head=end.wrong,
        heads=end.heads,
        head_key=end.key,
        key_fault=key_fault,
        fingerprint=fingerprint,
    )


class _Nothing:
    """No store yet."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return


def _end(records: Records) -> _End:
    rows = list(records.rows(f"{SELECT} ORDER BY serial DESC LIMIT 1"))
    if not rows:
        return _End()
    head = head_of(rows[0])
    if wrong := trust_of(records.path, records.keys(), (), ()).fault_of(head):
        return _End(head.serial, head.key, f"head {head.serial}: {wrong}")
    if records.digest(head.number) != head.digest:
        return _End(head.serial, head.key, f"record {head.number} is not what head {head.serial} was signed over")
    last = records.one(records.newest())
    if last is not None and not is_linked(last, records.digest(last.number - 1)):
        return _End(head.serial, head.key, f"record {last.number} does not follow the one before it")
    return _End(head.serial, head.key)


def _fingerprint(path: Path) -> tuple[str, str]:
    """Of the key, or why there is none to be read; both empty where that is no fault of it."""
    if not path.exists() or not os.access(path, os.R_OK):
        return "", ""
    try:
        return read_signing_key(path, str).public.fingerprint, ""
    except EdgeError as error:
        return "", error.why


def _file(path: Path) -> FileState | None:
    """None if it is not there. Raises EdgeError if that cannot be told."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _not_ours_to_see(path) from error
    return FileState(path=str(path), mode=found.st_mode & 0o7777, owner=_user(found.st_uid))


def _not_ours_to_see(path: Path) -> EdgeError:
    return EdgeError(f"this user may not look at {path}", cure="run it as root", code=NEEDS_PERMISSION)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def disk_state(store: Path) -> Disk:
    """Of the file system of the store's folder, or of what is above it. Raises EdgeError."""
    place = next(folder for folder in (*store.parents, Path("/")) if _file(folder) is not None)
    try:
        usage, numbers = shutil.disk_usage(place), os.statvfs(place)
    except OSError as error:
        raise EdgeError(f"{place}: {error.strerror}", cure="run as root") from error
    files_left = not numbers.f_files or numbers.f_favail > 0  # some file systems do not count them
    return Disk(mount=str(_mount(place)), size=usage.total, free=usage.free, files_left=files_left)


def _mount(place: Path) -> Path:
    place = place.resolve()
    return next((folder for folder in (place, *place.parents) if folder.is_mount()), Path("/"))
