"""Case files: what is to be said of a name, of whom and when. Read as strictly as the policies themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from enforcer.model.names import HostName, NameFault, host_name
from enforcer.model.observation import Address
from enforcer.model.verdict import SERVICES, Profile, Verdict
from enforcer.policy.faults import Faults
from enforcer.policy.load import read_file
from enforcer.policy.site import DEFAULT_SUBJECTS, Site
from enforcer.policy.site_file import read_site
from enforcer.policy.table import Table

MAX_CASES = 10_000
SITE_KEYS = ("site", "group", "waiver")
_WORDS = ("verdict", "ban", "phase", "service", "reason", "would_block_from")
KEYS = (*("at", "name", "names", "address", "addresses", "client", "subjects", "profile", "bans"), *_WORDS)
_VERDICTS = tuple(verdict.word for verdict in Verdict)
_PROFILES = tuple(profile.value for profile in Profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Some names or addresses, each asked by itself. What is expected is None where the case does not say."""

    file: str
    path: str
    at: float
    offset: int
    """With which `at` is written, in seconds east of UTC."""
    names: tuple[HostName, ...]
    addresses: tuple[Address, ...]
    client: Address | None
    whose: Whose | None
    """None: as the site tables of the file say."""
    verdict: Verdict
    ban: str | None
    """Empty: none must have decided. So with phase and service."""
    phase: str | None
    service: str | None
    reason: str
    """Must stand somewhere in the reason."""
    would_block_from: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Somebody who is not in a site file."""

    subjects: tuple[str, ...]
    profiles: tuple[Profile, ...]
    """Each must say the same."""
    bans: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    file: str
    site: Site
    cases: tuple[Case, ...]


def read_cases(files: Mapping[str, str]) -> tuple[CaseFile, ...]:
    """Reads the texts of case files. Raises PolicyError with every fault found."""
    faults = Faults()
    found = [read_file(name, files[name], _case_file, faults) for name in sorted(files)]
    faults.refuse()
    return tuple(one for one in found if one)


def _case_file(table: Table) -> CaseFile:
    own = {key: table.values[key] for key in SITE_KEYS if table.has(key)}
    site, _ = read_site(Table(own, table.file, "", table.faults))
    defaults = table.table("defaults", required=False) or table.empty("defaults")
    for key in defaults.values:
        if key not in KEYS:
            defaults.fault(key, "unknown key")
    cases = []
    for one in table.tables("case", MAX_CASES):
        values = {**{key: value for key, value in defaults.values.items() if key in KEYS}, **one.values}
        cases.append(_case(Table(values, table.file, one.path, table.faults), bool(own)))
    if not cases:
        table.fault("case", "a case file has at least one `[[case]]`")
    rest = {key: value for key, value in table.values.items() if key not in SITE_KEYS}
    Table(rest, table.file, "", table.faults, {"defaults", "case"}).done()
    return CaseFile(file=table.file, site=site, cases=tuple(cases))


def _case(table: Table, has_site: bool) -> Case:
    case = Case(
        file=table.file,
        path=table.path,
        at=table.instant("at"),
        offset=table.offset("at"),
        names=tuple(_names(table)),
        addresses=tuple(_addresses(table)),
        client=_client(table),
        whose=_whose(table, has_site),
        verdict=Verdict[table.choice("verdict", _VERDICTS).upper()],
        ban=_word(table, "ban"),
        phase=_word(table, "phase"),
        service=_word(table, "service", ("", *SERVICES)),
        reason=table.text("reason", ""),
        would_block_from=table.optional_instant("would_block_from"),
    )
    if not case.names and not case.addresses:
        table.fault("", "asks nothing: give `names` or `addresses`")
    table.done()
    return case


def _whose(table: Table, has_site: bool) -> Whose | None:
    told = [key for key in ("subjects", "profile", "bans") if table.has(key)]
    subjects, bans = table.texts("subjects", DEFAULT_SUBJECTS), table.texts("bans", ())
    profiles = (Profile(table.choice("profile", _PROFILES)),) if table.has("profile") else tuple(Profile)
    if has_site and not told:
        return None
    if has_site and table.has("client"):
        table.fault("client", f"belongs to a group of the site of this file; leave out {', '.join(told)}")
    return Whose(subjects=subjects, profiles=profiles, bans=bans)


def _word(table: Table, key: str, known: tuple[str, ...] = ()) -> str | None:
    if not table.has(key):
        return None
    return table.choice(key, known) if known else table.text(key, "")


def _listed(table: Table, one: str, many: str) -> list[tuple[str, str]]:
    """Each member with its key: a single one may be given without brackets."""
    found = [(f"{many}[{index}]", text) for index, text in enumerate(table.texts(many, ()))]
    return [(one, table.text(one)), *found] if table.has(one) else found


def _names(table: Table) -> list[HostName]:
    names = []
    for key, text in _listed(table, "name", "names"):
        try:
            names.append(host_name(text))
        except NameFault as fault:
            table.fault(key, str(fault))
    return names


def _addresses(table: Table) -> list[Address]:
    found = (_address(table, key, text) for key, text in _listed(table, "address", "addresses"))
    return [address for address in found if address is not None]


def _client(table: Table) -> Address | None:
    return _address(table, "client", table.text("client")) if table.has("client") else None


def _address(table: Table, key: str, text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        table.fault(key, f"{text[:100]!r} is no IPv4 or IPv6 address")
        return None
