"""The `[control]` table of the site file: the socket by which a running service is asked and told."""

from __future__ import annotations

import re

from enforcer.model.settings import Control
from enforcer.policy.table import Table

GROUP = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
LONGEST_EVER = 7 * 86_400
"""Seconds: what `longest_pause` may say."""
MOST_PATH = 90
"""Bytes: what fits into a socket's address (unix(7)), with room for the name under which it is made."""


def read_control(table: Table | None) -> Control:
    if table is None:
        return Control()
    plain = Control()
    control = Control(
        socket=table.text("socket", plain.socket),
        group=table.text("group", plain.group),
        longest_pause=table.number("longest_pause", plain.longest_pause, 0, LONGEST_EVER),
    )
    if control.socket and not control.socket.startswith("/"):
        table.fault("socket", f"{control.socket[:100]!r} is no absolute path: the daemon runs in a folder of its own")
    if len(control.socket.encode(errors="replace")) > MOST_PATH:
        table.fault("socket", f"is longer than {MOST_PATH} bytes, which no socket's address holds")
    if control.group and not GROUP.fullmatch(control.group):
        table.fault("group", f"{control.group[:100]!r} is no name of a group of users")
    table.done()
    return control
