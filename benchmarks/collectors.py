#!/usr/bin/env python3
"""What delivery to a collector costs: the CPU time of the forwarding process for each alert, and how fast it goes.

    .venv/bin/python benchmarks/collectors.py [--count 20000]

The store is filled first; then the process starts and delivers to a collector that only counts bytes. Beside it, in the
same run: what it costs to record the same events, and to form the messages alone.
"""

import argparse
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/edge")]

from certificate_fixtures import Authority, server  # noqa: E402
from collector_fixtures import STAMP  # noqa: E402
from event_fixtures import CUT_OFF, event  # noqa: E402

from enforcer.audit.envelope import Envelope  # noqa: E402
from enforcer.audit.formats import FORMATS  # noqa: E402
from enforcer.edge.clock import Clock  # noqa: E402
from enforcer.edge.collectors import Collectors  # noqa: E402
from enforcer.edge.links import SETTLE  # noqa: E402
from enforcer.edge.store import Store  # noqa: E402
from enforcer.model.destination import Destination  # noqa: E402


@contextmanager
def sink(folder: Path, transport: str) -> Iterator[Destination]:
    """A collector that reads and forgets."""
    authority = Authority(folder)
    context = server(authority.sign("collector", "localhost")) if transport == "tls" else None
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def read() -> None:
            came, _ = listener.accept()
            with context.wrap_socket(came, server_side=True) if context else came as made:
                while made.recv(1 << 20):
                    pass

        threading.Thread(target=read, daemon=True).start()
        port = listener.getsockname()[1]
        yield Destination(name="sink", transport=transport, host="localhost", port=port, ca=str(authority.certificate))


def cpu(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, transport: str, count: int) -> None:
    clock = Clock()
    with Store(folder / "events.sqlite") as store, sink(folder, transport) as to:
        collectors = Collectors([to], store.path, STAMP, clock)
        time.sleep(2)
        idle, began = cpu(collectors.pid), time.process_time()
        for first in range(0, count, 500):
            store.append([(event(at=CUT_OFF + first + n), clock.now()) for n in range(500)])
        recorded = time.process_time() - began
        start = time.monotonic()
        collectors.send(event())
        time.sleep(1)
        while collectors.send() or collectors.states[0].waiting:
            time.sleep(0.05)
        took, used = time.monotonic() - start - SETTLE, cpu(collectors.pid) - idle
        collectors.close()
    print(f"{transport}: {count} alerts; delivery {used / count * 1e6:.0f} us of CPU an alert,", end=" ")
    print(f"about {count / max(took, 0.1):.0f} a second; recording {recorded / count * 1e6:.0f} us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    count = parser.parse_args().count
    for name, form in FORMATS.items():
        began = time.process_time()
        for number in range(2000):
            form(event(), Envelope(record=number))
        print(f"form {name}: {(time.process_time() - began) / 2000 * 1e6:.0f} us of CPU a message")
    for transport in ("tcp", "tls"):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), transport, count)
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")


main()
