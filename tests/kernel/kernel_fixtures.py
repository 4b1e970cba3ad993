"""What the kernel tests do in their three hosts."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enforcer.lab.hosts import Host, Hosts

Step = list[Any]
HERE = Path(__file__).parent
SLOWER = float(os.environ.get("TESTS_SLOWER", "1"))
"""How much longer than here all may take: tests/vm/ is emulated."""
PATIENT, SHORT = 10.0, 1.0
"""Seconds for an answer that comes, on however busy a machine, and for one that does not come."""
SELDOM = "rto_min 2s"
"""Seconds after which data is sent a second time: tests count packets, and a busy judge is slow."""
NATIVE_QUEUE = "TESTS_NATIVE_QUEUE" in os.environ
"""The ruleset queues by itself where a test asks for no classifier; only a kernel with nft's queue can do it."""


def until(true: Callable[[], object], what: str, patience: float = 20) -> None:
    end = time.monotonic() + patience * SLOWER
    while not true():
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.02)


@dataclass
class Judged:
    """A running gateway program."""

    program: subprocess.Popen[bytes]
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def seen(self) -> list[dict[str, Any]]:
        """The packets that were queued."""
        return [line for line in self.lines() if "hook" in line]

    def tcp_data(self) -> list[dict[str, Any]]:
        return [packet for packet in self.seen() if packet.get("size")]

    def stop(self) -> dict[str, Any]:
        self.program.terminate()
        self.program.wait(20 * SLOWER)
        return self.lines()[-1]


@dataclass
class Talk:
    """A client program that is running."""

    program: subprocess.Popen[bytes]
    log: Path


class Bench:
    """The hosts, and what a test does in them."""

    def __init__(self, hosts: Hosts) -> None:
        self.client, self.gateway, self.internet = hosts.client, hosts.gateway, hosts.internet
        self._count = 0
        begun = time.monotonic()
        self.internet.start(sys.executable, str(HERE / "internet_program.py"), output="internet.log")
        until(lambda: self.received(), "the internet host")
        self._took = time.monotonic() - begun
        for host, link, net in ((self.client, "eth0", 1), (self.gateway, "wan", 2)):
            host.must("ip", "-batch", "-", text=_patient_routes(link, net))

    def received(self, **wanted: object) -> list[dict[str, Any]]:
        """What the internet host got, of that kind."""
        lines = self.internet.file("internet.log").read_text().splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.endswith("\n")]
        return [line for line in told if wanted.items() <= line.items()]

    def got_by_server(self, word: str) -> list[dict[str, Any]]:
        return [line for line in self.received() if word in line.get("data", "")]

    @contextmanager
    def judging(self, **orders: Any) -> Iterator[Judged]:
        """The rules in force and a judge behind them (`listen=False`: none)."""
        self._count += 1
        begun = time.monotonic()
        if NATIVE_QUEUE and "names" not in orders:
            orders["native"] = True
        name = f"gateway-{self._count}.log"
        program = self.gateway.start(sys.executable, str(HERE / "gateway_program.py"), json.dumps(orders), output=name)
        judged = Judged(program, self.gateway.file(name))
        try:
            # A whole line: its end may be written a moment after it.
            until(lambda: program.poll() is not None or any("ready" in line for line in judged.lines()), "the gateway")
            assert program.poll() is None, judged.log.read_text()
            self._took = max(self._took, time.monotonic() - begun)
            yield judged
        finally:
            program.terminate()
            program.wait(20 * SLOWER)

    def soon(self) -> float:
        """A second of the kernel's clock until when rules can stand, and connections run, however busy the machine."""
        return time.time() // 1 + 4 + 2 * math.ceil(self._took)  # noqa: TID251 (the kernel's clock)

    def talk(self, host: Host, *steps: Step, to: str = "10.77.2.2", port: int = 8080, **more: Any) -> dict[str, Any]:
        done = host.run(*self.talking(*steps, to=to, port=port, **more), timeout=40 * SLOWER)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result

    def talking(self, *steps: Step, to: str = "10.77.2.2", port: int = 8080, **more: Any) -> list[str]:
        orders = {"to": [to, port], "steps": steps, "patience": PATIENT * SLOWER, **more}
        return [sys.executable, str(HERE / "client_program.py"), json.dumps(orders)]

    def start_talk(self, host: Host, *steps: Step, to: str = "10.77.2.2", **more: Any) -> Talk:
        self._count += 1
        output = f"talk-{self._count}.log"
        program = host.start(*self.talking(*steps, to=to, **more), output=output)
        return Talk(program, host.file(output))

    def end_talk(self, talk: Talk) -> dict[str, Any]:
        """What came of it. One that waits goes on now."""
        talk.program.send_signal(signal.SIGUSR1)
        talk.program.wait(10)
        result: dict[str, Any] = json.loads(talk.log.read_text().splitlines()[-1])
        return result

    def counter(self, name: str) -> int:
        """Packets of a named counter of ours."""
        told = json.loads(self.nft("-j", "list", "counter", "inet", "enforcer", name))
        return int(told["nftables"][1]["counter"]["packets"])

    def dig(self, host: Host, name: str, *, server: str = "10.77.2.2", patience: float = PATIENT) -> str:
        """The status of one question, or "" without an answer."""
        wait = f"+time={patience * SLOWER:.0f}"
        told = host.run("dig", "+tries=1", wait, f"@{server}", name, "A", timeout=3 * PATIENT * SLOWER).stdout
        return next((line.split("status: ")[1].split(",")[0] for line in told.splitlines() if "status: " in line), "")

    def nft(self, *arguments: str, text: str = "") -> str:
        return self.gateway.must("nft", *arguments, text=text)

    def flows(self, port: int) -> list[str]:
        """The gateway's conntrack entries that name this port."""
        table = self.gateway.must("cat", "/proc/net/nf_conntrack")
        return [line for line in table.splitlines() if f"port={port} " in line]


def _patient_routes(link: str, net: int) -> str:
    """The host's routes by `link`, with SELDOM."""
    return (  # the client's way on is 10.77.1.1, the gateway's 10.77.2.2
        f"route replace default via 10.77.{net}.{net} {SELDOM}\nroute replace default via fd77:{net}::{net} {SELDOM}\n"
        f"route replace 10.77.{net}.0/24 dev {link} proto kernel scope link {SELDOM}\n"
        f"route replace fd77:{net}::/64 dev {link} proto kernel metric 256 {SELDOM}\n"
    )


@contextmanager
def running() -> Iterator[Bench]:
    """The three hosts for one file of tests; the rules and programs in them are each test's own."""
    with Hosts() as hosts:
        yield Bench(hosts)
