"""What it costs to look at how downloads begin: a plain HTTP download that is read on, and bulk that passes.

    .venv/bin/python benchmarks/downloads.py [--seconds N]

Each is one stream through the gateway, in slices by turns with and without, in an order that turns, as in
benchmarks/slices.py. Without: at the head of the chain of answers stands the rule that is first where no bodies are
looked for, `tcp sport != 53 accept`. It comes and goes in the middle of the stream; all else stays.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from slices import SLICE, WARMING, Sliced, asleep_meanwhile, rate, streaming

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import Servers, until

AFTER = "2024-10-01T12:00:00Z"
PORT = 8061
ADDRESS = zone.address(zone.OTHER)
CHAIN = ("inet", "enforcer", "classify_forward")
SERVER = f"""
import socket
with socket.create_server(("{ADDRESS}", {PORT})) as listener:
    print("serving", flush=True)
    link, _ = listener.accept()
    link.recv(65536)
    link.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 999999999999\\r\\n\\r\\n")
    while True:
        link.sendall(bytes(1 << 20))
"""


@contextmanager
def downloading(hosts: Hosts, seconds: float) -> Iterator[None]:
    """A download that would go on for longer."""
    most = f"{2 * seconds + 20:.0f}"
    client = hosts.client.start(
        "curl", "-sS", "-m", most, "-o", "/dev/null", f"http://{ADDRESS}:{PORT}/", output="down.log"
    )
    try:
        time.sleep(WARMING)
        yield
        assert client.poll() is None, hosts.client.file("down.log").read_text()
    finally:
        client.kill()
        client.wait()


def sliced(
    hosts: Hosts,
    daemon: Daemon,
    seconds: float,
    link: str,
    stream: Callable[[Hosts, float], AbstractContextManager[None]],
) -> Sliced:
    pairs = max(int(seconds / SLICE / 2), 3)
    without, with_it = [], []
    with stream(hosts, WARMING + 2 * pairs * SLICE), asleep_meanwhile(hosts.gateway, daemon, []):
        for number in range(pairs):
            for looks in (False, True) if number % 2 else (True, False):
                if looks:
                    with_it.append(rate(daemon.process.pid, link))
                else:
                    with let_by(hosts.gateway):
                        without.append(rate(daemon.process.pid, link))
    return Sliced(without, with_it)


@contextmanager
def let_by(gateway: Host) -> Iterator[None]:
    gateway.must("nft", "insert", "rule", *CHAIN, "tcp sport != 53 accept")
    listed = json.loads(gateway.must("nft", "-j", "-a", "list", "chain", *CHAIN))["nftables"]
    handle = next(item["rule"]["handle"] for item in listed if "rule" in item)
    try:
        yield
    finally:
        gateway.must("nft", "delete", "rule", *CHAIN, "handle", str(handle))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="for each of the two")
    options = parser.parse_args()
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        servers.stop_capture()  # of gigabits it would fill the spool
        hosts.internet.start(sys.executable, "-c", SERVER, output="server.log")
        until(
            lambda: "serving" in hosts.internet.file("server.log").read_text(), "server", hosts.internet, "server.log"
        )
        daemon = Daemon(hosts.gateway, at=AFTER)
        daemon.start()
        for what, link, stream in (("download, read on", "lan", downloading), ("bulk that passes", "wan", streaming)):
            found = sliced(hosts, daemon, options.seconds, link, stream)
            speed, load = max(found.without), os.getloadavg()[0]
            print(
                f"{what}: {found.ratio:.4f} ± {found.error:.4f} (up to {speed:.1f} Gbit/s, load {load:.1f})", flush=True
            )
        daemon.stop()


if __name__ == "__main__":
    main()
