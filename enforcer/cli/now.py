"""The instant that a verb is about."""

from __future__ import annotations

from enforcer.edge.clock import Clock


def or_now(at: float | None) -> float:
    """As given by --at, else the current second: a fraction of one would only clutter what is shown."""
    return float(int(Clock().now())) if at is None else at
