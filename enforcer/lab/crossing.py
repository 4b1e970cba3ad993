"""Downloads that run while a boundary of the calendar passes."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Host
from enforcer.lab.outcome import Result, Watch
from enforcer.lab.story import BOUNDARY, Scene

LEADS = (4.0, 18.0, 40.0)
"""Seconds that the daemon has to start; the next if the machine is too slow for one."""
SETTLED = 3.0
"""Seconds of download that must be seen before the boundary."""
WITHIN = 1.0
"""Seconds after the boundary in which a download must be cut."""
SEEN = WITHIN + 0.5
"""Seconds after the boundary until which we look: what runs then goes on."""
EARLY = -0.05
"""Seconds by which our own reading of the trial's clock may be wrong."""


def just_before(start: Callable[[str], Daemon], settled: float = SETTLED) -> tuple[Daemon, float]:
    """A daemon that is ready `settled` seconds before the boundary, and when that will be, by the monotonic clock."""
    for lead in LEADS:
        instant = datetime.fromisoformat(BOUNDARY)
        daemon = start((instant - timedelta(seconds=settled + lead)).isoformat())
        left = (instant - datetime.fromisoformat(daemon.ready_at)).total_seconds()
        if left > settled or lead == LEADS[-1]:
            break
        daemon.stop()
    return daemon, daemon.ready_seen + left


def downloads(client: Host, scene: Scene, watch: Watch, boundary: float) -> Iterator[Result]:
    """Runs the scene's downloads over the boundary; a result for each, when all is over."""
    running = [client.start(*step.command, output=_file(n)) for n, step in enumerate(scene.downloads)]
    ends = _ends(running, boundary + SEEN)
    for n, step in enumerate(scene.downloads):
        got = _said(client, n, ends[n], boundary)
        result = watch.result(scene.name, step, got, about=step.name)
        yield replace(result, faults=(*result.faults, *late(got)))


def _ends(running: list[subprocess.Popen[bytes]], until: float) -> list[float | None]:
    """When each ended by the monotonic clock, None for those that had to be ended at `until`."""
    ends: list[float | None] = [None] * len(running)
    while time.monotonic() < until:
        for n, program in enumerate(running):
            if ends[n] is None and program.poll() is not None:
                ends[n] = time.monotonic()
        time.sleep(0.005)
    for program in running:
        program.kill()
        program.wait()
    return ends


def _said(client: Host, n: int, end: float | None, boundary: float) -> str:
    if end is None:
        return f"still running {SEEN:.1f} s after the boundary"
    words = client.file(_file(n)).read_text(errors="replace").strip()
    return f"{words}, {end - boundary:+.2f} s from the boundary"


def late(got: str) -> Iterator[str]:
    """A fault if the download ended at another time than it must."""
    moment = re.search(r"([+-]\d+\.\d+) s from the boundary$", got)
    if moment and not EARLY <= float(moment[1]) <= WITHIN:
        yield f"cut {moment[1]} s from the boundary, not within {WITHIN:.0f} s after it"


def _file(n: int) -> str:
    return f"download-{n}"
