"""`client_names` of the site file: where the names of clients are read."""

from __future__ import annotations

from enforcer.policy.table import Table

MAX_NAME_FILES = 8


def read_client_names(table: Table) -> tuple[str, ...]:
    paths = table.texts("client_names", ())
    for index, path in enumerate(paths):
        if not path.startswith("/"):
            table.fault(f"client_names[{index}]", f"{path[:100]!r} is no absolute path; write one like '/etc/hosts'")
    if len(paths) > MAX_NAME_FILES:
        table.fault("client_names", f"{len(paths)} files, {MAX_NAME_FILES} are allowed")
    return paths
