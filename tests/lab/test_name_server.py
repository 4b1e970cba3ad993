"""The name servers of a lab: each listens where it is told, with lines of its own, beside others on the same host."""

import pytest

from enforcer.lab import name_server
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

STATIC = 'local-zone: "." static'
FORWARD = """
forward-zone:
  name: "who.example"
  forward-addr: 127.0.0.1
"""


def ready(host: Host, name: str) -> None:
    until(lambda: name_server.serves(host, name), name, host, f"{name}.log")


def test_two_on_one_host_and_one_asks_the_other() -> None:
    with Hosts() as hosts:
        host = hosts.gateway
        told = (STATIC, 'local-data: "who.example. A 192.0.2.7"')
        name_server.start(host, "first", ["127.0.0.1"], server=told)
        name_server.start(host, "second", ["::1"], server=("do-not-query-localhost: no",), zone=FORWARD)
        for name in ("first", "second"):
            ready(host, name)
        for server in ("127.0.0.1", "::1"):
            assert host.run("dig", "+short", f"@{server}", "who.example").stdout == "192.0.2.7\n"


def test_one_that_cannot_be_says_why() -> None:
    with Hosts() as hosts:
        program = name_server.start(hosts.gateway, "odd", ["127.0.0.1"], server=("no-such-key: 1",))
        assert program.wait(30) != 0
        assert not name_server.serves(hosts.gateway, "odd")
        assert "no-such-key" in hosts.gateway.file("odd.log").read_text()
