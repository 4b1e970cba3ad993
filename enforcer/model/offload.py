"""How the flowtable stands that the site file asks for (plan/offload.py), as part of the service's state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OffloadState:
    """The flowtable (`flowtable` of the site file)."""

    asked: tuple[str, ...] = ()
    """Interfaces that the site file names; empty: there is to be none."""
    interfaces: tuple[str, ...] = ()
    """Of these, those that it is over."""
    fault: str = ""
    """Why it is not there, or not over all of them."""
