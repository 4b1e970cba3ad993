"""The story of the ban, as data: what a client does on which day, what it must see, and what must be recorded.

The dates are those of the US Commerce determination of 2024: `policies/us/commerce-kaspersky-2024.toml` has the
sources.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from enforcer.lab import zone
from enforcer.lab.chrome import MODULE
from enforcer.lab.hosts import RESOLVER
from enforcer.lab.servers import SLOW
from enforcer.lab.zone import address

BOUNDARY = "2024-09-29T04:00:00+00:00"
"""Midnight in Washington: updates and KSN end."""

RESET = "reset by peer"
RESET_OF_CHROME = "^reset$"
BLOCKED = r"^NXDOMAIN, EDE 15 \(Blocked\): .*us-commerce-kaspersky-2024"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A decision that must be recorded."""

    verdict: str
    how: str
    name: str
    action: str

    def __str__(self) -> str:
        return f"{self.verdict} {self.name} ({self.how}, {self.action})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing the client does."""

    what: str
    """What this shows, for a person: `an update host is not resolved`."""
    name: str
    """The name that it is about."""
    command: tuple[str, ...]
    sees: str
    """A regular expression that finds something in what the command said (lab/reading.py)."""
    leaves: tuple[Trace, ...] = ()
    """What must be recorded, all of it, and nothing of another kind. Empty: no record at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One day: the daemon is started with its clock at `at`."""

    name: str
    title: str
    at: str
    steps: tuple[Step, ...]
    downloads: tuple[Step, ...] = ()
    """Started first and left running over BOUNDARY; `at` is then ignored."""


def scenes(profile: str) -> tuple[Scene, ...]:
    """The whole story for a profile, `statutory` or `protective`: the same but for the store in between."""
    return (
        Scene(
            name="before",
            title="1 June 2024: before the announcement, all passes and is observed",
            at="2024-06-01T12:00:00-04:00",
            steps=tuple(_before()),
        ),
        Scene(
            name="between",
            title="15 August 2024: no new agreements, updates stay lawful",
            at="2024-08-15T12:00:00-04:00",
            steps=(*(_store_flagged() if profile == "statutory" else _store_blocked()), *_updates_pass()),
        ),
        Scene(
            name="after",
            title="1 October 2024: no updates, no KSN",
            at="2024-10-01T12:00:00-04:00",
            steps=(*_names_blocked(), *_connections_blocked(), *_others_pass()),
        ),
        Scene(
            name="boundary",
            title="29 September 2024, 00:00 in Washington, while the client downloads",
            at=BOUNDARY,
            downloads=tuple(_downloads()),
            steps=(_lookup("a new look-up is refused from now on", zone.UPDATE, BLOCKED, _dns_block(zone.UPDATE)),),
        ),
    )


def _before() -> Iterator[Step]:
    update, store = zone.UPDATE, zone.STORE
    yield _lookup("an update host is resolved", update, address(update), _passed("observe", "dns", update))
    yield _fetch("updates come over HTTPS", update, 4, "https", "observe")
    yield _fetch("updates come over HTTP and IPv6", zone.DOWNLOAD, 6, "http", "observe")
    yield _fetch("the store is open", store, 4, "https", "observe")
    yield _lookup("threat intelligence is exempt: no record", zone.RESEARCH, address(zone.RESEARCH))


def _store_flagged() -> Iterator[Step]:
    yield _fetch("the store opens, and somebody is told", zone.STORE, 4, "https", "flag")


def _store_blocked() -> Iterator[Step]:
    yield _lookup("the store is not resolved", zone.STORE, BLOCKED, _dns_block(zone.STORE))
    yield _brought("nor reached by its address", zone.STORE, 4, "https")


def _updates_pass() -> Iterator[Step]:
    yield _fetch("updates pass", zone.UPDATE, 4, "https", "observe")
    yield _fetch("updates pass over HTTP and IPv6", zone.DOWNLOAD, 6, "http", "observe")


def _names_blocked() -> Iterator[Step]:
    for name in (zone.DOWNLOAD, zone.UPDATE, zone.REPUTATION):
        yield _lookup(f"no address of {name}", name, BLOCKED, _dns_block(name))
    yield Step(
        what="nor its IPv6 address, asked over IPv6",
        name=zone.UPDATE,
        command=("dig", f"@{RESOLVER[1]}", zone.UPDATE, "AAAA"),
        sees=BLOCKED,
        leaves=(_dns_block(zone.UPDATE),),
    )
    by_alias = Trace(verdict="block", how="dns", name=zone.ALIAS, action="rewritten")
    yield _lookup("nor by an alias of somebody else", zone.ALIAS, BLOCKED, by_alias)


def _connections_blocked() -> Iterator[Step]:
    yield _brought("a client that knows the address gets no TLS", zone.UPDATE, 4, "https")
    yield _brought("nor over IPv6", zone.DOWNLOAD, 6, "https")
    yield _openssl("nor another client", zone.DOWNLOAD)
    yield _brought("nor plain HTTP", zone.DOWNLOAD, 4, "http")
    yield _brought("nor HTTP over IPv6", zone.UPDATE, 6, "http")
    yield chrome("nor Chrome, its hello cut in two segments", zone.UPDATE, RESET_OF_CHROME, _tls_block(zone.UPDATE))


def _others_pass() -> Iterator[Step]:
    yield _fetch("threat intelligence is exempt", zone.RESEARCH, 4, "https")
    yield _fetch("a look-alike is not the vendor: it passes, and is noted", zone.LOOK_ALIKE, 4, "https", "observe")
    yield _fetch("a name that only ends alike passes", zone.UNRELATED_LIKE, 6, "https")
    yield _fetch("everything else passes", zone.OTHER, 6, "http")
    yield chrome("also Chrome in two segments", zone.OTHER, "^server hello$")


def _downloads() -> Iterator[Step]:
    yield _download("a running download from an update host is cut", zone.UPDATE, 4, "http", RESET)
    yield _download("so is one over HTTPS and IPv6", zone.DOWNLOAD, 6, "https", RESET)
    yield _download("one from another host goes on", zone.OTHER, 4, "http", "^still running")


def _lookup(what: str, name: str, sees: str, *leaves: Trace) -> Step:
    return Step(what=what, name=name, command=("dig", name, "A"), sees=sees, leaves=leaves)


def _fetch(what: str, name: str, family: int, scheme: str, verdict: str = "") -> Step:
    """A client that does everything as usual: look-up, connection, request."""
    command = ("curl", "-sS", f"-{family}", f"{scheme}://{name}/")
    how = "tls" if scheme == "https" else "http"
    leaves = (_passed(verdict, "dns", name), _passed(verdict, how, name)) if verdict else ()
    return Step(
        what=what, name=name, command=command, sees=f"^you reached {name} at {address(name, family)}$", leaves=leaves
    )


def _brought(what: str, name: str, family: int, scheme: str) -> Step:
    """A client that asks no name server of ours."""
    port, how = (443, "tls") if scheme == "https" else (80, "http")
    place = address(name, family) if family == 4 else f"[{address(name, family)}]"
    command = ("curl", "-sS", "--resolve", f"{name}:{port}:{place}", f"{scheme}://{name}/")
    return Step(what=what, name=name, command=command, sees=RESET, leaves=(_blocked(how, name),))


def _openssl(what: str, name: str) -> Step:
    command = ("openssl", "s_client", "-connect", f"{address(name)}:443", "-servername", name)
    return Step(what=what, name=name, command=command, sees=RESET, leaves=(_tls_block(name),))


def chrome(what: str, name: str, sees: str, *leaves: Trace) -> Step:
    """Chrome's ClientHello in two segments; needs curl_cffi (lab/chrome.py)."""
    command = (sys.executable, "-P", "-m", MODULE, name, address(name))
    return Step(what=what, name=name, command=command, sees=sees, leaves=leaves)


def _download(what: str, name: str, family: int, scheme: str, sees: str) -> Step:
    place = address(name, family) if family == 4 else f"[{address(name, family)}]"
    port = 443 if scheme == "https" else 80
    told = "%{size_download} bytes, then: %{errormsg}"
    command = ("curl", "-s", "-o", "/dev/null", "-w", told, "--resolve", f"{name}:{port}:{place}")
    how = "tls" if scheme == "https" else "http"
    cut = Trace(verdict="block", how=how, name=name, action="cut")
    leaves = () if sees != RESET else (_passed("observe", how, name), cut)
    return Step(what=what, name=name, command=(*command, f"{scheme}://{name}{SLOW}"), sees=sees, leaves=leaves)


def _passed(verdict: str, how: str, name: str) -> Trace:
    return Trace(verdict=verdict, how=how, name=name, action="passed")


def _blocked(how: str, name: str) -> Trace:
    return Trace(verdict="block", how=how, name=name, action="reset")


def _tls_block(name: str) -> Trace:
    return _blocked("tls", name)


def _dns_block(name: str) -> Trace:
    return Trace(verdict="block", how="dns", name=name, action="answered")
