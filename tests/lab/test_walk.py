"""The story, played with the real daemon, and everything that can be known of it held together:

what the client saw, what passed on the internet's side, what rsyslog read, what the record says.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from scapy.layers.dns import DNS
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet
from scapy.utils import PcapReader

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, SITE, STORE
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.outcome import Result
from enforcer.lab.servers import Servers
from enforcer.lab.story import RESET_OF_CHROME, Step, Trace, scenes
from enforcer.lab.walk import Walk

pytestmark = pytest.mark.lab

BLOCKED_NAMES = (zone.UPDATE, zone.DOWNLOAD, zone.REPUTATION)
SCENES = ["before", "between", "after", "boundary"]


@dataclass(frozen=True)
class Told:
    """The whole story, told once."""

    results: dict[str, list[Result]]
    after: list[Packet]
    """What passed on the internet's side in the scene `after`."""
    capture: str
    log: list[dict[str, Any]]
    rules: tuple[str, str]
    """The gateway's ruleset before the first and after the last daemon."""
    gateway: Host


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        rules = hosts.gateway.must("nft", "list", "ruleset")
        walk = Walk(hosts, servers, "statutory")
        results, capture = {}, ""
        for scene in scenes("statutory"):
            servers.stop_capture()
            servers.start_capture(f"{scene.name}.pcap")
            results[scene.name] = list(walk.scene(scene))
            if scene.name == "after":
                capture = servers.stop_capture()
                servers.start_capture("rest.pcap")
        with PcapReader(str(hosts.internet.file("after.pcap"))) as reader:
            after = list(reader)
        left = hosts.gateway.must("nft", "list", "ruleset")
        yield Told(results, after, capture, servers.log(), (rules, left), hosts.gateway)


@pytest.mark.parametrize("scene", SCENES)
def test_each_step_is_as_expected(told: Told, scene: str) -> None:
    results = told.results[scene]
    assert [result.step for result in results] == steps(scene)
    assert {result.step.what: (result.got, result.faults) for result in results if result.faults} == {}
    assert [result.step.what for result in results if result.skipped] == []


def steps(name: str) -> list[Step]:
    scene = next(scene for scene in scenes("statutory") if scene.name == name)
    return [*scene.downloads, *scene.steps]


def test_the_capture_is_whole(told: Told) -> None:
    assert re.fullmatch(r"captured [1-9]\d+ dropped 0", told.capture)


def test_no_question_for_a_blocked_name_left(told: Told) -> None:
    asked = {
        packet[DNS].qd[0].qname.decode().rstrip(".").lower()
        for packet in told.after
        if DNS in packet and packet[DNS].qr == 0
    }
    assert {zone.RESEARCH, zone.LOOK_ALIKE, zone.UNRELATED_LIKE, zone.OTHER, zone.ALIAS} <= asked
    assert not asked & set(BLOCKED_NAMES)


def test_no_byte_that_completes_a_blocked_name_left(told: Told) -> None:
    """Only Chrome's first segment, which holds no more than half the name, may have been seen by a blocked server."""
    blocked = {zone.address(name, family) for name in BLOCKED_NAMES for family in (4, 6)}
    seen = {flow: data for flow, data in to_servers(told.after).items() if flow[1] in blocked}
    assert len(seen) >= 6, "each client of the story opened a connection"
    chrome = next(result for result in told.results["after"] if result.step.sees == RESET_OF_CHROME)
    assert chrome.got == "reset"
    not_empty = [data for data in seen.values() if data]
    assert len(not_empty) == 1
    for data in not_empty:
        assert not any(name.encode() in data for name in BLOCKED_NAMES)


def test_what_passes_arrives_whole(told: Told) -> None:
    """The same reading finds the names of what may pass: else the test above would prove nothing."""
    passed = b"".join(to_servers(told.after).values())
    for name in (zone.RESEARCH, zone.LOOK_ALIKE, zone.UNRELATED_LIKE, zone.OTHER):
        assert name.encode() in passed


def to_servers(packets: list[Packet]) -> dict[tuple[int, str, int], bytes]:
    """The bytes that clients sent, by client port, server address and port."""
    flows: dict[tuple[int, str, int], bytes] = {}
    for packet in packets:
        if TCP in packet and packet[TCP].dport in (80, 443):
            network = packet[IP] if IP in packet else packet[IPv6]
            flow = (packet[TCP].sport, network.dst, packet[TCP].dport)
            flows[flow] = flows.get(flow, b"") + bytes(packet[TCP].payload)
    return flows


def test_rsyslog_read_each_alert_with_its_data(told: Told) -> None:
    alerts = [entry for entry in told.log if entry["msgid"] == "decision"]
    of_steps = [trace for results in told.results.values() for result in results for trace in result.traces]
    due = Counter(trace for trace in of_steps if trace.verdict in ("flag", "block"))
    read: Counter[Trace] = Counter()
    for entry in alerts:
        (data,) = entry["data"].values()
        read[Trace(verdict=data["verdict"], how=data["how"], name=data["name"], action=data["action"])] += 1
        assert entry["facility"] == "local4"
        assert entry["severity"] == ("warning" if data["verdict"] == "block" else "notice")
        assert (entry["app"], entry["host"]) == ("enforcer", "lab-gateway")
        assert entry["timestamp"].startswith("2024-")
        assert (data["vendor"], data["simulated"]) == ("kaspersky", "true")
        assert data["ban"] == "us-commerce-kaspersky-2024"
        assert data["client"] in ("10.77.1.2", "fd77:1::2")
    assert read == due


def test_the_audit_counts_what_the_lab_did(told: Told) -> None:
    audit = told.gateway.must(*ENFORCER, "audit", "--simulated", "--config", SITE, "--store", STORE, "--json")
    happened = json.loads(audit)["happened"]
    counted: Counter[tuple[str, str]] = Counter()
    for row in happened["rows"]:
        counted[row["verdict"], row["action"]] += row["count"]
    did = Counter(
        (trace.verdict, trace.action) for results in told.results.values() for r in results for trace in r.traces
    )
    assert counted == did
    assert happened["occurrences"] == did.total()
    assert happened["service"] == {"start": 4, "stop": 4, "phase": 1}


def test_stopping_restores_the_machine(told: Told) -> None:
    before, after = told.rules
    assert after == before


@pytest.mark.parametrize("scene", ["between"])
def test_the_protective_profile_blocks_the_store(scene: str) -> None:
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        play = next(one for one in scenes("protective") if one.name == scene)
        results = list(Walk(hosts, servers, "protective").scene(play))
    assert {result.step.what: (result.got, result.faults) for result in results if result.faults} == {}
    assert any("NXDOMAIN" in result.got for result in results)
