"""A capture of real clients, replayed by us and read by tshark: the same names, of the same connections."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from acme_fixtures import ban, head, phase
from acme_fixtures import hosts as rows
from quic_server_fixtures import AIOQUIC, serve_aioquic

from enforcer.lab import chrome, zone
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import CAPTURE, Servers

pytestmark = pytest.mark.lab

CHROME = (sys.executable, "-W", "ignore", "-P", "-m", chrome.MODULE)
NAMES = (*zone.LAST_OCTET, *zone.ALIASES)
VENDOR = head("lab", "Everybody in the lab") + rows("website", NAMES, evidence="strong")
BAN = ban(
    "lab",
    phase("full", "2024-01-01T00:00:00Z", 'otherwise = "flag", undecodable = "flag"', summary="in force"),
    title="Tells of everybody",
    vendor="lab",
)
FIELDS = ("udp.srcport", "tcp.srcport", "dns.qry.name", "tls.handshake.extensions_server_name", "http.host")
Named = tuple[str, int, str]
"""How, the client's port, and the name."""


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What real clients said to real servers, as it went over the wire."""
    with Hosts() as hosts:
        servers, internet = Servers(hosts), hosts.internet
        servers.start()
        address = zone.address(zone.OTHER)
        serve_aioquic(hosts, address)
        for command in said(address):
            hosts.client.run(*command)
        assert servers.stop_capture().endswith("dropped 0")
        path = tmp_path_factory.mktemp("oracle") / "all.pcap"
        path.write_bytes(internet.file(CAPTURE).read_bytes())
        yield path


def said(address: str) -> Iterator[tuple[str, ...]]:
    for name in NAMES:
        yield ("dig", "+tries=1", "+time=10", name)
    for name in (zone.UPDATE, zone.ALIAS, zone.OTHER):
        yield ("dig", "+tries=1", "+time=10", "+tcp", name, "AAAA")
        yield ("curl", "-s", "-m", "20", "-o", "/dev/null", f"http://{name}/", f"http://{name}/again")
        yield ("curl", "-s", "-m", "20", "-k", "-o", "/dev/null", f"https://{name}/")
        yield ("sh", "-c", f"echo | timeout 5 openssl s_client -connect {address}:443 -servername {name}")
        yield (*AIOQUIC, "ask", name, address)
        yield (*CHROME, name, address)


def by_tshark(capture: Path) -> set[Named]:
    """Of questions, hellos and requests: what goes to the servers."""
    shown = [option for field in FIELDS for option in ("-e", field)]
    only = "(dns.flags.response == 0) || (tls.handshake.type == 1) || http.request"
    command = ["tshark", "-r", str(capture), "-Y", only, "-T", "fields", *shown]
    found: set[Named] = set()
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        udp, tcp, asked, server, host = line.split("\t")
        port = int(udp or tcp)
        found |= {("dns", port, name.lower()) for name in asked.split(",") if name}
        found |= {("quic" if udp else "tls", port, name) for name in server.split(",") if name}
        found |= {("http", port, name) for name in host.split(",") if name}
    return found


def by_us(capture: Path, folder: Path) -> set[Named]:
    for name, text in (("vendors/lab.toml", VENDOR), ("us/lab.toml", BAN)):
        path = folder / "policies" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    site = folder / "site.toml"
    site.write_text("")
    options = ("--events", "--policies", str(folder / "policies"), "--config", str(site))
    command = (sys.executable, "-P", "-m", "enforcer", "audit", "replay", *options, str(capture))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["verdict"] for event in events} == {"flag"}
    assert [event for event in events if "undecodable" in event] == []
    return {(event["how"], event["client_port"], event["name"]) for event in events}


def test_the_names_are_those_that_tshark_reads(capture: Path, tmp_path: Path) -> None:
    read, seen = by_tshark(capture), by_us(capture, tmp_path)
    assert {how for how, _, _ in read} == {"dns", "tls", "quic", "http"}
    assert seen == read
    assert {name for how, _, name in seen if how == "dns"} == set(NAMES)
