"""How long the report takes over very many records, by the verbs themselves.

    .venv/bin/python benchmarks/report.py [EVENTS] [--days N] [--segments N] [--folder DIR] [--keep FILE]

Makes a store of EVENTS (10 million: 10 GB) over N days by SQL from a thousand real records, days counted and all. Then
it runs `enforcer audit` and `enforcer audit report` in each form over all days, and over a part that begins and ends in
the middle of a day. One line of JSON: seconds of wall clock and of CPU for each, and the peak of memory. The records
are not chained, which a report does not look at.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from store import CLIENTS, DAY, SERVICES, START, USUAL

from enforcer.edge.store import Store
from enforcer.edge.store_days import COUNT_NEW
from enforcer.edge.store_segments import segments
from enforcer.model.calendar import iso
from enforcer.model.event import Event

PIECE = 500_000
FORMS = ("text", "json", "csv", "html")
VERDICTS = (("block", "answered"), ("flag", "passed"), ("observe", "passed"))
_COPIED = """
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO main.events
SELECT i, t, t, t, e.simulated, e.count, e.kind, e.verdict, e.action, e.how, e.name,
    '10.' || (i * 7 % :clients / 250) || '.0.' || (i * 7 % :clients % 250),
    e.vendor, e.service, e.ban, e.phase, e.waiver, e.undecodable, e.body, e.digest
FROM (SELECT i, :start + (i - :first) * :step AS t FROM n) JOIN model.events e ON e.number = 1 + i % :real"""


def real(days: int) -> list[Event]:
    """Decisions of all kinds, and what a service tells of itself in that time."""
    decisions = [
        replace(
            USUAL,
            service=SERVICES[n % len(SERVICES)],
            verdict=VERDICTS[n // 8 % 3][0],
            action=VERDICTS[n // 8 % 3][1],
            name=f"s{n % 60:02}.upd.kaspersky.com",
            client="10.0.0.1",
            waiver="W-1" if n % 97 == 0 else "",
        )
        for n in range(1000)
    ]
    marks = []
    for day in range(days):
        at = START + day * DAY
        marks += [
            Event(at=at + 3600, kind="stop", mode="inline", reason="ended"),
            Event(at=at + 3660, kind="start", mode="inline", reason="in force"),
            Event(at=at + 7200, last=at + 7260, kind="loss", count=12, reason="12 events did not reach syslog"),
        ]
    return [*decisions, *marks]


def make(path: Path, count: int, days: int, files: int) -> None:
    """The files but the last are closed segments, as rotation leaves them."""
    made = real(days)
    with Store(path) as store:
        store.append([(event, event.at) for event in made])
    share, step = -(-count // files), round(days * DAY * 1e6 / count)
    for number in range(files):
        if number:
            with Store(path) as store:
                assert store.rotate(START + number * share * step / 1e6) is not None
        fill(path, max(number * share, len(made)) + 1, min((number + 1) * share, count), step)


def fill(path: Path, first: int, last: int, step: int) -> None:
    closed = segments(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("ATTACH ? AS model", (str(closed[0].path if closed else path),))
    for begun in range(first, last + 1, PIECE):
        end = min(begun + PIECE - 1, last)
        values = {"first": begun, "last": end, "start": round(START * 1e6) + begun * step, "step": step}
        connection.execute("BEGIN")
        connection.execute(_COPIED, {**values, "real": 1000, "clients": CLIENTS})
        connection.execute(COUNT_NEW, (begun - 1,))
        connection.execute("UPDATE counted SET number = ?", (end,))
        connection.execute("COMMIT")
    connection.close()


def timed(*arguments: str) -> dict[str, float]:
    """One run of the verb as a person would start it."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "enforcer", "audit", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    wall, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
    return {"s": round(wall, 2), "cpu_s": round(cpu, 2), "mb": used.ru_maxrss // 1024}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("events", nargs="?", type=int, default=10_000_000)
    asked.add_argument("--days", type=int, default=30)
    asked.add_argument("--segments", type=int, default=1, help="in how many files, as rotation leaves them")
    asked.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to be measured")
    asked.add_argument("--keep", type=Path, help="make the store here if it is not there, and leave it")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = options.keep or Path(folder, "events.sqlite")
        if not path.exists():
            make(path, options.events, options.days, options.segments)
        whole = ("--since", iso(START), "--until", iso(START + options.days * DAY))
        odd = ("--since", iso(START + DAY / 3), "--until", iso(START + (options.days - 0.5) * DAY))
        store = ("--store", str(path))
        files = [path, *(one.path for one in segments(path))]
        size = sum(one.stat().st_size for one in files)
        told: dict[str, object] = {"events": options.events, "files": len(files), "gigabytes": round(size / 1e9, 1)}
        told["audit"] = timed(*store, *whole)
        told["audit, parts of days"] = timed(*store, *odd)
        for form in FORMS:
            told[f"report, {form}"] = timed("report", "--form", form, "-o", f"{folder}/report", *store, *whole)
        told["report, html, parts of days"] = timed("report", "-o", f"{folder}/report.html", *store, *odd)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
