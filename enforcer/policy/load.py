"""Policy files' text to a compiled policy, or to all that is wrong with them at once."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import TypeVar

from enforcer.model.calendar import Lane
from enforcer.model.errors import Fault, PolicyError
from enforcer.model.marks import Marks
from enforcer.model.settings import Settings
from enforcer.policy.ban_file import read_ban
from enforcer.policy.compiled import Policy
from enforcer.policy.cross_check import cross_check
from enforcer.policy.site import Site
from enforcer.policy.site_file import read_site
from enforcer.policy.table import Table
from enforcer.policy.vendor_file import read_vendor

MAX_FILE = 4 * 2**20
MAX_FILES = 2_000
MAX_FAULTS = 200
"""More are counted, not listed: nobody reads the 201st before mending the first."""
VENDORS = "vendors/"

_WHERE = re.compile(r" \(at (line \d+, column \d+|end of document)\)$")

T = TypeVar("T")


def load(files: Mapping[str, str], site: str = "", site_name: str = "enforcer.toml") -> Policy:
    """Compiles the texts of vendor files (`vendors/x.toml`), ban files (any other path) and the site file.

    `site` empty stands for an absent site file. Raises PolicyError with every fault found.
    """
    faults: list[Fault] = []
    if len(files) > MAX_FILES:
        raise PolicyError((Fault(file="", path="", why=f"{len(files)} policy files, {MAX_FILES} are allowed"),))
    vendors = [
        _read(name, files[name], lambda table: read_vendor(table, _stem(table.file)), faults)
        for name in sorted(files)
        if name.startswith(VENDORS)
    ]
    bans = [_read(name, files[name], read_ban, faults) for name in sorted(files) if not name.startswith(VENDORS)]
    ours = _read(site_name, site, read_site, faults) or (Site(), Settings())
    whole = [vendor for vendor in vendors if vendor], [ban for ban in bans if ban]
    if all(vendors) and all(bans):  # else every reference to an unreadable file would be a fault of its own
        faults += cross_check(*whole, ours[0], site_name)
    _refuse(faults)
    policy = Policy(revision=revision(files, site), settings=ours[1], vendors=whole[0], bans=whole[1], site=ours[0])
    _refuse(_too_many(policy.lanes, ours[1], site_name))
    return policy


def revision(files: Mapping[str, str], site: str) -> str:
    """16 hex digits over names and contents: the same files give the same revision anywhere."""
    digest = hashlib.sha256()
    for name, text in [*sorted(files.items()), ("", site)]:
        for part in (name.encode(), text.encode(errors="surrogatepass")):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def _read(file: str, text: str, reader: Callable[[Table], T], faults: list[Fault]) -> T | None:
    """The file as read, or None where it is no TOML. Faults inside give a stand-in."""
    if len(text) > MAX_FILE:
        faults.append(Fault(file=file, path="", why=f"has {len(text)} characters, {MAX_FILE} are allowed"))
        return None
    if odd := _not_utf8(text):
        faults.append(Fault(file=file, path=odd, why="is not UTF-8 text"))
        return None
    try:
        values = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, and Python's refusal of integers of thousands of digits
        place = _WHERE.search(str(error))
        faults.append(Fault(file=file, path=place[1] if place else "", why=_WHERE.sub("", str(error))))
        return None
    except RecursionError:
        faults.append(Fault(file=file, path="", why="is nested too deeply"))
        return None
    return reader(Table(values, file, "", faults))


def _not_utf8(text: str) -> str:
    """The line of the first lone surrogate, which is how a reader hands on a byte that is no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"line {text.count(chr(10), 0, error.start) + 1}"
    return ""


def _stem(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".toml")


def _too_many(lanes: tuple[Lane, ...], settings: Settings, site_name: str) -> list[Fault]:
    room = Marks(settings.mark_mask).lanes
    if len(lanes) <= room:
        return []
    why = f"{len(lanes)} lanes (vendor services times groups) do not fit, {room} do; widen the mask or use fewer groups"
    return [Fault(file=site_name, path="datapath.mark_mask", why=why)]


def _refuse(faults: list[Fault]) -> None:
    if len(faults) > MAX_FAULTS:
        more = Fault(file="", path="", why=f"and {len(faults) - MAX_FAULTS} more faults")
        faults = [*faults[:MAX_FAULTS], more]
    if faults:
        raise PolicyError(tuple(faults))
