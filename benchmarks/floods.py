"""What a flood does to free traffic and to memory: pairs of runs under the same flood, without the enforcer and with.

    .venv/bin/python benchmarks/floods.py [--count N] [--rate R] [--pairs N] [--seconds S] [--only KIND ...]

The kinds are those of tests/lab/flood_program.py. First the memory: the whole flood (`--count`) three times over, with
the enforcer, and what supervisor and inspectors have for themselves before and after. Then the rates: bulk (iperf3) and
new TLS connections while RATE packets a second are sent; the ratio is that of each pair, the median is printed.
"""

import argparse
import statistics
import sys
from pathlib import Path

import dataplane

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import Servers

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/lab"))

from daemon_fixtures import answer, inspectors, resident, told  # noqa: E402 (found by the line before)

FLOOD = (sys.executable, str(ROOT / "tests/lab/flood_program.py"))
KINDS = ("hellos", "bombs", "questions", "nobody", "answers", "fragments")
MEASURES = ("bulk", "tls")


def sender(hosts: Hosts, kind: str) -> Host:
    return hosts.internet if kind == "answers" else hosts.client


def memory(daemon: Daemon) -> float:
    return sum(resident(pid) for pid in [daemon.process.pid, *inspectors(daemon)]) / 2**20


def whole(hosts: Hosts, kind: str, count: int) -> str:
    """The whole flood, as fast as it can be made, three times over."""
    daemon = started(hosts)
    sizes = [memory(daemon)]
    for _ in range(3):
        done = sender(hosts, kind).run(*FLOOD, kind, str(count), timeout=300)
        assert done.returncode == 0, done.stderr
        sizes.append(memory(daemon))
    patient = ("+time=10", "+tries=2")
    assert answer(hosts, zone.UPDATE, *patient) == "NXDOMAIN"
    assert answer(hosts, zone.OTHER, *patient) == "NOERROR"
    lost = sum(event["count"] for event in told(daemon, "loss"))
    ended = len(told(daemon, "inspector"))
    daemon.stop()
    return f"{' -> '.join(f'{size:.0f}' for size in sizes)} MiB; {lost} told as lost, {ended} inspectors ended"


def rate(hosts: Hosts, kind: str, measure: str, packets: float, seconds: float) -> float:
    flood = sender(hosts, kind).start(*FLOOD, kind, str(int(packets * seconds * 3)), str(packets), output="flood.log")
    (figure,) = dataplane.MEASURES[measure](hosts, seconds).values()
    assert flood.poll() is None, "the flood ended before the measure"
    flood.kill()
    flood.wait()
    return figure


def pair(hosts: Hosts, kind: str, measure: str, packets: float, seconds: float) -> tuple[float, float]:
    without = rate(hosts, kind, measure, packets, seconds)
    daemon = started(hosts)
    try:
        return without, rate(hosts, kind, measure, packets, seconds)
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
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", nargs="*", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        servers.stop_capture()
        hosts.internet.must("ip", "route", "add", "blackhole", "203.0.113.0/24")
        for kind in options.only:
            print(f"{kind}: memory {whole(hosts, kind, options.count)}", flush=True)
        for kind in options.only:
            for measure in MEASURES:
                pairs = [pair(hosts, kind, measure, options.rate, options.seconds) for _ in range(options.pairs)]
                ratios = [with_it / without for without, with_it in pairs]
                without, with_it = (statistics.median(side) for side in zip(*pairs, strict=True))
                told = f"{without:.2f} -> {with_it:.2f}, ratio {statistics.median(ratios):.2f}"
                print(f"{kind}: {measure} {told} ({min(ratios):.2f} … {max(ratios):.2f})", flush=True)


if __name__ == "__main__":
    main()
