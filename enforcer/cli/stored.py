"""The event store, where a verb asks it for what was recorded."""

from __future__ import annotations

from pathlib import Path

from enforcer.model.errors import EdgeError


def nothing_recorded(path: Path) -> EdgeError:
    return EdgeError(
        f"nothing was ever recorded in {path}", cure="name the event store with --store, or let `enforcer run` record"
    )
