"""What our tables cost one TCP stream, in many short slices of it: with them awake and with them asleep, by turns.

Runs minutes apart tell nothing of a few per cent: a machine's hour moves them by more. Here one stream (iperf3) runs
throughout. Our tables are put to sleep and woken in the middle of it (nftables' `dormant`), by turns and in an order
that changes, and the bytes that left the gateway are counted in each slice but for its beginning. Two neighbours make a
pair, of which drifts take their share alike.

The daemon is stopped (SIGSTOP) meanwhile, or it would put right what it takes for somebody else's work; a decided flow
needs nobody. Connection tracking stays, since a sleeping table still refers to it: what conntrack itself costs is in
both, and not in the ratio (docs/performance.md has it apart).
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, Host, Hosts
from enforcer.lab.servers import until

SLICE, SETTLING = 0.3, 0.05
"""Seconds of a slice, and of its beginning that is not counted: the switch itself is going on."""
WARMING = 1.0
"""Seconds before the first slice: the flow is decided, its window is open."""
PORT = "5201"


@dataclass(frozen=True)
class Sliced:
    """Rates in Gbit/s, slice by slice; those with the same index are neighbours."""

    without: Sequence[float]
    with_it: Sequence[float]

    @property
    def ratio(self) -> float:
        return statistics.mean(self.with_it) / statistics.mean(self.without)

    @property
    def error(self) -> float:
        """The standard error of the ratio, from how far each pair is off it."""
        ratio = self.ratio
        rests = [one - ratio * other for one, other in zip(self.with_it, self.without, strict=True)]
        return statistics.stdev(rests) / len(rests) ** 0.5 / statistics.mean(self.without)


def bulk(hosts: Hosts, daemon: Daemon, seconds: float) -> Sliced:
    """`seconds` of slices in one stream of the client's through the gateway, where the daemon runs."""
    pairs = max(int(seconds / SLICE / 2), 3)
    tables = [
        line.split()[1:] for line in hosts.gateway.must("nft", "list", "tables").splitlines() if "enforcer" in line
    ]
    without, with_it = [], []
    with streaming(hosts, WARMING + 2 * pairs * SLICE), asleep_meanwhile(hosts.gateway, daemon, tables):
        for number in range(pairs):
            order = (False, True) if number % 2 else (True, False)
            for awake in order:
                switch(hosts.gateway, tables, awake=awake)
                (with_it if awake else without).append(rate(daemon.process.pid))
    return Sliced(without, with_it)


@contextmanager
def streaming(hosts: Hosts, seconds: float, to: str = RESOLVER[0], *more: str) -> Iterator[None]:
    """A stream that would go on for twice as long: switching takes its time too. `more` goes to iperf3."""
    server = hosts.internet.start("iperf3", "-s", "-1", "-p", PORT, output="iperf3.log")
    until(lambda: f":{PORT} " in hosts.internet.run("ss", "-Hltn").stdout, "iperf3", hosts.internet, "iperf3.log")
    length = f"{2 * seconds + 10:.0f}"
    client = hosts.client.start("iperf3", "-c", to, "-t", length, "-p", PORT, *more, output="stream.log")
    try:
        time.sleep(WARMING)
        yield
        assert client.poll() is None, hosts.client.file("stream.log").read_text()
    finally:
        for process in (client, server):
            process.kill()
            process.wait()


@contextmanager
def asleep_meanwhile(gateway: Host, daemon: Daemon, tables: Sequence[Sequence[str]]) -> Iterator[None]:
    """The daemon sleeps; at the end its tables are as it knows them."""
    os.kill(daemon.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        switch(gateway, tables, awake=True)
        os.kill(daemon.process.pid, signal.SIGCONT)


def switch(gateway: Host, tables: Sequence[Sequence[str]], *, awake: bool) -> None:
    flags = "" if awake else " { flags dormant; }"
    gateway.must("nft", "-f", "-", text="".join(f"add table {' '.join(table)}{flags}\n" for table in tables))


def rate(pid: int, link: str = "wan") -> float:
    """What leaves the gateway by the link, in whose network the process is, in a slice from now on."""
    time.sleep(SETTLING)
    begun, before = time.monotonic(), sent(pid, link)
    time.sleep(SLICE - SETTLING)
    return (sent(pid, link) - before) * 8 / (time.monotonic() - begun) / 1e9


def sent(pid: int, link: str) -> int:
    """Bytes out of this interface: `wan` is to the internet, `lan` to the client."""
    (line,) = (
        line for line in Path(f"/proc/{pid}/net/dev").read_text().splitlines() if line.strip().startswith(f"{link}:")
    )
    return int(line.split(":")[1].split()[8])
