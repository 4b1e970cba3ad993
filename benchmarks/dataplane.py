"""What the enforcer costs on the data path: pairs of runs in the lab, without it and with it, beside one another.

    ./do bench [--pairs N] [--seconds S] [--only NAME ...] [--inspectors N ...] [--patterns N ...] [--json]

Two hosts, the gateway and both servers share this machine's cores, so the absolute figures are those of the machine and
of its hour; the ratio of a pair is what to look at. Each pair is measured one after the other, first the one, then the
other, and the median of the pairs' ratios is printed with the least and the greatest. Bulk alone is measured in slices
of one stream (slices.py), and printed with the standard error of its ratio; `--only bulk --seconds 12` takes 150 s, for
200 slices of each kind. What conntrack costs is in both of them.

The whole takes four to six minutes with five pairs of three seconds. Against the number of inspectors, and against the
size of the policy, each for the measures named:

    ./do bench --pairs 3 --only dns tls --inspectors 1 2
    ./do bench --pairs 2 --only dns tls --patterns 10 1000 100000 1000000

bulk         one TCP stream through the gateway (iperf3), our tables awake and asleep by turns
dns          questions and answers over UDP, 100 in flight (dnsperf, Unbound)
dns-latency  one question at a time: the median and the 99th percentile
dns-5000     the same at 5,000 questions a second, all together (dnsperf)
tls          new TLS connections, one at a time, each with a ClientHello and a name (nginx)
tls-long     the same where the hello is as long as a browser's: two packets on the wire, which the gateway's interface
             joins (GRO), as interfaces do unless they are told not to
tls-in-two   the same in two segments that nobody joins (1,440 bytes and the rest)
chrome       up to the server's hello, with Chrome's own in two segments: what the longer hello costs, and nothing else
"""

import argparse
import itertools
import json
import os
import re
import socket
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import handshakes
import many_patterns
import slices

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, SPOOL, Host, Hosts
from enforcer.lab.servers import Servers, until

AFTER = "2024-10-01T12:00:00Z"
QUESTIONS = 10_000
"""Different names, so that nothing is answered from a habit."""


@dataclass(frozen=True)
class Measure:
    """One figure of one run: what it is called, in which unit, and whether more is better."""

    name: str
    unit: str
    more_is_better: bool = True


Figures = dict[Measure, float]
BULK = Measure("bulk", "Gbit/s")
DNS = Measure("dns", "q/s")
DNS_MEDIAN = Measure("dns-latency p50", "ms", more_is_better=False)
DNS_TAIL = Measure("dns-latency p99", "ms", more_is_better=False)
LOAD_MEDIAN = Measure("dns-5000 p50", "ms", more_is_better=False)
LOAD_TAIL = Measure("dns-5000 p99", "ms", more_is_better=False)
TLS = Measure("tls", "connections/s")
TLS_LONG = Measure("tls-long", "connections/s")
TLS_IN_TWO = Measure("tls-in-two", "connections/s")
CHROME = Measure("chrome", "connections/s")


def bulk(hosts: Hosts, seconds: float) -> Figures:
    server = hosts.internet.start("iperf3", "-s", "-1", "-p", "5201", output="iperf3.log")
    until(lambda: ":5201 " in hosts.internet.run("ss", "-Hltn").stdout, "iperf3", hosts.internet, "iperf3.log")
    told = json.loads(hosts.client.must("iperf3", "-c", RESOLVER[0], "-t", f"{seconds:.0f}", "-J"))
    server.wait(10)
    return {BULK: told["end"]["sum_received"]["bits_per_second"] / 1e9}


def dns(hosts: Hosts, seconds: float) -> Figures:
    command = (
        "dnsperf",
        "-s",
        RESOLVER[0],
        "-d",
        f"{SPOOL}/questions",
        "-l",
        f"{seconds:.0f}",
        "-c",
        "10",
        "-q",
        "100",
    )
    told = hosts.client.run(*command, timeout=seconds + 20).stdout
    lost = re.search(r"Queries lost:\s+(\d+)", told)
    rate = re.search(r"Queries per second:\s+([\d.]+)", told)
    assert rate, told
    assert lost, told
    if int(lost[1]) > seconds:
        print(f"dnsperf lost {lost[1]} queries", file=sys.stderr)
    return {DNS: float(rate[1])}


def dns_latency(hosts: Hosts, seconds: float) -> Figures:
    times = sorted(as_client(hosts.client, "ask", seconds))
    return {DNS_MEDIAN: 1e3 * statistics.median(times), DNS_TAIL: 1e3 * times[len(times) * 99 // 100]}


def dns_load(hosts: Hosts, seconds: float) -> Figures:
    rate = ("-Q", "5000", "-l", f"{seconds:.0f}", "-c", "10", "-v")
    told = hosts.client.run(
        "dnsperf", "-s", RESOLVER[0], "-d", f"{SPOOL}/questions", *rate, timeout=seconds + 20
    ).stdout
    times = sorted(float(line.split()[-1]) for line in told.splitlines() if line.startswith("> NOERROR"))
    assert len(times) > 4000 * seconds, f"{len(times)} answers"
    return {LOAD_MEDIAN: 1e3 * statistics.median(times), LOAD_TAIL: 1e3 * times[len(times) * 99 // 100]}


def in_two(hosts: Hosts, seconds: float) -> Figures:
    times = as_client(hosts.client, "chrome", seconds)
    return {CHROME: len(times) / sum(times)}


def tls(hosts: Hosts, seconds: float) -> Figures:
    times = as_client(hosts.client, "connect", seconds)
    return {TLS: len(times) / sum(times)}


def tls_long(hosts: Hosts, seconds: float) -> Figures:
    with handshakes.joined(hosts):
        times = as_client(hosts.client, "connect-long", seconds)
    return {TLS_LONG: len(times) / sum(times)}


def tls_in_two(hosts: Hosts, seconds: float) -> Figures:
    times = as_client(hosts.client, "connect-in-two", seconds)
    return {TLS_IN_TWO: len(times) / sum(times)}


MEASURES: dict[str, Callable[[Hosts, float], Figures]] = {
    "bulk": bulk,
    "dns": dns,
    "dns-latency": dns_latency,
    "dns-5000": dns_load,
    "tls": tls,
    "tls-long": tls_long,
    "tls-in-two": tls_in_two,
    "chrome": in_two,
}


def as_client(client: Host, what: str, seconds: float) -> list[float]:
    """Runs a function of CLIENTS below in the client's namespace; the seconds that each operation took."""
    script = str(Path(__file__).resolve())
    done = client.run(sys.executable, script, "--as-client", what, "--seconds", str(seconds), timeout=seconds + 30)
    assert done.returncode == 0, done.stderr
    times: list[float] = json.loads(done.stdout)
    return times


def ask(number: int, to: socket.socket) -> None:
    """One question for one of the wildcard's names, and its answer."""
    label = f"h{number % QUESTIONS}".encode()
    name = bytes([len(label)]) + label + b"\x05bench\x04test\0"
    to.send(number.to_bytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1")
    to.recv(4096)


def ask_for(seconds: float) -> list[float]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to:
        to.settimeout(2)
        to.connect((RESOLVER[0], 53))
        return handshakes.timed(lambda number: ask(number % 0xFFFF, to), seconds)


CLIENTS = {
    "ask": ask_for,
    "connect": handshakes.short,
    "connect-long": handshakes.long,
    "connect-in-two": handshakes.in_two,
    "chrome": handshakes.chromes_in_two,
}


def pair(hosts: Hosts, measure: str, seconds: float, site: str, policies: str = "") -> tuple[Figures, Figures]:
    """The figures without the enforcer and with it."""
    without = MEASURES[measure](hosts, seconds)
    daemon = Daemon(hosts.gateway, at=AFTER, datapath=site, policies=policies)
    daemon.start()
    try:
        before = cpu(daemon.process.pid)
        with_it = MEASURES[measure](hosts, seconds)
        if DNS in with_it:
            used = cpu(daemon.process.pid) - before
            print(f"  {1e6 * used / (with_it[DNS] * seconds):.0f} µs of the enforcer's CPU a question", file=sys.stderr)
        return without, with_it
    finally:
        daemon.stop()


def in_slices(hosts: Hosts, seconds: float, site: str, policies: str, under: str) -> dict[str, object]:
    """The row of bulk. Connection tracking is in both."""
    daemon = Daemon(hosts.gateway, at=AFTER, datapath=site, policies=policies)
    daemon.start()
    try:
        found = slices.bulk(hosts, daemon, seconds)
    finally:
        daemon.stop()
    return {
        "measure": BULK.name + under,
        "unit": BULK.unit,
        "without": statistics.mean(found.without),
        "with": statistics.mean(found.with_it),
        "ratio": found.ratio,
        "error": found.error,
        "slices": len(found.with_it),
    }


def cpu(pid: int) -> float:
    """Seconds of processor time of a process and its children. Unlike rates, not touched by what else runs."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split() for one in (pid, *children)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def ratio(measure: Measure, without: float, with_it: float) -> float:
    """Above 1 the enforcer would be a gain; for latencies the time it adds shows as below 1 too."""
    return with_it / without if measure.more_is_better else without / with_it


def report(pairs: list[tuple[Figures, Figures]], under: str = "") -> list[dict[str, object]]:
    """A row for each figure; `under` says under what it was taken."""
    rows = []
    for measure in pairs[0][0]:
        without = [one[measure] for one, _ in pairs]
        with_it = [other[measure] for _, other in pairs]
        ratios = [ratio(measure, one, other) for one, other in zip(without, with_it, strict=True)]
        rows.append(
            {
                "measure": measure.name + under,
                "unit": measure.unit,
                "without": statistics.median(without),
                "with": statistics.median(with_it),
                "ratio": statistics.median(ratios),
                "least": min(ratios),
                "greatest": max(ratios),
            }
        )
    return rows


def rows_of(
    hosts: Hosts, measure: str, options: argparse.Namespace, site: str, policies: str, under: str
) -> list[dict[str, object]]:
    if measure == BULK.name:
        print(f"{measure}{under}: one stream", file=sys.stderr)
        return [in_slices(hosts, 2 * options.pairs * options.seconds, site, policies, under)]
    pairs = []
    for n in range(options.pairs):
        print(f"{measure}{under}: pair {n + 1} of {options.pairs}", file=sys.stderr)
        pairs.append(pair(hosts, measure, options.seconds, site, policies))
    return report(pairs, under)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", nargs="*", choices=list(MEASURES), default=list(MEASURES))
    parser.add_argument("--inspectors", type=int, nargs="*", default=[1])
    parser.add_argument("--patterns", type=int, nargs="*", default=[0], help="of a vendor besides; 0: none")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--as-client", choices=list(CLIENTS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_client:
        print(json.dumps(CLIENTS[options.as_client](options.seconds)))
        return
    rows = []
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        servers.stop_capture()  # it would cost on every packet
        asked = "".join(f"h{n}.bench.test A\n" for n in range(QUESTIONS))
        hosts.client.file("questions").write_text(asked)
        folders = {count: many_patterns.put(hosts.gateway, count) if count else "" for count in options.patterns}
        for measure, (size, folder), inspectors in itertools.product(options.only, folders.items(), options.inspectors):
            under = (f", {inspectors} inspectors" if inspectors > 1 else "") + (f", {size} patterns" if size else "")
            rows += rows_of(hosts, measure, options, f"inspectors = {inspectors}", folder, under)
    show(rows, options.json)


def show(rows: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    print(f"{'':<28} {'without':>10} {'with':>10}  {'':<14} {'ratio':>6} (least … greatest of the pairs)")
    for row in rows:
        if "error" in row:
            spread = f"± {row['error']:.3f}, the standard error of {row['slices']} slices each"
        else:
            spread = f"({row['least']:.2f} … {row['greatest']:.2f})"
        print(
            f"{row['measure']:<28} {row['without']:>10.3f} {row['with']:>10.3f}  {row['unit']:<14} "
            f"{row['ratio']:>6.2f} {spread}"
        )


if __name__ == "__main__":
    main()
