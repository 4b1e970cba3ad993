"""The answer to "what applies to this, for this client, at this instant, and why"."""

from __future__ import annotations

from typing import NamedTuple

from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict
from enforcer.model.ways import Way


class Decision(NamedTuple):
    """A verdict with everything that led to it. `None` or `()` where there is nothing to say.

    A tuple, since one is made for every name that falls under a rule: its first members, up to `next_change`, are laid
    out beforehand, as a Ruling (policy/track.py) in the same order.
    """

    verdict: Verdict
    reason: str
    """One plain sentence for a person."""
    starts: float = float("-inf")
    """The instant from which the same has been said."""
    vendor: str | None = None
    service: str | None = None
    ban: str | None = None
    phase: str | None = None
    citations: tuple[str, ...] = ()
    waiver: str | None = None
    """The waiver that softened this, by its id."""
    would_block_from: float | None = None
    """The next instant at which the same observation would be blocked; None if it is blocked now or never will be."""
    next_change: float | None = None
    """The next instant at which the verdict changes in any way."""
    revision: str = ""
    """The policy revision that judged."""
    lane: int | None = None
    """Index into the policy's lanes, for a flow that belongs to a restricted vendor."""
    name: HostName | None = None
    """The name that decided: the one asked for, or a later link of its chain."""
    link: int = 0
    """Which of the observation's names that is; 0 is the one asked for."""
    pattern: str | None = None
    """The matched rule as the vendor file spells it."""
    trap: str | None = None
    """Why a name that looks like a vendor's is none."""
    undecodable: str | None = None
    way: Way | None = None
    """A way around the gateway's DNS: a finding, and no vendor's."""
