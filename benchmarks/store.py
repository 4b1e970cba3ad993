"""How fast the event store takes events and answers a report.

    .venv/bin/python benchmarks/store.py [EVENTS] [--batch N] [--folder DIR]

Writes one line of JSON: events appended each second, none like another, in batches of 10,000 as in a flood; the CPU
that each took, over both threads; the size of a record; and the seconds that the report of `enforcer audit` takes over
all of them and over one day in thirty, and those of `enforcer audit verify`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from enforcer.edge.happenings import happened
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.verify import Asked, verify
from enforcer.model.event import Event

DAY = 86400.0
START = 1727582400.0
SERVICES = ("update", "reputation", "telemetry", "website", "store", "account", "download", "support")
CLIENTS = 500
FLOOD = 10_000
RATE = 50_000

USUAL = Event(
    at=START,
    gateway="gw.example",
    mode="inline",
    verdict="block",
    action="answered",
    how="dns",
    name="s07.upd.kaspersky.com",
    client_port=33000,
    server="9.9.9.9",
    server_port=53,
    protocol="udp",
    vendor="kaspersky",
    pattern="*.upd.kaspersky.com",
    ban="us-commerce-kaspersky-2024",
    phase="full",
    citations=("89 FR 52434", "FR Doc 2024-13532", "Case ICTS-2021-002", "15 CFR 791.109"),
    reason="update host of Kaspersky: block from 2024-09-29T04:00:00Z (phase full of us-commerce-kaspersky-2024)",
    revision="0123456789abcdef",
)


def events(count: int) -> Iterator[Event]:
    """Spread over clients, services and names, and over thirty days in floods of a fifth of a second."""
    floods = -(-count // FLOOD)
    for n in range(count):
        yield replace(
            USUAL,
            at=START + 30 * DAY * (n // FLOOD) / floods + n % FLOOD / RATE,
            name=f"s{n % 61:02}.upd.kaspersky.com",
            client_port=1024 + n * 11 % 60_000,
            client=f"10.1.{n * 7 % CLIENTS // 250}.{n * 7 % CLIENTS % 250}",
            service=SERVICES[n * 3 % len(SERVICES)],
        )


def append(path: Path, count: int, batch: int) -> tuple[float, float]:
    """Seconds spent in append, by the clock and of CPU; making the events is not counted."""
    spent = cpu = 0.0
    made = events(count)
    with Store(path) as store:
        for first in range(0, count, batch):
            entries = [(event, event.at) for event in islice(made, min(batch, count - first))]
            began, cpu_began = time.perf_counter(), time.process_time()
            store.append(entries)
            spent += time.perf_counter() - began
            cpu += time.process_time() - cpu_began
    return spent, cpu


def report(path: Path, days: float) -> float:
    began = time.perf_counter()
    with Records(path) as records:
        told = happened(records, START, START + days * DAY, simulated=False, now=START + 40 * DAY)
    assert told.rows.occurrences > 0
    return time.perf_counter() - began


def verified(path: Path, count: int) -> dict[str, float]:
    """Seconds of `enforcer audit verify`: chain, heads, columns and days."""
    began, cpu_began = time.perf_counter(), cpu_of_all()
    found = verify(path, Asked())
    assert found is not None
    assert found.intact
    assert found.proof.proven == ((1, count),)
    return {
        "verify_s": round(time.perf_counter() - began, 2),
        "verify_cpu_s": round(cpu_of_all() - cpu_began, 2),
    }


def cpu_of_all() -> float:
    """Of this process, and of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("events", nargs="?", type=int, default=1_000_000)
    asked.add_argument("--batch", type=int, default=FLOOD)
    asked.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to be measured")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder, "events.sqlite")
        spent, cpu = append(path, options.events, options.batch)
        told = {
            "events": options.events,
            "batch": options.batch,
            "appended_per_second": round(options.events / spent),
            "append_cpu_us": round(cpu / options.events * 1e6, 1),
            "bytes_per_event": round(path.stat().st_size / options.events),
            "report_30_days_s": round(report(path, 31), 2),
            "report_1_day_s": round(report(path, 1), 3),
            **verified(path, options.events),
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "sqlite": sqlite3.sqlite_version,
            "python": platform.python_version(),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
