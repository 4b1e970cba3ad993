"""How the data path and the outputs behave on this site; the other half of the site file is policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from enforcer.model.destination import Destination
from enforcer.model.endpoint import Endpoint
from enforcer.model.observation import Address
from enforcer.model.store_limits import StoreLimits
from enforcer.model.ways import Ways

INLINE, HOST, TAP = MODES = ("inline", "host", "tap")
"""On a gateway; for one machine's own traffic; at a mirror port, where nothing can be stopped."""
REPLAY = "replay"
"""The mode of what was read from a file: no site is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """How the running service is asked and told, by those who may."""

    socket: str = "/run/enforcer/control"
    """A UNIX socket; empty for none."""
    group: str = ""
    """A group of users that may besides root and the service's own user; empty for nobody else."""
    longest_pause: int = 8 * 3600
    """Seconds; 0 forbids pauses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is no policy in the site file, with all defaults.

    That is `[site] name`, `[datapath]`, `[output]`, `[[collector]]`, `[bypass]` and `[control]`.
    """

    gateway: str = ""
    """The name in records; empty means the host's own."""
    mode: str = INLINE
    interfaces: tuple[str, ...] = ()
    """tap: where the mirrored traffic comes in. inline: judge only clients that come in here; empty means all."""
    fail: str = "open"
    """`open`: traffic passes unjudged while no inspector answers. `closed`: what needs judgement is dropped."""
    queue: int = 4010
    """The first NFQUEUE number; inspector n listens on queue + n."""
    inspectors: int = 1
    client_share: int = 20
    """Percent of an inspector's time that one client may use, twice that where all DNS is queued; 100: all of it."""
    hold_ms: int = 250
    """Milliseconds that an answer waits for the kernel to confirm the addresses in it, at the most."""
    flowtable: tuple[str, ...] = ()
    """Between these interfaces the kernel forwards flows that pass for good past all chains; empty: nowhere."""
    check_senders: tuple[str, ...] = ()
    """What comes in at these interfaces from an address that is not reached by them is dropped; empty: nowhere."""
    mark_mask: int = 0xFFF00000
    blocked_dns: str = "nxdomain"
    """How a blocked question is answered: `nxdomain`, `refused` or `sinkhole`."""
    sinkhole: tuple[Address, ...] = ()
    """With `sinkhole` what is answered: an address of IPv4, one of IPv6, or either. Else empty."""
    http: str = "every"
    """Which requests of a plain HTTP connection are judged: `every` one, or the `first`."""
    quic: str = "judge"
    """`judge`: by its names. `reject`: QUIC to port 443 gets an ICMP error, on which clients turn to TCP."""
    invalid: str = "pass"
    """TCP of which conntrack sees one direction only, and which nobody can judge therefore: `pass` or `drop`."""
    mptcp: str = "strip"
    """`strip`: Multipath TCP is turned to plain TCP. `pass`: a name that goes over two paths is not read."""
    store: str = "/var/lib/enforcer/events.sqlite"
    syslog: str = "/dev/log"
    """The local syslog socket, or empty for none."""
    facility: str = "local4"
    limits: StoreLimits = field(default_factory=StoreLimits)
    """When the store's file is closed and another begun, and how long closed ones are kept."""
    client_names: tuple[str, ...] = ()
    """Leases or hosts files that name clients; of two, the later one is believed."""
    collapse: int = 3_600
    """Seconds that occurrences which are alike are held, at the most, to become one record; 0: each is a record."""
    crowd: int = 60
    """Alerts alike within a minute, of whatever clients; those beyond are told as one. 0: each is an alert. A person
    reads no more, and a site with fewer clients never meets it."""
    collectors: tuple[Destination, ...] = ()
    metrics: Endpoint | None = None
    """Where measurements are served; None for nowhere."""
    bypass: Ways = field(default_factory=Ways)
    """What is done about ways around the gateway's DNS."""
    control: Control = field(default_factory=Control)


def holds_clients(settings: Settings) -> bool:
    """Whether a client's share is bounded. A machine on its own has one client: itself."""
    return settings.client_share < 100 and settings.mode == INLINE


def manner(settings: Settings) -> str:
    """In which mode, where and how failing the daemon works, for a person: `mode inline, fail open`."""
    where = f" at {', '.join(settings.interfaces)}" if settings.interfaces else ""
    if settings.mode == TAP:
        return f"mode tap{where}: what is seen is recorded and alerted, nothing is stopped"
    quic = ", QUIC rejected" if settings.quic == "reject" else ""
    return f"mode {settings.mode}{where}, fail {settings.fail}{quic}"
