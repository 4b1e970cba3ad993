"""What our tables cost the bulk of a QUIC connection, which is looked at for another hello (decision 0620).

    benchmarks/quic_bulk.py [--rounds N]       as root; 300 rounds take some four minutes

One flow of UDP, 1,200 bytes a datagram, first bit clear, in short slices: our tables asleep, awake with the mark of a
flow that passes for good (PASS), and with that of a QUIC flow that passes (HEARD), by turns; from the client to the
server, and back. A datagram crosses the gateway within the call that sends it, on the sender's account, so what is
counted is that process's CPU time: what else the machine does matters little. Printed: nanoseconds a datagram, the
median of the slices, and how many more than asleep, the median of the rounds, with its standard error. The daemon is
stopped meanwhile, and connection tracking stays in all of them, as in slices.py.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import slices

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, Host, Hosts
from enforcer.lab.servers import Servers
from enforcer.model.marks import HEARD, PASS, Marks

AFTER = "2024-10-01T12:00:00Z"
CLIENT, PORT = "10.77.1.2", 5201
DATAGRAMS = 400
"""In a slice: some five milliseconds."""
VALUES = {"asleep": PASS, "PASS": PASS, "HEARD": HEARD}


class Sender:
    """A process in one of the hosts, at one end of the flow."""

    def __init__(self, host: Host, own: str, other: str) -> None:
        command = [sys.executable, str(Path(__file__).resolve()), "--send", own, other]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(host.enter(command), stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self.cost(0)  # it is there

    def cost(self, datagrams: int) -> float:
        """Sends them; the CPU time of one in nanoseconds."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{datagrams}\n")
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


def send(own: str, other: str) -> None:
    """The process: for each line that it reads."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((own, PORT))
        link.connect((other, PORT))
        payload = b"\x40" + bytes(1199)
        for line in sys.stdin:
            begun = time.process_time_ns()
            for _ in range(int(line)):
                link.send(payload)
            print((time.process_time_ns() - begun) / max(int(line), 1), flush=True)


def mark(gateway: Host, value: int) -> None:
    """Gives the flow a mark, by a rule that is gone again when it is measured."""
    rule = f"type filter hook prerouting priority -190;\nudp dport {PORT} ct mark set {value}"
    gateway.must("nft", "-f", "-", text=f"table ip turn {{\nchain turn {{\n{rule}\n}}\n}}\n")


def measured(
    hosts: Hosts, daemon: Daemon, senders: dict[str, Sender], rounds: int
) -> dict[tuple[str, str], list[float]]:
    gateway = hosts.gateway
    tables = [line.split()[1:] for line in gateway.must("nft", "list", "tables").splitlines() if "enforcer" in line]
    found: dict[tuple[str, str], list[float]] = {(way, state): [] for way in senders for state in VALUES}
    states = list(VALUES)
    with slices.asleep_meanwhile(gateway, daemon, tables):
        for number in range(rounds):
            for state in states[number % 3 :] + states[: number % 3]:
                slices.switch(gateway, tables, awake=False)
                mark(gateway, Marks().bits(VALUES[state]))
                for sender in senders.values():
                    sender.cost(1)
                gateway.must("nft", "delete", "table", "ip", "turn")
                slices.switch(gateway, tables, awake=state != "asleep")
                for way, sender in senders.items():
                    sender.cost(DATAGRAMS // 8)  # what was just changed is read anew
                    found[way, state].append(sender.cost(DATAGRAMS))
    return found


def more(asleep: list[float], awake: list[float]) -> str:
    rests = [one - other for one, other in zip(awake, asleep, strict=True)]
    middle = statistics.median(rests)
    # Of a median, by its mean absolute deviation: a slice in which the machine did something else counts for one.
    error = 1.858 * statistics.median(abs(rest - middle) for rest in rests) / len(rests) ** 0.5
    return f"{middle:+7.0f} ± {error:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--send", nargs=2, metavar=("OWN", "OTHER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.send:
        send(*options.send)
        return
    with Hosts() as hosts:
        Servers(hosts).start()
        daemon = Daemon(hosts.gateway, at=AFTER)
        daemon.start()
        client = Sender(hosts.client, CLIENT, RESOLVER[0])
        senders = {"to the server": client, "to the client": Sender(hosts.internet, RESOLVER[0], CLIENT)}
        found = measured(hosts, daemon, senders, options.rounds)
        for (way, state), costs in found.items():
            told = f"{more(found[way, 'asleep'], costs)} than asleep" if state != "asleep" else ""
            told += f", {more(found[way, 'PASS'], costs)} than PASS" if state == "HEARD" else ""
            print(f"{way:14} {state:7}{statistics.median(costs):>8,.0f} ns a datagram {told}")
        for sender in senders.values():
            sender.end()
        daemon.stop()


if __name__ == "__main__":
    main()
