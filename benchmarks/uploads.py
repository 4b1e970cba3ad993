"""What reading on costs a large upload over plain HTTP: with `http = "every"`, with `http = "first"`, and without us.

    .venv/bin/python benchmarks/uploads.py [--pairs N] [--megabytes M]

One request with a body of M megabytes by curl, through the gateway, to a server that reads and forgets. The three stand
beside one another in each pair; the ratios are to the run without the enforcer.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import Servers, until

AFTER = "2024-10-01T12:00:00Z"
ADDRESS = zone.address(zone.OTHER)
PORT = 8099


def serve() -> None:
    """Reads requests with a length, one a connection, and answers when all is there."""
    import socket

    with socket.create_server((ADDRESS, PORT)) as listener:
        print("serving", flush=True)
        while True:
            link, _ = listener.accept()
            with link:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += link.recv(65_536)
                fields, _, body = head.partition(b"\r\n\r\n")
                length = next(
                    int(line[15:]) for line in fields.split(b"\r\n") if line.lower().startswith(b"content-length:")
                )
                left = length - len(body)
                while left > 0:
                    left -= len(link.recv(1 << 20))
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def upload(hosts: Hosts) -> float:
    """Megabytes a second."""
    command = ("curl", "-sS", "-o", "/dev/null", "-H", "Expect:", "-w", "%{speed_upload}", "-T", f"{SPOOL}/body")
    return float(hosts.client.must(*command, f"http://{ADDRESS}:{PORT}/")) / 1e6


def measured(hosts: Hosts, variant: str) -> float:
    if variant == "without":
        return upload(hosts)
    daemon = Daemon(hosts.gateway, at=AFTER, datapath=f'http = "{variant}"')
    daemon.start()
    try:
        return upload(hosts)
    finally:
        daemon.stop()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--megabytes", type=int, default=200)
    arguments.add_argument("--serve", action="store_true")
    chosen = arguments.parse_args()
    if chosen.serve:
        serve()
    runs: dict[str, list[float]] = {"without": [], "first": [], "every": []}
    with Hosts() as hosts:
        Servers(hosts).start()
        internet = hosts.internet
        internet.start(sys.executable, str(Path(__file__).resolve()), "--serve", output="sink.log")
        until(lambda: "serving" in internet.file("sink.log").read_text(), "the server", internet, "sink.log")
        with hosts.client.file("body").open("wb") as body:
            body.truncate(chosen.megabytes * 1_000_000)
        for _ in range(chosen.pairs):
            for variant, figures in runs.items():
                figures.append(measured(hosts, variant))
    print(f"load {os.getloadavg()[0]:.1f}")
    for variant, figures in runs.items():
        ratios = [figure / without for figure, without in zip(figures, runs["without"], strict=True)]
        spread = f"{min(ratios):.2f} … {max(ratios):.2f}"
        print(f"{variant:8} {statistics.median(figures):7.0f} MB/s  ratio {statistics.median(ratios):.2f}  ({spread})")


if __name__ == "__main__":
    main()
