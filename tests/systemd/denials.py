"""Capabilities that the kernel refused, as its own trace tells them (Linux 6.14: capability/cap_capable)."""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import Self

TRACING = Path("/sys/kernel/tracing")
REFUSED = re.compile(
    r"^\s*(?P<comm>.+)-\d+\s.*cap_capable: .*cap (?P<cap>\d+), .*\n.*<stack trace>\n(?P<stack>(?: => .*\n)+)",
    re.MULTILINE,
)
UNASKED = (
    # The kernel's own accounting: may it overcommit memory, show the addresses of a compiled filter.
    *("__mmap_region", "do_brk_flags", "dup_mmap", "expand_downwards", "insert_vm_struct", "mprotect_fixup"),
    *("shmem_", "do_jit"),
    # What systemd does in the new process before our program is in it.
    *("do_prlimit", "prctl_set_mm", "__do_sys_capset"),
)


class Denials:
    """The instance of the trace that run.sh made, if it could; taken away in the end."""

    def __init__(self) -> None:
        self._here = TRACING / "instances/enforcer-test"
        self.works = self._here.is_dir()

    def __enter__(self) -> Self:
        if self.works:
            event = self._here / "events/capability/cap_capable"
            (self._here / "trace_options").write_text("stacktrace")
            (event / "filter").write_text("ret != 0")
            (event / "enable").write_text("1")
        return self

    def of(self, *programs: str) -> list[str]:
        """Such as `nft: capability 21`, each once, and the way in the kernel that asked for it."""
        if not self.works:
            return []
        found = [row for row in REFUSED.finditer((self._here / "trace").read_text()) if row["comm"] in programs]
        asked = [row for row in found if not any(way in row["stack"] for way in UNASKED)]
        return sorted({f"{row['comm']}: capability {row['cap']} by {' '.join(row['stack'].split())}" for row in asked})

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.works:
            self._here.rmdir()
