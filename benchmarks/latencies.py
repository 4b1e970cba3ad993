"""What it costs to count how long decisions take: two looks at the clock and one number for each batch of packets.

    .venv/bin/python benchmarks/latencies.py [--turns N]

A question and a look-up's answer are judged by the shipped policies again and again, in batches of one packet, which is
the dearest case; beside each turn the counting is done alone. What kernel and queue take for a packet (15 us and
more, benchmarks/queueing.py) is not in it. The median of the turns is printed with the least and the greatest.
"""

import argparse
import statistics
import time
from pathlib import Path

import dns.message
from scapy.layers.inet import IP, UDP

from enforcer.edge.policy_source import read_source
from enforcer.edge.pulse import Latencies
from enforcer.model.instants import parse_instant
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.stamp import Arrival, Stamp

PACKETS = 2_000
AT = parse_instant("2024-10-01T12:00:00Z")
CLIENT, SERVER = "10.1.0.2", "192.0.2.53"


def packets(name: str) -> list[bytes]:
    question = dns.message.make_query(name, "A")
    answer = dns.message.make_response(question)
    sent = IP(src=CLIENT, dst=SERVER) / UDP(sport=5000, dport=53) / question.to_wire()
    back = IP(src=SERVER, dst=CLIENT) / UDP(sport=53, dport=5000) / answer.to_wire()
    return [bytes(sent), bytes(back)]


def judging(inspector: Inspector, batch: list[bytes]) -> float:
    """Seconds of CPU for a packet."""
    arrival, judge = Arrival(), inspector.packet
    begun = time.process_time()
    for _ in range(PACKETS):
        for packet in batch:
            judge(packet, AT, arrival)
    return (time.process_time() - begun) / PACKETS / len(batch)


def counting() -> float:
    """The same for a batch of one."""
    took, clock = Latencies(), time.monotonic
    begun = time.process_time()
    for _ in range(PACKETS):
        read = clock()
        took.add(clock() - read, 1)
    return (time.process_time() - begun) / PACKETS


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=15)
    asked = parser.parse_args()
    policy = read_source(Path(__file__).parents[1] / "policies", None).load(looking=True)
    inspector = Inspector(policy, Stamp(gateway="bench", mode="inline", simulated=True), {})
    for name in ("www.example.org", "dnl-03.geo.kaspersky.com"):
        batch = packets(name)
        judging(inspector, batch)
        pairs = [(judging(inspector, batch), counting()) for _ in range(asked.turns)]
        shares = sorted(counted / judged for judged, counted in pairs)
        judged, counted = (1e6 * statistics.median(one) for one in zip(*pairs, strict=True))
        share, least, most = (100 * one for one in (statistics.median(shares), shares[0], shares[-1]))
        print(f"{name:26} {judged:6.1f} us judged, {counted:.2f} us counted: {share:.1f} % ({least:.1f} to {most:.1f})")


if __name__ == "__main__":
    main()
