"""What the classifier in the kernel costs for each packet, and for how many names.

    .venv/bin/python benchmarks/classifier.py [--names N ...]

Needs root. Times of the program are the kernel's own word (BPF_PROG_TEST_RUN): of a question the mean of many runs, of
a SYN and a hello the least of single ones, since each changes what is remembered; of a server's packet that is noted,
and a client's that may settle its connection, the mean again. Made: our CPU time. In vain: the share of other names
that are judged.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser_hellos import browser_hello
from classifier_fixtures import Connection

from enforcer.edge import bpf
from enforcer.edge.classifier import Classifier
from enforcer.edge.openings import Openings
from enforcer.plan.endings import ending_pages

RUNS, MANY = 200, 100_000
OTHERS = 5000


def question(name: str) -> bytes:
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    dns = bytes.fromhex("000001000001000000000000") + labels + bytes.fromhex("0000010001")
    udp = bytes.fromhex("d4310035") + (8 + len(dns)).to_bytes(2, "big") + b"\0\0" + dns
    return b"\x45\0" + (20 + len(udp)).to_bytes(2, "big") + bytes.fromhex("0000000040110000c0000201c0000202") + udp


def least(once: Callable[[], tuple[bool, int]]) -> int:
    return min(nanoseconds for _, nanoseconds in (once() for _ in range(RUNS)))


def hello(classifier: Classifier, data: bytes) -> tuple[bool, int]:
    connection = Connection()
    classifier.judges(connection.syn(1))
    return classifier.judges(connection.segment(2, data))


def behind(classifier: Classifier, data: bytes) -> tuple[int, int]:
    """Of a connection between its hello and what follows: a packet of its server's, and a bare one of its client's."""
    connection = Connection()
    server = connection.server()
    classifier.judges(connection.syn(1))
    classifier.notes(server.segment(1, flags=0x12, ack=2))
    classifier.judges(connection.segment(2, data))
    assert classifier.answers is not None
    assert classifier.settled is not None
    noted = bpf.run(classifier.answers, server.segment(2, b"x", ack=2 + len(data)), MANY)[1]
    return noted, bpf.run(classifier.settled, connection.segment(2 + len(data)), MANY)[1]


def measure(count: int, openings: Openings) -> None:
    begun = time.process_time()
    pages = ending_pages(f"vendor{number}.test" for number in range(count))
    made, loading = time.process_time(), time.perf_counter()
    assert pages is not None
    data = browser_hello("chrome", "www.free.test")
    with Classifier(pages, openings) as classifier:
        loaded = time.perf_counter()
        dns = classifier.judges(question("www.free.test"), MANY)[1]
        syn = least(lambda: classifier.judges(Connection().syn(1)))
        tls = least(lambda: hello(classifier, data))
        noted, bare = behind(classifier, data)
        vain = sum(classifier.judges(question(f"other{number}.test"))[0] for number in range(OTHERS)) / OTHERS
    print(
        f"{count:9,} {made - begun:7.2f} s {loaded - loading:7.3f} s {len(pages) * 8 / 2**20:7.2f} MiB"
        f" {dns:6} ns {syn:6} ns {tls:6} ns {noted:4} ns {bare:4} ns {100 * vain:6.2f} %",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--names", nargs="+", type=int, default=[10, 1_000, 100_000, 1_000_000])
    sizes = parser.parse_args().names
    openings = Openings(time.monotonic)
    print("    names    made    loaded        held  question       SYN     hello    noted    bare  in vain")
    for count in sizes:
        measure(count, openings)
    openings.close()


if __name__ == "__main__":
    main()
