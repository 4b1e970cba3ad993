"""The `[sources]` table, which vendor and ban files share: a short id, and what and where it stands for."""

from __future__ import annotations

from collections.abc import Collection

from enforcer.policy.table import Table


def read_sources(table: Table) -> dict[str, str]:
    inner = table.table("sources")
    if inner is None or not inner.values:
        table.fault("sources", "names no source; a fact without one is not loaded")
        return {}
    return {key: inner.text(key) for key in inner.values}


def cited(table: Table, sources: Collection[str]) -> tuple[str, ...]:
    """The ids under `sources` of a row: at least one, each of them known."""
    ids = table.choices("sources", sources)
    if table.values.get("sources") == []:
        table.fault("sources", "names no source; a fact without one is not loaded")
    return ids
