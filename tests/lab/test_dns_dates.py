"""DNS over a date, on both transports, and answers that come in fragments."""

import json
import math
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import just_before_date

from enforcer.lab import zone
from enforcer.lab.hosts import RESOLVER, Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

LEFT = 8.0
"""Seconds before the date in which a connection begins, and both transports are asked."""
BIG = "198.51.100.201", "2001:db8:100::c9"
CLIENT_PROGRAM, SERVER_PROGRAM = (
    (sys.executable, "-W", "ignore", str(Path(__file__).with_name(name)))
    for name in ("dns_tcp_program.py", "dns_big_program.py")
)


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    internet = hosts.internet
    internet.must("sh", "-c", "echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind")
    internet.start(*SERVER_PROGRAM, *BIG, output="big.log")
    until(lambda: internet.file("big.log").read_text().count("serving") == 2, "big answers", internet, "big.log")
    return hosts


@pytest.fixture(scope="module")
def begun(hosts: Hosts) -> Iterator[float]:
    """The daemon runs; when its date comes, by our own clock of waiting."""
    daemon, boundary = just_before_date(hosts, LEFT)
    yield boundary
    assert daemon.stop() == 0


def ttl(said: str) -> int:
    found = re.search(rf"^{re.escape(zone.UPDATE)}\.\s+(\d+)\s+IN\s+A\s", said, re.MULTILINE)
    assert found, said
    return int(found[1])


def test_a_connection_over_the_date_and_what_caches_may_keep(hosts: Hosts, begun: float) -> None:
    orders = {
        "server": RESOLVER[0],
        "names": [zone.UPDATE, zone.UPDATE],
        "wait": True,
        "at": [begun - LEFT / 2, begun + 0.5],
        "patience": 20,
    }
    kept = hosts.client.start(*CLIENT_PROGRAM, json.dumps(orders), output="kept.log")
    for transport in ("+tcp", "+notcp"):
        left = math.ceil(begun - time.monotonic())
        said = hosts.client.run("dig", transport, "+tries=1", "+time=5", f"@{RESOLVER[0]}", zone.UPDATE).stdout
        assert 1 <= ttl(said) <= left
        free = hosts.client.run("dig", transport, "+noall", "+answer", f"@{RESOLVER[0]}", zone.OTHER).stdout
        assert free.split()[1] == "300"
    time.sleep(max(begun + 0.5 - time.monotonic(), 0))
    for transport in ("+tcp", "+notcp"):
        said = hosts.client.run("dig", transport, "+tries=1", "+time=5", f"@{RESOLVER[0]}", zone.UPDATE).stdout
        assert "status: NXDOMAIN" in said
    kept.wait(40)
    first, second, end = (json.loads(line) for line in hosts.client.file("kept.log").read_text().splitlines())
    assert (first["rcode"], second["rcode"], end["end"]) == ("NOERROR", "NXDOMAIN", "open")
    assert 1 <= first["ttls"][0] <= math.ceil(LEFT / 2)


def fragments(host: Host) -> int:
    """Made so far, IPv4 and IPv6."""
    four = [line.split() for line in host.must("cat", "/proc/net/snmp").splitlines() if line.startswith("Ip:")]
    six = dict(line.split() for line in host.must("cat", "/proc/net/snmp6").splitlines())
    return int(dict(zip(*four, strict=True))["FragCreates"]) + int(six["Ip6FragCreates"])


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("server", BIG)
def test_a_link_in_the_last_fragment_of_an_answer_is_judged(hosts: Hosts, server: str, begun: float) -> None:
    time.sleep(max(begun + 0.5 - time.monotonic(), 0))

    def dig(name: str) -> str:
        more = ("+bufsize=4096", "+ignore", "+tries=1", "+time=5")
        return hosts.client.run("dig", *more, f"@{server}", name).stdout

    before = fragments(hosts.internet)
    free = dig("free.big.test")
    assert free.count("192.0.2.") == 200
    assert fragments(hosts.internet) - before >= 3
    blocked = dig("blocked.big.test")
    assert "status: NXDOMAIN" in blocked
    assert "EDE: 15" in blocked
    assert "192.0.2." not in blocked
    assert fragments(hosts.internet) - before >= 6
