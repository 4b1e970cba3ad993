"""client - gateway - router - server: what has few hops ends behind the gateway and before the server.

The router is the internet host, the server a fourth one behind it.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import counter

from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import until

V4, V6 = "203.0.113.2", "2001:db8:200::2"
BOTH = pytest.mark.parametrize("to", [V4, V6])
_CABLE = """link add far type veth peer name eth0 netns {pid}
addr add 203.0.113.1/24 dev far
addr add 2001:db8:200::1/64 dev far
link set far up
"""
_LEAF = """link set lo up
link set eth0 up
addr add 203.0.113.2/24 dev eth0
addr add 2001:db8:200::2/64 dev eth0
route add default via 203.0.113.1
route add default via 2001:db8:200::1
"""
_FORWARDING = "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"


class Served:
    """The lab, with a server of the test's own."""

    def __init__(self, hosts: Hosts, server: Host) -> None:
        self.hosts, self.server = hosts, server

    def serve(self, script: str, listeners: int = 1) -> None:
        """Starts a server in Python, each of whose listeners says that it is ready."""
        log = self.server.file("server.log")
        self.server.start(sys.executable, "-c", script, output=log.name)
        until(lambda: log.read_text().count("ready") == listeners, "the server", self.server, log.name)

    def read(self) -> list[str]:
        """What the server has read, by line."""
        return [line for line in self.server.file("server.log").read_text().split("\n")[:-1] if line != "ready"]

    def ask(self, program: Path, orders: object) -> Any:
        """What a program on the client says of its orders."""
        done = self.hosts.client.run(sys.executable, str(program), json.dumps(orders))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def counter(self, name: str, table: str = "enforcer") -> int:
        return counter(self.hosts.gateway, name, table)


class Routed(Served):
    """The four hosts."""

    def __init__(self, hosts: Hosts) -> None:
        super().__init__(hosts, hosts._beside("server"))
        hosts.internet.must("ip", "-batch", "-", text=_CABLE.format(pid=self.server.pid))
        self.server.must("ip", "-batch", "-", text=_LEAF)
        hosts.internet.must("sh", "-ec", _FORWARDING)
