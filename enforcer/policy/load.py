"""Policy files' text to a compiled policy, or to all that is wrong with them at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from itertools import chain
from typing import TypeVar

from enforcer.model.calendar import Lane
from enforcer.model.marks import Marks
from enforcer.model.settings import TAP, Settings
from enforcer.policy.ban_file import read_ban
from enforcer.policy.bypass import Bypass, bypass_faults
from enforcer.policy.bypass_file import BypassFile, read_bypass
from enforcer.policy.compiled import REVISION, Policy
from enforcer.policy.cross_check import cross_check
from enforcer.policy.faults import Faults
from enforcer.policy.lists import NO_LISTS, ListReader, Lists
from enforcer.policy.patterns import patterns_of
from enforcer.policy.site import Site
from enforcer.policy.site_file import read_site
from enforcer.policy.table import Table
from enforcer.policy.toml_text import toml_values
from enforcer.policy.vendor import Vendor
from enforcer.policy.vendor_file import read_vendor

MAX_FILE = 4 * 2**20
MAX_FILES = 2_000
VENDORS = "vendors/"
NONE: Mapping[str, bytes] = {}
NO_FILES: Mapping[str, str] = {}

_WHERE = re.compile(r" \(at (line \d+, column \d+|end of document)\)$")

T = TypeVar("T")


def load(
    files: Mapping[str, str],
    site: str = "",
    site_name: str = "enforcer.toml",
    lists: Lists = NO_LISTS,
    bypass: Mapping[str, str] = NO_FILES,
) -> Policy:
    """Compiles the texts of vendor files (`vendors/x.toml`), ban files (any other path) and the site file.

    `site` empty stands for an absent site file. Lists are read from `lists` as vendor files name them; `bypass` are the
    files of ways around DNS (`bypass/x.toml`). Raises PolicyError with every fault found.
    """
    faults = Faults()
    reader = ListReader(lists, faults)
    _refuse_files([*files, *bypass], faults)
    bans = [read_file(name, files[name], read_ban, faults) for name in sorted(files) if not name.startswith(VENDORS)]
    of_vendor = partial(_vendor, reader)
    vendors = [read_file(name, files[name], of_vendor, faults) for name in sorted(files) if name.startswith(VENDORS)]
    ours, settings = read_file(site_name, site, read_site, faults) or (Site(), Settings())
    around = [read_file(name, bypass[name], _bypass, faults) for name in sorted(bypass)]
    known = [vendor for vendor in vendors if vendor], [ban for ban in bans if ban]
    ways = [file for file in around if file]
    patterns = patterns_of(known[0], lists.allocate)
    if all(vendors) and all(bans):  # else every reference to an unreadable file would be a fault of its own
        odd = bypass_faults(ways, (vendor.id for vendor in known[0]))
        faults.extend(chain(cross_check(*known, ours, site_name, patterns), odd))
    faults.refuse()
    policy = Policy(
        configuration=digest({**files, **bypass}, site, {file: one.digest for file, one in reader.found.items()}),
        settings=settings,
        vendors=known[0],
        bans=known[1],
        site=ours,
        patterns=patterns,
        bypass=Bypass(ways, settings.bypass, kernel=settings.mode != TAP),
    )
    if why := _too_many(policy.lanes, settings):
        faults.add(site_name, "datapath.mark_mask", why)
    faults.refuse()
    return policy


def _refuse_files(names: Collection[str], faults: Faults) -> None:
    """What their number and names forbid. The revision is over the names too, and records tell them: they are text."""
    if len(names) > MAX_FILES:
        faults.add("", "", f"{len(names)} policy files, {MAX_FILES} are allowed")
    for name in names:
        if _not_utf8(name):
            faults.add(name.encode(errors="backslashreplace").decode(), "", "has a name that is not UTF-8; rename it")
    faults.refuse()


def revision(files: Mapping[str, str], site: str, lists: Mapping[str, bytes] = NONE) -> str:
    """16 hex digits over names and contents: the same files give the same revision anywhere."""
    return digest(files, site, lists)[:REVISION]


def digest(files: Mapping[str, str], site: str, lists: Mapping[str, bytes] = NONE) -> str:
    """The SHA-256 of a configuration, in hexadecimal: over name and content of each policy file in the order of their
    names, then of the site file under an empty name, then over path and SHA-256 of each list; each of these with its
    length before it, in eight bytes.
    """
    whole = hashlib.sha256()
    texts = ((name, text.encode(errors="surrogatepass")) for name, text in [*sorted(files.items()), ("", site)])
    for name, content in chain(texts, sorted(lists.items())):
        for part in (name.encode(), content):
            whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def read_file(file: str, text: str, reader: Callable[[Table], T], faults: Faults) -> T | None:
    """The file as read, or None where it is no TOML. Faults inside give a stand-in."""
    if len(text) > MAX_FILE:
        faults.add(file, "", f"has {len(text)} characters, {MAX_FILE} are allowed")
        return None
    if odd := _not_utf8(text):
        faults.add(file, odd, "is not UTF-8 text")
        return None
    try:
        values = toml_values(text)
    except ValueError as error:
        place = _WHERE.search(str(error))
        faults.add(file, place[1] if place else "", _WHERE.sub("", str(error)))
        return None
    except RecursionError:
        faults.add(file, "", "is nested too deeply")
        return None
    return reader(Table(values, file, "", faults))


def _not_utf8(text: str) -> str:
    """The line of the first lone surrogate, which is how a reader hands on a byte that is no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"line {text.count(chr(10), 0, error.start) + 1}"
    return ""


def _vendor(lists: ListReader, table: Table) -> Vendor:
    return read_vendor(table, _stem(table.file), lists)


def _bypass(table: Table) -> BypassFile:
    return read_bypass(table, _stem(table.file))


def _stem(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".toml")


def _too_many(lanes: tuple[Lane, ...], settings: Settings) -> str:
    room = Marks(settings.mark_mask).lanes
    if len(lanes) <= room:
        return ""
    return f"{len(lanes)} lanes (vendor services times groups), {room} fit; widen the mask or use fewer groups"
