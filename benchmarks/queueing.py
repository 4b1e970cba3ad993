"""What the kernel's part costs without any judgement: the rules, the queue, and a loop that accepts everything.

    .venv/bin/python benchmarks/queueing.py [--pairs N] [--seconds S] [--only NAME ...]

The floor under benchmarks/dataplane.py, which measures the whole daemon. Client, gateway and internet are namespaces
that share this machine's cores: read the ratios, not the figures. Each pair is two runs one after the other, without
anything and with the variant; the median of the pairs' ratios is printed with the least and the greatest. CPU is the
loop's own, in the kernel and outside it, for each packet (two packets a question).

conntrack    (dns, bulk) nothing of ours, one rule that makes the kernel track flows, as on every NAT gateway
dns plain    recv, accept, send: one packet after the other, nothing read of it but its number
dns queue    edge/queue.py: packets decoded, verdicts sent together
dns classified  the same behind the classifier in the kernel, as the daemon runs: no name here is the policy's
bulk alone   one TCP stream (iperf3), the rules in force and nobody at the queue: every packet passes by bypass
bulk passed  the same with its flow marked PASS by the loop at its first data
"""

import argparse
import json
import re
import resource
import select
import signal
import socket
import statistics
import struct
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from enforcer.edge import kernel, nft
from enforcer.edge.queue import Queue
from enforcer.lab.hosts import RESOLVER, SPOOL, Hosts
from enforcer.lab.servers import until
from enforcer.model.command import Fate
from enforcer.model.marks import PASS, Marks
from enforcer.model.settings import Settings
from enforcer.plan.queue_messages import verdict
from enforcer.plan.ruleset import ruleset

UNBOUND = f"""server:
 interface: {RESOLVER[0]}
 access-control: 0.0.0.0/0 allow
 chroot: ""
 username: ""
 pidfile: ""
 directory: "{SPOOL}"
 do-daemonize: no
 use-syslog: no
 local-zone: "example." redirect
 local-data: "example. A 192.0.2.1"
"""
CONNTRACK = """table inet tracking {
	chain c {
		type filter hook forward priority 0;
		ct state invalid drop
	}
}
"""
NAMES = 5_000
POLICY = [f"vendor{number}.test" for number in range(500)]


def gateway(variant: str) -> None:
    """The loop, in the gateway: says `ready`, and at SIGTERM what it cost."""
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    if variant == "conntrack":
        nft.apply(CONNTRACK)
        print("ready", flush=True)
        idle(running)
        nft.apply("delete table inet tracking\n")
        print(json.dumps({"packets": 0, "cpu": 0, "python": 0}), flush=True)
        return
    settings, found = Settings(), kernel.probe()
    text = ruleset([], settings, shift=0.0, native_queue=found.native_queue, generation="benchmark")
    kernel.install(found, text, settings, POLICY if variant == "classified" else None)
    queue = Queue(settings.queue, marks=Marks(settings.mark_mask), fail_open=True) if variant != "alone" else None
    print("ready", flush=True)
    count = LOOPS[variant](queue, running) if queue is not None else idle(running)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (used.ru_utime + used.ru_stime) / max(count, 1) * 1e6
    print(json.dumps({"packets": count, "cpu": cpu, "python": used.ru_utime / max(count, 1) * 1e6}), flush=True)
    kernel.uninstall()


def idle(running: list[bool]) -> int:
    while running:
        time.sleep(0.1)
    return 0


def plain(queue: Queue, running: list[bool]) -> int:
    link, buffer, number = queue._socket, bytearray(1 << 17), struct.Struct(">I")
    count = 0
    while running:
        if not select.select([link], [], [], 0.1)[0]:
            continue
        while True:
            try:
                link.recv_into(buffer, 0, socket.MSG_DONTWAIT)
            except OSError:
                break
            link.send(verdict(queue.number, number.unpack_from(buffer, 24)[0], Fate.ACCEPT))
            count += 1
    return count


def batched(queue: Queue, running: list[bool]) -> int:
    count = 0
    while running:
        if select.select([queue], [], [], 0.1)[0]:
            for packet in queue.receive():
                queue.verdict(packet, Fate.ACCEPT)
                count += 1
            queue.flush()
    return count


def passing(queue: Queue, running: list[bool]) -> int:
    """Marks the flow at its first packet with payload."""
    count = 0
    while running:
        if select.select([queue], [], [], 0.1)[0]:
            for packet in queue.receive():
                queue.verdict(packet, Fate.ACCEPT, PASS if packet.length > 100 else None)
                count += 1
            queue.flush()
    return count


LOOPS: dict[str, Callable[[Queue, list[bool]], int]] = {
    "plain": plain,
    "queue": batched,
    "classified": batched,
    "passed": passing,
}


def dns(hosts: Hosts, seconds: float) -> float:
    told = hosts.client.must(
        "dnsperf", "-s", RESOLVER[0], "-d", f"{SPOOL}/questions", "-l", str(seconds), "-c", "4", "-q", "100"
    )
    found = re.search(r"Queries per second:\s+([\d.]+)", told)
    assert found
    return float(found[1])


def bulk(hosts: Hosts, seconds: float) -> float:
    server = hosts.internet.start("iperf3", "-s", "-1", "-p", "5201", output="iperf3.log")
    until(lambda: ":5201 " in hosts.internet.run("ss", "-Hltn").stdout, "iperf3", hosts.internet, "iperf3.log")
    told = json.loads(hosts.client.must("iperf3", "-c", RESOLVER[0], "-t", f"{seconds:.0f}", "-J"))
    server.wait(10)
    return float(told["end"]["sum_received"]["bits_per_second"]) / 1e9


RUNS: dict[str, tuple[Callable[[Hosts, float], float], str, str]] = {
    "dns conntrack": (dns, "conntrack", "q/s"),
    "dns plain": (dns, "plain", "q/s"),
    "dns queue": (dns, "queue", "q/s"),
    "dns classified": (dns, "classified", "q/s"),
    "bulk conntrack": (bulk, "conntrack", "Gbit/s"),
    "bulk alone": (bulk, "alone", "Gbit/s"),
    "bulk passed": (bulk, "passed", "Gbit/s"),
}


def _says_ready(log: Path) -> bool:
    return "ready" in log.read_text()


def measure(hosts: Hosts, name: str, pairs: int, seconds: float) -> None:
    run, variant, unit = RUNS[name]
    without, with_, cpu = [], [], []
    for _ in range(pairs):
        without.append(run(hosts, seconds))
        loop = hosts.gateway.start(
            sys.executable, str(Path(__file__).resolve()), "--gateway", variant, output="loop.log"
        )
        log = hosts.gateway.file("loop.log")
        until(partial(_says_ready, log), "the loop", hosts.gateway, "loop.log")
        with_.append(run(hosts, seconds))
        loop.terminate()
        loop.wait(10)
        cpu.append(json.loads(log.read_text().splitlines()[-1]))
    ratios = [b / a for a, b in zip(without, with_, strict=True)]
    line = f"{name:15} {statistics.median(without):10,.1f} {statistics.median(with_):10,.1f} {unit:7}"
    line += f" ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    if max(one["packets"] for one in cpu) > 1000:
        whole, python = (statistics.median(one[key] for one in cpu) for key in ("cpu", "python"))
        line += f"  {whole:.1f} us of CPU a packet, {python:.1f} of them outside the kernel"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--gateway", choices=["alone", "conntrack", *LOOPS], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.gateway:
        gateway(asked.gateway)
        return
    with Hosts() as hosts:
        hosts.internet.file("unbound.conf").write_text(UNBOUND)
        hosts.client.file("questions").write_text("".join(f"n{number}.example A\n" for number in range(NAMES)))
        hosts.internet.start("unbound", "-d", "-c", f"{SPOOL}/unbound.conf", output="unbound.log")
        until(lambda: ":53 " in hosts.internet.run("ss", "-Hlun").stdout, "unbound", hosts.internet, "unbound.log")
        for name in asked.only:
            measure(hosts, name, asked.pairs, asked.seconds)


if __name__ == "__main__":
    main()
