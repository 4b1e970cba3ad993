"""What a relay serves that begins like a vendor's files, by real servers to a real client through the real daemon."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from daemon_fixtures import AFTER, in_force, told, within

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import CAPTURE, Servers, until

pytestmark = pytest.mark.lab

ADDRESS, ADDRESS6 = zone.address(zone.OTHER), zone.address(zone.OTHER, 6)
WWW = f"{SPOOL}/www/bases"
FILES = {
    "base": b"KLZF" + bytes(200_000),
    "difference": b"KLD2" + b"x" * 3000,
    "gzip": b"\x1f\x8b\x08" + b"KLZF" * 1000,
    "elf": b"\x7fELF" + bytes(5000),
    "text": b"of KLZF and KLD2 it speaks later" * 100,
}


# As most gateways do: the client's address is not on the answers until that is undone.
MASQUERADE = """
table inet theirs { chain out { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }; }
"""


class Relay(NamedTuple):
    hosts: Hosts
    servers: Servers


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with Hosts() as hosts:
        servers, internet = Servers(hosts), hosts.internet
        servers.start()
        for name, content in FILES.items():
            internet.file(f"www/bases/{name}").write_bytes(content)
        hosts.gateway.must("nft", "-f", "-", text=MASQUERADE)
        internet.start(sys.executable, "-m", "http.server", "8060", "-b", "::", "-d", WWW, output="python.log")
        until(lambda: ":8060 " in internet.run("ss", "-Hltn").stdout, "http.server", internet, "python.log")
        yield Relay(hosts, servers)


@pytest.fixture(scope="module")
def hosts(relay: Relay) -> Hosts:
    return relay.hosts


@pytest.fixture(scope="module", params=["", 'mode = "tap"\ninterfaces = ["lan"]'], ids=["inline", "tap"])
def daemon(hosts: Hosts, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    with in_force(Daemon(hosts.gateway, at=AFTER, datapath=request.param)) as daemon:
        yield daemon


def curl(hosts: Hosts, *urls: str) -> None:
    """Downloads each on a connection of its own."""
    for url in urls:
        done = hosts.client.run("curl", "-sS", "-m", "30", "-o", "/dev/null", "-w", "%{http_code}", url)
        assert (done.stdout, done.stderr) == ("200", "")


def found(daemon: Daemon, server: str, port: int) -> list[dict[str, Any]]:
    ours = {"way": "update-payload", "server": server, "server_port": port}
    return [event for event in told(daemon, "finding") if ours.items() <= event.items()]


def urls(address: str, port: int) -> list[str]:
    """Of all files; what is to be found last."""
    host = f"[{address}]" if ":" in address else address
    base = f"http://{host}:{port}{'/bases' if port == 80 else ''}"
    return [f"{base}/{name}" for name in reversed(FILES)]


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("port", [80, 8060], ids=["nginx", "http.server"])
def test_a_relay_under_paths_of_no_shape(hosts: Hosts, daemon: Daemon, address: str, port: int) -> None:
    """What begins like a vendor's files is told and served; nothing else is told, whatever stands further on in it."""
    curl(hosts, *urls(address, port))
    assert within(30, lambda: any(event["pattern"] == "KLZF" for event in found(daemon, address, port)))
    events = found(daemon, address, port)
    # A busy machine sends the first segment again now and then, which is told again.
    assert len({event["client_port"] for event in events}) == 2
    assert {event["pattern"] for event in events} == {"KLZF", "KLD2"}
    [alike] = {(one["vendor"], one["service"], one["verdict"], one["action"], one["how"]) for one in events}
    assert alike == ("kaspersky", "update", "flag", "passed", "http")
    assert {event["client"] for event in events} == {"fd77:1::2" if ":" in address else "10.77.1.2"}
    assert all(event["mac"] for event in events)


def test_a_capture_of_it_is_judged_alike(relay: Relay, tmp_path: Path) -> None:
    places = [(address, port) for address in (ADDRESS, ADDRESS6) for port in (80, 8060)]
    for place in places:
        curl(relay.hosts, *urls(*place))
    assert relay.servers.stop_capture().endswith("dropped 0")
    capture = tmp_path / "relay.pcap"
    capture.write_bytes(relay.hosts.internet.file(CAPTURE).read_bytes())
    command = (sys.executable, "-P", "-m", "enforcer", "audit", "replay", "--events", str(capture))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    found = {(event["server"], event["server_port"], event["pattern"]) for event in events if "way" in event}
    assert found == {(*place, pattern) for place in places for pattern in ("KLZF", "KLD2")}
