"""How the running service stands, at one instant: what `enforcer status` shows and what is measured of it.

One snapshot, JSON both ways. `VERSION` changes when a reader of the old form could be misled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from enforcer.model.members import Instant, from_members, object_schema, to_members
from enforcer.model.offload import OffloadState

VERSION = 1


class Standing(StrEnum):
    """What is being done, in one word; the first that applies, from the last."""

    IN_FORCE = "in-force"
    """The policy is judged by, and what it blocks is stopped."""
    SEEN_ONLY = "seen-only"
    """Mode tap: nothing can be stopped."""
    PAUSED = "paused"
    """A pause is in force that is about everybody and everything."""
    NOT_IN_FORCE = "not-in-force"
    """The rules are not in the kernel as they should be."""


LATENCIES = (50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""The classes of LatencyState: seconds, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyState:
    """How long something took, each time since the start."""

    counts: tuple[int, ...] = (0,) * (len(LATENCIES) + 1)
    """How often, in each of the classes of LATENCIES, above the one before; the last, one more, has no end."""
    seconds: float = 0.0
    """All together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseState:
    """One adopted ban for one group of clients."""

    group: str
    """Empty: the site itself."""
    ban: str
    title: str
    phase: str | None
    """None: before the first phase, between two, or after the last."""
    since: Instant | None
    until: Instant | None
    """When this phase ends, or the next one begins if there is none now."""
    blocks: tuple[str, ...]
    """`vendor/service`, as far as it is this ban that decides."""
    flags: tuple[str, ...]
    observes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryState:
    """The next instant at which some verdict may change."""

    at: Instant
    what: str
    """What begins or ends then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectorState:
    """One inspector: counters since it was started, but for the queue's own."""

    queue: int
    pid: int
    alive: bool
    silent: float
    """Seconds since its last sign of life; it gives one at least twice a second."""
    depth: int | None
    """Packets that wait in its queue now; None: the kernel tells root alone, and the service is another user."""
    packets: int
    """Packets judged."""
    dropped: int
    """Of these, stopped by it: blocked questions, refused connections, and what no network needs to see."""
    changed: int
    """Of these, gone on with another content."""
    held: int
    """Answers that waited for the kernel to know what they teach."""
    late: int
    """Times that such answers went on before that."""
    longest_hold: float
    """Seconds that one of them waited at most."""
    unseen: int
    """Packets that passed (fail open) or were dropped (closed) unjudged, because it did not keep up."""
    turned_away: int
    """Packets that the kernel dropped because too many waited; 0 where `depth` is None."""
    refused: int
    """Verdicts that came too late for their packets."""
    unreadable: int
    """Packets that are no IP, UDP or TCP as far as we can tell."""
    flows: int
    """Connections that are being read."""
    learned: int
    """Pairs of client and address that the kernel knows by it."""
    decisions: LatencyState
    """For each packet that was not held: from when its batch was begun to be read until the verdicts were given."""
    holds: LatencyState
    """The same for each answer that was held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """The event store."""

    path: str
    stored: int
    """Records written since the start."""
    waiting: int
    """Records in memory only, because writing fails."""
    lost: int
    """Lost, and not yet recorded as such."""
    fault: str
    """Why nothing is written; empty if all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorState:
    """Where alerts go."""

    name: str
    waiting: int
    """Alerts not yet delivered."""
    lost: int
    """Lost, and not yet told as such."""
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverState:
    """A waiver or a pause that is in force now."""

    id: str
    pause: bool
    """Asked for at this gateway, by `enforcer pause`; otherwise of the site file."""
    reason: str
    ticket: str
    approver: str
    """Of a pause: who asked for it."""
    scope: str
    """In words; empty: everybody and everything."""
    since: Instant | None
    until: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountState:
    """Occurrences since the start."""

    kind: str
    verdict: str
    action: str
    how: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConntrackState:
    """The kernel's table of connections, with everybody's; zeros where the kernel does not tell."""

    entries: int
    limit: int
    dropped: int
    """Packets of new connections that the kernel dropped because it was full."""
    forgotten: int
    """Connections that it forgot before their time for the same reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareState:
    """What one client may use of an inspector, and who is held because it used more."""

    percent: int
    """`client_share` of the site file; 100: nobody is held, which mode host and tap mean too."""
    held: int
    """Clients that are held now."""
    clients: tuple[str, ...]
    """Of these, those that are held for longest; an IPv6 network of 64 bits with `/64`, or `all datagrams`."""
    dropped: int
    """Packets of held clients that the kernel dropped, since its table was made."""
    unasked: int
    """Packets that it dropped since then because nobody had asked for them and there were too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """The gist of a record that was grave enough for an alert."""

    at: Instant
    kind: str
    verdict: str
    action: str
    client: str
    name: str
    ban: str
    waiver: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlState:
    """The control socket, since the start."""

    served: int
    refused: int
    """Requests of users who may not."""
    malformed: int
    """Requests that were none: too long, too slow, or no such thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The service as it runs."""

    version: int = VERSION
    at: Instant
    program: str
    """The version of the program."""
    pid: int
    gateway: str
    mode: str
    fail: str
    interfaces: tuple[str, ...]
    simulated: bool
    """The clock was set by `--at`."""
    since: Instant
    """When it started, by its own clock."""
    standing: str
    """A word of Standing."""
    revision: str
    """Of the policy in force; a pause changes it."""
    origin: str
    """Where the policy came from: empty for the shipped policies or a folder, else the bundle."""
    phases: tuple[PhaseState, ...]
    boundary: BoundaryState | None
    waivers: tuple[WaiverState, ...]
    doubts: tuple[str, ...]
    """What is not as it should be, a sentence each; the gravest first."""
    inspectors: tuple[InspectorState, ...]
    restarts: int
    """Inspectors started again."""
    repairs: int
    """How often the rules were put right."""
    lanes: int
    """Vendor services times groups that the kernel can tell apart."""
    lanes_blocked: int
    """Of these, those that it stops now by itself."""
    counts: tuple[CountState, ...]
    lost: int
    """Packets, events, alerts and whatever else was lost since the start, as far as records of loss tell."""
    conntrack: ConntrackState
    shares: ShareState
    offload: OffloadState
    alerts: tuple[AlertState, ...]
    """The last ones, oldest first."""
    store: StoreState
    collectors: tuple[CollectorState, ...]
    control: ControlState

    def as_dict(self) -> dict[str, Any]:
        return to_members(self)

    @classmethod
    def from_dict(cls, members: Mapping[str, Any]) -> State:
        """Reads as_dict() back. Raises ValueError for another version, and for what is no state."""
        if members.get("version") != VERSION:
            raise ValueError(f"version {members.get('version')!r} is not {VERSION}")
        return from_members(cls, dict(members))


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of State.as_dict(). docs/state.schema.json holds it as printed."""
    whole = object_schema(State)
    whole["properties"]["version"] = {"const": VERSION}
    whole["properties"]["standing"] = {"type": "string", "enum": [word.value for word in Standing]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"State of the egress enforcer, version {VERSION}",
        **whole,
    }
