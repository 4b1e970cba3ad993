"""The facts about a gateway from which findings follow. Gathered by edge/examination.py, judged by the checks.

A fact that no chosen check needs is None; one that could not be looked at is `Unseen`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from enforcer.audit.posture import KernelView
from enforcer.doctor.foreign import Foreign
from enforcer.model.errors import PolicyError
from enforcer.model.settings import Settings
from enforcer.model.state import ConntrackState, State
from enforcer.model.surroundings import Surroundings
from enforcer.policy.compiled import Policy

T = TypeVar("T")

AS_ROOT = "sudo enforcer doctor"
"""The cure where only a right is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Why a fact could not be looked at, and what to do to have it looked at."""

    why: str
    cure: str


class NotSeen(Exception):
    """A judge needs what could not be looked at."""

    def __init__(self, unseen: Unseen) -> None:
        super().__init__(unseen.why)
        self.unseen = unseen


def seen(fact: T | Unseen | None) -> T:
    """The fact. Raises NotSeen."""
    if isinstance(fact, Unseen):
        raise NotSeen(fact)
    assert fact is not None, "the check does not say that it needs this fact"  # noqa: S101 (a programming fault)
    return fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Of CAP_NET_ADMIN and CAP_NET_RAW, which are lacking."""

    own: tuple[str, ...] = ()
    service: tuple[str, ...] | None = None
    """None where no service runs, or its process cannot be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What the kernel and nft can do, by edge/kernel.py."""

    lacking: str = ""
    """What is missing that the daemon cannot do without; empty if nothing."""
    cure: str = ""
    burden: str = ""
    """What it must hand to the inspectors that others keep to themselves."""
    flowtables: bool = True
    """Looked at where the site asks for one."""
    multipath: bool = True
    """Multipath TCP can be turned to plain TCP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Numbers that programs have bound in this network namespace."""

    queues: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    ours: bool = False
    """An enforcer runs here: then its numbers are its own, since it would not have started without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """By adjtimex(2)."""

    synchronised: bool = True
    error: float = 0.0
    """Seconds by which it may be wrong, by the kernel's own estimate."""
    keeper: str = ""
    """The command that would set one of the time keepers to work that are installed; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whether something that records go to can be reached."""

    name: str
    fault: str = ""
    cure: str = ""
    instead: str = ""
    """Of syslog: another socket that is there."""
    blind: bool = False
    """Nothing can be told of it without sending (UDP)."""
    expires: float | None = None
    """When its certificate ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A file or folder, as stat(2) tells it."""

    path: str
    mode: int
    owner: str
    """The user's name, or number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The event store and what belongs to it."""

    path: str
    folder: FileState | None = None
    """None: it is not there."""
    store: FileState | None = None
    key: FileState | None = None
    user: str = "root"
    """Whom the service runs as."""
    fault: str = ""
    """Why the file cannot be read as a store."""
    cure: str = ""
    read_only: bool = False
    """It lies on a file system that is mounted so."""
    behind: bool = False
    """An older schema: the next start brings it up to date."""
    head: str = ""
    """What is wrong with the last signed head and the last record; empty if nothing is."""
    heads: int = 0
    head_key: str = ""
    """Fingerprint of the key that signed last."""
    key_fault: str = ""
    """Why the key's file is none."""
    fingerprint: str = ""
    """Of the key in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The file system that the store is on."""

    mount: str
    size: int
    free: int
    """Bytes that the service's user may still fill."""
    files_left: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The systemd unit, by its files."""

    path: str = ""
    """Empty: there is none."""
    enabled: bool = False
    masked: bool = False
    before_network: bool = False
    user: str = "root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How the gateway's own programs ask for names."""

    servers: tuple[str, ...] = ()
    over_tls: str = ""
    """systemd-resolved's `DNSOverTLS`, where it is whom they ask; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """None in `state`: no service listens at that socket."""

    socket: str
    state: State | None = None
    group_missing: bool = False
    """The `group` of [control] is none of this machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The policy that the files come to, or why they come to none."""

    policy: Policy | None = None
    error: PolicyError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All members but the first three are None where no chosen check needs them."""

    now: float
    """POSIX seconds."""
    settings: Settings
    site_name: str = "enforcer.toml"
    loaded: Loaded | Unseen | None = None
    rights: Rights | Unseen | None = None
    nft: tuple[int, ...] | Unseen | None = None
    features: Features | Unseen | None = None
    foreign: Foreign | Unseen | None = None
    bound: Bound | Unseen | None = None
    surroundings: Surroundings | Unseen | None = None
    sysctls: Mapping[str, str] | Unseen | None = None
    """By their names with dots; what is not there is not in it."""
    conntrack: ConntrackState | Unseen | None = None
    names: Names | Unseen | None = None
    clock: ClockState | Unseen | None = None
    syslog: Reach | Unseen | None = None
    collectors: tuple[Reach, ...] | Unseen | None = None
    record: Record | Unseen | None = None
    disk: Disk | Unseen | None = None
    unit: Unit | Unseen | None = None
    service: Service | Unseen | None = None
    kernel: KernelView | Unseen | None = None


FACTS = tuple(name for name in Facts.__dataclass_fields__ if name not in ("now", "settings", "site_name"))
"""The names of what can be needed."""
