"""Which of the capabilities that the daemon needs a process lacks (capabilities(7)), as /proc tells it."""

from __future__ import annotations

from pathlib import Path

from enforcer.doctor.facts import Rights
from enforcer.edge.kernel import CAPABILITIES


def rights(service: int | None, proc: Path = Path("/proc")) -> Rights:
    """Of this process, and of the service with that process id, if there is one that may be looked at."""
    return Rights(own=_lacking(proc / "self/status") or (), service=_lacking(proc / f"{service}/status"))


def _lacking(status: Path) -> tuple[str, ...] | None:
    try:
        line = next(line for line in status.read_text().splitlines() if line.startswith("CapEff:"))
    except (OSError, StopIteration):
        return None
    effective = int(line.split()[1], 16)
    return tuple(name for name, bit in CAPABILITIES.items() if not effective >> bit & 1)
