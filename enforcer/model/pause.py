"""A pause: asked for at a running gateway, on record with who and why, and over by itself at its instant."""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.model.members import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """From `since` until `until` what the policy blocks is flagged and passes. Empty scopes mean all."""

    id: str
    reason: str
    ticket: str
    asked_by: str
    since: Instant
    until: Instant
    """Both are whole seconds, as the kernel's calendar counts."""
    clients: tuple[str, ...]
    """Groups of the site file, addresses or networks."""
    vendors: tuple[str, ...]
