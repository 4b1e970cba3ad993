"""Two gateways between a client and the internet, each a host of its own, with keepalived and conntrackd.

The lab's hosts, but that the gateways have a mount and a UTS namespace each: their /run, their /etc/keepalived and
/etc/conntrackd and their host name are theirs alone. The configuration is the documentation's, as it stands.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from enforcer.edge.clock import Clock
from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, STORE, Daemon
from enforcer.lab.hosts import MADE_UP, RESOLVER, SPOOL, Host, Hosts
from enforcer.lab.servers import until

DOCS = Path(__file__).parents[1] / "docs" / "keepalived"
FIRST_PORT = 4000
"""Each stream has so many source ports for itself, so that none is used twice."""
PATIENCE = 60.0
"""Seconds for what takes two on a machine that does nothing else."""
VIRTUAL = "10.77.1.1"
FREE, BLOCKED = zone.OTHER, zone.UPDATE
FIRST, SECOND = "gw-1", "gw-2"
NUMBER = {FIRST: 11, SECOND: 12}
_BIN = f"{SPOOL}/bin"

_GATEWAY = """
mount -t tmpfs -o mode=755 gateway /run && mkdir -p /run/lab/bin /run/lock || exit
mount -t tmpfs -o mode=755 gateway /etc/keepalived && mount -t tmpfs -o mode=755 gateway /etc/conntrackd || exit
hostname {name} && echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad && ip link set lo up && echo held && exec cat
"""


class Gateway(Host):
    """A host with a name of its own."""

    def enter(self, command: Sequence[str]) -> list[str]:
        entered = super().enter(command)
        return [*entered[: (place := entered.index("--net"))], "--uts", *entered[place:]]

    def keepalived(self) -> None:
        """Starts it, by the documentation's own files; returns at once."""
        self.start(
            *("keepalived", "-n", "-l", "-D", "-f", "/etc/keepalived/keepalived.conf"),
            output=f"keepalived-{self.name}.log",
            more={"PATH": f"{_BIN}:/usr/sbin:/usr/bin:/sbin:/bin"},
        )

    def conntrackd(self) -> None:
        """Starts it; returns when it answers."""
        self.start("conntrackd", "-C", "/etc/conntrackd/conntrackd.conf", output=f"conntrackd-{self.name}.log")
        until(lambda: self.run("conntrackd", "-s").returncode == 0, "conntrackd", self, f"conntrackd-{self.name}.log")

    def has_the_addresses(self) -> bool:
        return f"{VIRTUAL}/24" in self.run("ip", "-br", "addr", "show", "lan0").stdout


class Pair(Hosts):
    """`with Pair() as pair:` client and internet on two switches, and the gateways `one` and `two` between them.

    `gateway` is the host that is the switches, where the lab's servers have their files.
    """

    def __enter__(self) -> Pair:
        super().__enter__()
        return self

    def _join(self) -> None:
        switch = self.gateway
        switch.must(
            "ip",
            "-batch",
            "-",
            text="".join(f"link add {net} type bridge mcast_snooping 0\nlink set {net} up\n" for net in ("lan", "wan")),
        )
        for host, link, net in ((self.client, "lan", 1), (self.internet, "wan", 2)):
            _plug(switch, host, f"to-{host.name}", "eth0", link)
            host.must("ip", "-batch", "-", text=_leaf(net))
        self.internet.must("ip", "-batch", "-", text="".join(f"route add local {net} dev lo\n" for net in MADE_UP))
        self.one, self.two = self._gateway(FIRST), self._gateway(SECOND)
        self.one.must("ip", "link", "add", "sync0", "type", "veth", "peer", "name", "sync0", "netns", str(self.two.pid))
        for one in self.both:
            one.must("ip", "-batch", "-", text=f"addr add 10.77.9.{NUMBER[one.name]}/24 dev sync0\nlink set sync0 up\n")

    def _end(self) -> None:
        """keepalived is asked to end: killed, it leaves the process behind that does its work."""
        asked = [program for output, program in self._started if output.startswith("keepalived-")]
        for program in asked:
            program.terminate()
        for program in asked:
            program.wait(PATIENCE)
        super()._end()

    @property
    def both(self) -> tuple[Gateway, Gateway]:
        return self.one, self.two

    def master(self) -> Gateway:
        """Who has the virtual addresses; waits until one of the two has them."""
        assert within(PATIENCE, lambda: any(one.has_the_addresses() for one in self.both)), "nobody is master"
        return next(one for one in self.both if one.has_the_addresses())

    def other(self, one: Gateway) -> Gateway:
        return self.two if one is self.one else self.one

    def _gateway(self, name: str) -> Gateway:
        unshare = ["unshare", "--mount", "--net", "--uts", "--"]
        held = self._hold(name, self.gateway.enter(unshare), _GATEWAY.format(name=name))
        made = Gateway(held.name, held.pid, held.as_user, held.started)
        number = NUMBER[name]
        for net, link in ((1, "lan"), (2, "wan")):
            _plug(self.gateway, made, f"{link}-{name}", f"{link}0", link)
            made.must(
                "ip",
                "-batch",
                "-",
                text=f"addr add 10.77.{net}.{number}/24 dev {link}0\naddr add fd77:{net}::{number}/64 dev {link}0\n",
            )
        made.must("ip", "-batch", "-", text="route add default via 10.77.2.2\nroute add default via fd77:2::2\n")
        made.must("sh", "-ec", "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
        _configure(made)
        return made


def within(seconds: float, true: Callable[[], object]) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _configure(gateway: Gateway) -> None:
    """The documentation's files where they say that they belong."""
    root = Path(f"/proc/{gateway.pid}/root")
    for file, folder in (
        ("keepalived.conf", "keepalived"),
        ("enforcer-in-force", "keepalived"),
        ("conntrackd.conf", "conntrackd"),
        ("takeover", "conntrackd"),
    ):
        text = (DOCS / file).read_text()
        if file == "conntrackd.conf" and gateway.name == SECOND:
            text = text.replace("10.77.9.11\n        IPv4_D", "10.77.9.12\n        IPv4_D").replace(
                "Address 10.77.9.12\n", "Address 10.77.9.11\n"
            )
        place = root / "etc" / folder / file
        place.write_text(text)
        place.chmod((DOCS / file).stat().st_mode & 0o777)
    program = gateway.file("bin/enforcer")
    program.write_text(f'#!/bin/sh\nexec {" ".join(ENFORCER)} "$@"\n')
    program.chmod(0o755)


def _plug(switch: Host, host: Host, port: str, link: str, bridge: str) -> None:
    switch.must(
        "ip",
        "-batch",
        "-",
        text=f"link add {port} type veth peer name {link} netns {host.pid}\nlink set {port} master {bridge} up\n",
    )
    host.must("ip", "-batch", "-", text=f"link set lo up\nlink set {link} up\n")


def _leaf(net: int) -> str:
    ways = (
        ("default via 10.77.1.1", "default via fe80::77 dev eth0")
        if net == 1
        else ("10.77.1.0/24 via 10.77.2.1", "fd77:1::/64 via fe80::77 dev eth0")
    )
    routes = "".join(f"route add {way}\n" for way in ways)
    return f"addr add 10.77.{net}.2/24 dev eth0\naddr add fd77:{net}::2/64 dev eth0\n{routes}"


class Enforcer(Daemon):
    """The daemon of one of the two, at the trial's `clock`; the site file is the same on both, word for word."""

    patience = PATIENCE
    _SITE = """
[site]
profile = "statutory"
{site}
[datapath]
fail = "{fail}"
invalid = "drop"
[output]
store = "{store}"
syslog = ""
collapse = 0
"""

    def __init__(self, gateway: Gateway, clock: TrialClock, *, fail: str = "closed") -> None:
        super().__init__(gateway, at=clock.now(), fail=fail)
        self.gateway = gateway

    def write_site(self, site: str) -> None:
        text = self._SITE.format(site=site, fail=self._fail, store=STORE)
        self._gateway.file("site.toml").write_text(text)


class TrialClock:
    """One clock for daemons that are started one after the other."""

    def __init__(self, begins: str) -> None:
        self._shift = datetime.fromisoformat(begins).timestamp() - Clock().now()

    def now(self) -> str:
        return datetime.fromtimestamp(Clock().now() + self._shift, UTC).isoformat()


class Stream:
    """A client that asks for a free and a blocked host in six ways, again and again, from `with` to its end."""

    _program = str(Path(__file__).parent / "lab" / "failover_program.py")
    _made = 0

    def __init__(self, pair: Pair) -> None:
        Stream._made += 1
        self._ports = FIRST_PORT * (Stream._made + 1)
        self._client = pair.client
        self._internet = pair.internet
        self._output = f"stream-{Stream._made}.jsonl"

    def __enter__(self) -> Stream:
        places = (*RESOLVER, zone.address(FREE), zone.address(FREE, 6))
        python = (sys.executable, "-W", "ignore")
        command = (*python, self._program, str(self._ports), *places, FREE, BLOCKED)
        self._running = self._client.start(*command, output=self._output)
        self.is_served_again(0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.kill()
        self._running.wait()

    @staticmethod
    def now() -> float:
        """By the clock of its lines."""
        return Clock().now()

    def is_served_again(self, since: float) -> None:
        """Waits until the free host was reached in all six ways by requests begun after `since`."""
        assert within(PATIENCE, lambda: len(self._ways_served(since)) == 6), sorted(self._ways_served(since))

    def got(self, name: str) -> Counter[str]:
        """How often what came of the requests for `name`."""
        return Counter(line["got"] for line in self._lines() if line["name"] == name)

    def reached(self, name: str) -> int:
        """How many requests for `name` the web server had, whether its answers arrived or not."""
        return self._internet.file("nginx-access.log").read_text().count(f"/failover/{name} ")

    def _ways_served(self, since: float) -> set[tuple[str, int]]:
        lines = (line for line in self._lines() if line["got"] == "served" and line["at"] > since)
        return {(line["how"], line["family"]) for line in lines if line["name"] == FREE}

    def _lines(self) -> list[dict[str, Any]]:
        text = self._client.file(self._output).read_text()
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
