"""The answer to "what applies to this, for this client, at this instant, and why"."""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict with everything that led to it. `None` or `()` where there is nothing to say."""

    verdict: Verdict
    reason: str
    """One plain sentence for a person."""
    revision: str
    """The policy revision that judged."""
    name: HostName | None = None
    """The name that decided: the one asked for, or a later link of its chain."""
    link: int = 0
    """Which of the observation's names that is; 0 is the one asked for."""
    vendor: str | None = None
    service: str | None = None
    pattern: str | None = None
    """The matched rule as the vendor file spells it."""
    ban: str | None = None
    phase: str | None = None
    citations: tuple[str, ...] = ()
    waiver: str | None = None
    """The waiver that softened this, by its id."""
    trap: str | None = None
    """Why a name that looks like a vendor's is none."""
    would_block_from: float | None = None
    """The next instant at which the same observation would be blocked; None if it is blocked now or never will be."""
    next_change: float | None = None
    """The next instant at which the verdict changes in any way."""
    lane: int | None = None
    """Index into the policy's lanes, for a flow that belongs to a restricted vendor."""
    undecodable: str | None = None
