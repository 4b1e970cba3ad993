"""The flowtable that the site asks for, as far as this machine has it: a kernel that can, and the interfaces.

It only makes what passes faster. So whatever it lacks is told, and never keeps the rules from being in force.
"""

from __future__ import annotations

import socket

from enforcer.edge import nft
from enforcer.edge.netfilter import Netfilter
from enforcer.edge.nft import NEEDS_PERMISSION
from enforcer.model.errors import EdgeError
from enforcer.model.offload import OffloadState
from enforcer.model.settings import INLINE, Settings
from enforcer.plan.flowtable_messages import devices, flowtable_request
from enforcer.plan.offload import FLOWTABLE
from enforcer.plan.ruleset import TABLE

EVERY = 1.0
"""Seconds between two looks at the interfaces."""
OPTIONS = "CONFIG_NF_FLOW_TABLE_INET and CONFIG_NFT_FLOW_OFFLOAD"
NO_FLOWTABLES = f"this kernel has no flowtables ({OPTIONS})"
_PROBE = f"""table inet enforcer_probe {{
\tflowtable {FLOWTABLE} {{
\t\thook ingress priority filter
\t\tcounter
\t}}
\tchain probe {{
\t\tflow add @{FLOWTABLE}
\t}}
}}
"""
"""Without a hook, neither of a chain nor at an interface: where one goes, also one that was only looked at, the kernel
drops all that waits in queues."""


def can_offload() -> bool:
    """Whether nft and the kernel would take a flowtable; none is made. Raises EdgeError where we may not ask."""
    try:
        nft.check(_PROBE)
    except EdgeError as error:
        if error.code == NEEDS_PERMISSION:
            raise
        return False
    return True


def known_interfaces() -> frozenset[str]:
    return frozenset(name for _, name in socket.if_nameindex())


class Offload:
    """`now` is monotonic."""

    def __init__(self) -> None:
        self._asked: tuple[str, ...] = ()
        self._over: tuple[str, ...] = ()
        """The interfaces that it was made over last."""
        self._can: bool | None = None
        self._refusal = ""
        self._refused: tuple[str, ...] = ()
        """Over which interfaces it was refused: not tried again while there are no others."""
        self._looked = 0.0

    @property
    def state(self) -> OffloadState:
        return OffloadState(asked=self._asked, interfaces=self._over, fault=self._fault if self._asked else "")

    @property
    def _fault(self) -> str:
        if self._can is False:
            return NO_FLOWTABLES
        if self._refusal:
            return self._refusal
        missing = ", ".join(name for name in self._asked if name not in self._over)
        return f"there is no interface {missing}" if missing else ""

    def choose(self, settings: Settings) -> tuple[str, ...]:
        """Over which interfaces it is to be now; none where there is to be no flowtable, or cannot be."""
        self._asked = settings.flowtable if settings.mode == INLINE else ()
        self._refusal = ""
        if self._asked and self._can is None:
            self._can = can_offload()
        self._over = self._there() if self._can else ()
        return self._over

    def refused(self, why: str) -> None:
        """The rules were put in force without it."""
        self._refusal, self._refused, self._over = why, self._over, ()

    def is_behind(self, now: float) -> bool:
        """Whether an interface is there that it is not over. Raises OSError."""
        if not self._asked or not self._can or now - self._looked < EVERY:
            return False
        self._looked = now
        there = self._there()
        if self._refusal:
            return there != self._refused
        stands = standing()
        self._over = tuple(name for name in there if name in stands)
        return self._over != there

    def _there(self) -> tuple[str, ...]:
        known = known_interfaces()
        return tuple(name for name in self._asked if name in known)


def standing() -> frozenset[str]:
    """The interfaces of our flowtable in the kernel; none if there is none. Raises OSError."""
    with Netfilter() as kernel:
        answer = kernel.read(flowtable_request(TABLE, FLOWTABLE))
    return devices(answer) if answer else frozenset()
