"""How the data path and the outputs behave on this site; the other half of the site file is policy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The `[site] name`, `[datapath]` and `[output]` tables of the site file, with the defaults of an absent file."""

    gateway: str = ""
    """The name in records; empty means the host's own."""
    fail: str = "open"
    """`open`: traffic passes unjudged while no inspector answers. `closed`: what needs judgement is dropped."""
    queue: int = 4010
    """The first NFQUEUE number; inspector n listens on queue + n."""
    inspectors: int = 1
    mark_mask: int = 0xFFF00000
    blocked_dns: str = "nxdomain"
    """How a blocked question is answered: `nxdomain` or `refused`."""
    store: str = "/var/lib/enforcer/events.sqlite"
    syslog: str = "/dev/log"
    """The local syslog socket, or empty for none."""
    facility: str = "local4"
