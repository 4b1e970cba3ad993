"""How many events a second the supervisor takes from its inspectors, through the collapse of bursts into the store.

    .venv/bin/python benchmarks/bursts.py [EVENTS] [--clients N] [--folder DIR]

The events come as inspectors send them (edge/reports.py), made before the clock starts, and are appended 10,000 at a
time; clients ask for eight services each, over 60 names. One line of JSON: events in by wall clock and by CPU, and what
was appended; the same with `collapse = 0`, where every event is a record; the same of made-up clients, another for each
event, so that all are records and nearly all marked as no alerts (pipeline/crowds.py); and the peak of the process's
memory: before, after, and by how much it grows when all bursts that can be known hold 64 names each.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from store import SERVICES, START, USUAL

from enforcer.edge.reports import BATCH
from enforcer.edge.store import Store
from enforcer.model.event import MOST_NAMES, Event
from enforcer.model.settings import Settings
from enforcer.pipeline.bursts import LIMIT, Bursts
from enforcer.pipeline.crowds import Crowds
from enforcer.pipeline.stamp import Stamp

TICK = 10_000
RATE = 50_000.0


def events(count: int, clients: int) -> Iterator[Event]:
    for n in range(count):
        yield replace(
            USUAL,
            at=START + n / RATE,
            client=f"10.{n % clients >> 16}.{n % clients >> 8 & 255}.{n % clients & 255}",
            client_port=1024 + n % 60_000,
            service=SERVICES[n // clients % len(SERVICES)],
            name=f"s{n % 60:02}.upd.kaspersky.com",
        )


def datagrams(count: int, clients: int) -> list[bytes]:
    made, batches = events(count, clients), []
    while batch := [event for _, event in zip(range(BATCH), made, strict=False)]:
        batches.append(pickle.dumps(batch, pickle.HIGHEST_PROTOCOL))
    return batches


def through(came: list[bytes], longest: float, file: Path) -> dict[str, float]:
    bursts, waiting, taken = Bursts(longest), [], 0
    crowds = Crowds(Stamp(gateway=USUAL.gateway, mode=USUAL.mode, simulated=False), Settings().crowd if longest else 0)
    with Store(file) as store:
        wall, cpu = time.perf_counter(), time.process_time()
        for number, datagram in enumerate(came, start=1):
            arrived = pickle.loads(datagram)  # noqa: S301 (made above)
            taken += len(arrived)
            waiting += crowds.sift(one for event in arrived for one in bursts.add(event))
            event = arrived[-1]
            if number % (TICK // BATCH) == 0 or number == len(came):
                waiting += bursts.tick(event.at)
                store.append([(one, event.at) for one in waiting])
                waiting.clear()
        store.append([(one, one.at) for one in bursts.flush()])
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return {"per_second": round(taken / wall), "per_cpu_second": round(taken / cpu), "appended": store.stored}


def full(clients: int) -> None:
    """All that bursts can hold."""
    bursts = Bursts(86_400.0)
    for n in range(clients * (MOST_NAMES + 1)):
        name = f"host-{n}.of-a-name-of-usual-length.example"
        bursts.add(replace(USUAL, client=f"2001:db8::{n % clients:x}", name=name, at=START + n / clients))


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("events", nargs="?", type=int, default=500_000)
    asked.add_argument("--clients", type=int, default=500)
    asked.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to be measured")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        came, made_up = (datagrams(options.events, clients) for clients in (options.clients, options.events))
        before = peak()
        told = {
            "events": options.events,
            "collapsed": through(came, 3600, Path(folder, "collapsed.sqlite")),
            "one_by_one": through(came, 0, Path(folder, "one-by-one.sqlite")),
            "made_up_clients": through(made_up, 3600, Path(folder, "made-up.sqlite")),
            "peak_mb": {"before": before, "after": peak()},
        }
    before = peak()
    full(LIMIT)
    told["all_bursts_full_mb"] = peak() - before
    print(json.dumps(told))


if __name__ == "__main__":
    main()
