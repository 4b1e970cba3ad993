"""What a flood does to free traffic and to memory: pairs of runs under the same flood, without the enforcer and with.

    .venv/bin/python benchmarks/floods.py [--count N] [--rate R] [--pairs N] [--seconds S] [--only KIND ...]
                                          [--sources one|forged|net64|nets]

The kinds are those of tests/lab/flood_program.py. First the memory: the whole flood (`--count`) three times over, with
the enforcer, and what supervisor and inspectors have for themselves before and after. Then the rates: bulk (iperf3) and
new TLS connections while RATE packets a second are sent; the ratio is that of each pair, the median is printed.

A share is each client's own. `--sources` has bombs, questions and nobody come from as many clients as packets: made up
(IPv4), of one IPv6 network of 64 bits, or of as many such networks.
"""

import argparse
import re
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

import dataplane

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import Servers

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/lab"))

import flood_program  # noqa: E402
from daemon_fixtures import answer, inspectors, resident, told, within  # noqa: E402 (found by the line before)

FLOOD = (sys.executable, str(ROOT / "tests/lab/flood_program.py"))
KINDS = ("hellos", "bombs", "questions", "nobody", "answers", "fragments")
MEASURES = ("bulk", "tls")
OF_MANY = ("bombs", "questions", "nobody")


def sender(hosts: Hosts, kind: str) -> Host:
    return hosts.internet if kind == "answers" else hosts.client


def memory(daemon: Daemon) -> float:
    return sum(resident(pid) for pid in [daemon.process.pid, *inspectors(daemon)]) / 2**20


def whole(hosts: Hosts, kind: str, count: int, sources: str) -> str:
    """The whole flood, as fast as it can be made, three times over."""
    daemon = started(hosts)
    sizes = [memory(daemon)]
    for _ in range(3):
        done = sender(hosts, kind).run(*FLOOD, kind, str(count), "0", sources, timeout=300)
        assert done.returncode == 0, done.stderr
        sizes.append(memory(daemon))
    begun = time.monotonic()
    assert within(120, lambda: answer(hosts, zone.UPDATE, "+time=5") == "NXDOMAIN"), "a bystander is not judged again"
    again = time.monotonic() - begun
    assert within(60, lambda: answer(hosts, zone.OTHER, "+time=5") == "NOERROR")
    ended = len(told(daemon, "inspector"))
    daemon.stop()
    grown = " -> ".join(f"{size:.0f}" for size in sizes)
    return f"{grown} MiB; judges others {again:.1f} s after its end; {ended} inspectors ended; {fate(daemon)}"


def fate(daemon: Daemon) -> str:
    """What became of the packets, by the daemon's own count."""
    judged = sum(event["count"] for event in told(daemon, "decision"))
    losses: Counter[str] = Counter()
    for event in told(daemon, "loss"):
        if not event.get("client"):
            losses[re.sub(r"^\d+ | \(queue \d+\)| from \S+Z to \S+Z", "", event["reason"])] += event["count"]
    held = sum(1 for event in told(daemon, "loss") if event.get("client"))
    return "; ".join([f"{judged} decisions", f"{held} told as held", *(f"{n} {what}" for what, n in losses.items())])


def routed(hosts: Hosts) -> None:
    """The made-up clients live behind the client's host, which forgets what comes for them."""
    for network in (flood_program.FORGED4, flood_program.FORGED6, flood_program.FORGED6S):
        version, via = ("-6", "fd77:1::2") if ":" in network else ("-4", "10.77.1.2")
        hosts.gateway.must("ip", version, "route", "add", network, "via", via)
        hosts.client.must("ip", version, "route", "add", "blackhole", network)


def rate(hosts: Hosts, kind: str, measure: str, packets: float, seconds: float, sources: str) -> float:
    flood = sender(hosts, kind).start(
        *FLOOD, kind, str(int(packets * seconds * 3)), str(packets), sources, output="flood.log"
    )
    (figure,) = dataplane.MEASURES[measure](hosts, seconds).values()
    assert flood.poll() is None, "the flood ended before the measure"
    flood.kill()
    flood.wait()
    return figure


def pair(hosts: Hosts, kind: str, measure: str, packets: float, seconds: float, sources: str) -> tuple[float, float]:
    without = rate(hosts, kind, measure, packets, seconds, sources)
    daemon = started(hosts)
    try:
        return without, rate(hosts, kind, measure, packets, seconds, sources)
    finally:
        daemon.stop()


def started(hosts: Hosts) -> Daemon:
    hosts.gateway.must("conntrack", "-F")
    daemon = Daemon(hosts.gateway, at=dataplane.AFTER)
    daemon.start()
    return daemon


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--pairs", type=int, default=3, help="0: memory alone")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", nargs="*", choices=KINDS, default=None)
    parser.add_argument("--sources", choices=["one", *flood_program.SOURCES], default="one")
    options = parser.parse_args()
    kinds = options.only or (KINDS if options.sources == "one" else OF_MANY)
    if options.sources != "one" and not set(kinds) <= set(OF_MANY):
        parser.error(f"--sources is for {', '.join(OF_MANY)}")
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        servers.stop_capture()
        hosts.internet.must("ip", "route", "add", "blackhole", "203.0.113.0/24")
        routed(hosts)
        for kind in kinds:
            print(f"{kind}: memory {whole(hosts, kind, options.count, options.sources)}", flush=True)
        for kind in kinds if options.pairs else ():
            for measure in MEASURES:
                pairs = [
                    pair(hosts, kind, measure, options.rate, options.seconds, options.sources)
                    for _ in range(options.pairs)
                ]
                ratios = [with_it / without for without, with_it in pairs]
                without, with_it = (statistics.median(side) for side in zip(*pairs, strict=True))
                told = f"{without:.2f} -> {with_it:.2f}, ratio {statistics.median(ratios):.2f}"
                print(f"{kind}: {measure} {told} ({min(ratios):.2f} … {max(ratios):.2f})", flush=True)


if __name__ == "__main__":
    main()
