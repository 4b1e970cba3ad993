"""The story as a person sees it: lines of text, each with the colour of its mark."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from enforcer.lab.outcome import Result
from enforcer.lab.story import Scene

Line = tuple[str, str | None]
"""A text and its colour, None for plain."""
GOOD, BAD, SKIPPED = "green", "red", "yellow"


def scene(scene: Scene) -> Iterator[Line]:
    yield "", None
    yield f"── {scene.title}", "bright_white"


def result(result: Result) -> Iterator[Line]:
    yield "", None
    yield f"   client$ {command(result.step.command)}", None
    if result.skipped:
        yield f"   SKIPPED {result.step.what}: {result.skipped}", SKIPPED
        return
    yield f"      got: {result.got}", None
    for alert in result.alerts:
        yield f"   syslog: {alert}", None
    if not result.alerts:
        yield f"   record: {_records(result)}", None
    for fault in result.faults:
        yield f"    fault: {fault}", BAD
    yield (f"   ✘ {result.step.what}", BAD) if result.faults else (f"   ✔ {result.step.what}", GOOD)


def summary(results: Sequence[Result], seconds: float) -> Iterator[Line]:
    done = [one for one in results if not one.skipped]
    bad = sum(bool(one.faults) for one in done)
    skipped = len(results) - len(done)
    yield "", None
    tail = f", {skipped} SKIPPED" if skipped else ""
    yield f"{len(done) - bad} of {len(done)} steps as expected{tail}, in {seconds:.0f} s", BAD if bad else GOOD


def as_dict(result: Result) -> dict[str, Any]:
    """For programs."""
    return {
        "scene": result.scene,
        "what": result.step.what,
        "command": list(result.step.command),
        "got": result.got,
        "recorded": [str(trace) for trace in result.traces],
        "syslog": list(result.alerts),
        "ok": not result.faults and not result.skipped,
        "faults": list(result.faults),
        "skipped": result.skipped,
    }


def command(command: Sequence[str]) -> str:
    """As one would type it; our own Python is just python."""
    words = ["python" if word == sys.executable else word for word in command if word != "-P"]
    return shlex.join(words)


def _records(result: Result) -> str:
    return "; ".join(str(trace) for trace in dict.fromkeys(result.traces)) or "none, it is nobody's business"
