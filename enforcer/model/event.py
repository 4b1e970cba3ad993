"""The one record that stands for what happened. Store, syslog and audit all read this shape."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from enforcer.model.calendar import iso

VERSION = 1

# Kinds that are not decisions: what the service itself did, so that gaps in coverage show in the record.
KINDS = ("decision", "start", "stop", "reload", "phase", "inspector", "loss", "repair", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Flat on purpose: one column, one structured-data parameter, one JSON member for each field."""

    at: float
    """When it happened, by the packet's time."""
    kind: str = "decision"
    gateway: str = ""
    mode: str = ""
    """`inline`, `host`, `tap`, with `fail=open` or `fail=closed` told by the start event."""
    simulated: bool = False
    """The clock was set by --at: evidence of a trial, never of a fact."""
    verdict: str = ""
    action: str = ""
    """What was done: passed, answered, rewritten, reset, dropped."""
    how: str = ""
    name: str = ""
    """The name asked for (question, SNI, Host)."""
    chain: tuple[str, ...] = ()
    """All links, the name asked for first, when there is more than one."""
    matched: str = ""
    """The link that decided."""
    client: str = ""
    client_port: int | None = None
    server: str = ""
    server_port: int | None = None
    protocol: str = ""
    """udp or tcp."""
    vendor: str = ""
    service: str = ""
    pattern: str = ""
    ban: str = ""
    phase: str = ""
    citations: tuple[str, ...] = ()
    waiver: str = ""
    reason: str = ""
    revision: str = ""
    would_block_from: float | None = None
    undecodable: str = ""
    count: int = 1
    """How many occurrences the record stands for."""

    def as_dict(self) -> dict[str, Any]:
        """The canonical form: instants as RFC 3339, empty members left out, `version` first."""
        members = {"version": VERSION, **asdict(self)}
        members["at"] = iso(self.at)
        if self.would_block_from is not None:
            members["would_block_from"] = iso(self.would_block_from)
        return {key: value for key, value in members.items() if value not in ("", (), None)}
