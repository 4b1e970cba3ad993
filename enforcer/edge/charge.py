"""What a supervisor is charged with, by whoever starts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from enforcer.edge.clock import Clock
from enforcer.edge.kept import Kept
from enforcer.edge.systemd import ServiceManager
from enforcer.model.event import Event
from enforcer.policy.compiled import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    load: Callable[[], Policy]
    """Reads the policy anew at each call; raises PolicyError or EdgeError."""
    accept: Callable[[], str]
    """Told that what `load` gave last is in force; says where it came from, ready to stand in a reason."""
    clock: Clock
    gateway: str
    lane_numbers: Callable[[list[str]], dict[str, int]]
    """Gives each lane key its number, the same for ever: marks of live flows outlive us."""
    pauses: Path | None = None
    """The file in which pauses outlive a restart; None: they do not."""
    unended: Callable[[], tuple[Event, ...]] = tuple
    """The pauses on record that have no end there; raises EdgeError."""
    manager: ServiceManager = field(default_factory=ServiceManager)
    kept: Kept = field(default_factory=Kept)
    """What the manager kept for us of the run before."""
    mode_before: str = ""
    """In which the run before judged, as far as the record knows."""
    doubts: tuple[str, ...] = ()
    """What is not as it should be with what we were given; told at the start, and to whoever asks."""
    service: bool = False
    """Whether a service manager runs us: then `fail` decides what stays in the kernel, and interfaces may come late."""
