"""What the kernel's part costs a new TLS connection: the rules and the classifier, put in place and taken out by turns.

    .venv/bin/python benchmarks/connections.py [--turns N] [--seconds S]

The floor under `tls` of benchmarks/dataplane.py. The turns are short and change places, so that whatever else runs on
the machine is in both; the median of all connections is compared, which a burst of other work moves less than the rate.

classified   SYN and hello are nobody's affair: neither is queued (decision 0240)
queued       both cross to edge/queue.py, which accepts them; nothing is read of them
"""

import argparse
import select
import signal
import statistics
import sys
import time
from functools import partial
from pathlib import Path

from dataplane import as_client

from enforcer.edge import kernel
from enforcer.edge.queue import Queue
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import Servers, until
from enforcer.model.command import Fate
from enforcer.model.marks import PASS, Marks
from enforcer.model.settings import Settings
from enforcer.plan.ruleset import ruleset

POLICY = [f"vendor{number}.test" for number in range(500)]
ON, OFF = signal.SIGUSR1, signal.SIGUSR2


def gateway(variant: str) -> None:
    """In the gateway: the rules in place at ON, out at OFF; says when it is done."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {ON, OFF})
    settings = Settings()
    found = kernel.with_openings(kernel.probe(), time.monotonic)
    text = ruleset([], settings, shift=0.0, native_queue=found.native_queue, generation="benchmark")
    queue = Queue(settings.queue, marks=Marks(settings.mark_mask), fail_open=True)
    print("ready", flush=True)
    while True:
        came = signal.sigtimedwait({ON, OFF}, 0)
        if came and came.si_signo == ON:
            kernel.install(found, text, settings, POLICY if variant == "classified" else None)
        elif came:
            kernel.uninstall()
        if came:
            print("done", flush=True)
        if select.select([queue], [], [], 0.02)[0]:
            for packet in queue.receive():
                queue.verdict(packet, Fate.ACCEPT, PASS if packet.length > 100 else None)
            queue.flush()


def said(log: Path, word: str, times: int) -> bool:
    return log.read_text().count(word) >= times


def measure(hosts: Hosts, variant: str, turns: int, seconds: float) -> None:
    loop = hosts.gateway.start(sys.executable, str(Path(__file__).resolve()), "--gateway", variant, output="loop.log")
    log = hosts.gateway.file("loop.log")
    until(partial(said, log, "ready", 1), "the loop", hosts.gateway, "loop.log")
    without: list[float] = []
    with_: list[float] = []
    for turn in range(turns):
        for number, (told, times) in enumerate(((OFF, without), (ON, with_))):
            loop.send_signal(told)
            until(partial(said, log, "done", 2 * turn + number + 1), "the rules", hosts.gateway, "loop.log")
            times += as_client(hosts.client, "connect", seconds)
    loop.kill()
    loop.wait(5)
    before, after = statistics.median(without), statistics.median(with_)
    print(
        f"{variant:11} {1e3 * before:6.3f} ms {1e3 * after:6.3f} ms  ratio {before / after:.2f}"
        f"  (means: {statistics.mean(without) / statistics.mean(with_):.2f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--gateway", choices=["classified", "queued"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.gateway:
        gateway(asked.gateway)
        return
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        servers.stop_capture()
        for variant in ("classified", "queued"):
            measure(hosts, variant, asked.turns, asked.seconds)


if __name__ == "__main__":
    main()
