"""A capture made of scapy's packets, and one of real first flights, judged at the packets' own times."""

import io
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw
from scapy.utils import PcapNgWriter, PcapWriter

from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.event import Event
from enforcer.model.settings import REPLAY
from enforcer.pipeline.recorded import Recorded
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

NAME = "s07.upd.kaspersky.com"
REQUEST = b"GET /index/u1313g.xml HTTP/1.1\r\nHost: dnl-03.geo.kaspersky.com\r\n\r\n"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(read_policies(shipped_policies()), '[site]\nbans = ["us-commerce-kaspersky-2024"]\n')


def question(ip: Packet, name: str = NAME) -> Packet:
    return ip / UDP(sport=33000, dport=53) / DNS(rd=1, qd=DNSQR(qname=name))


def flight(port: int) -> list[Packet]:
    ip = IP(src="10.1.0.2", dst="192.0.2.1")
    return [
        ip / TCP(sport=port, dport=80, flags="S", seq=99),
        ip / TCP(sport=port, dport=80, flags="PA", seq=100) / Raw(REQUEST[:30]),
        ip / TCP(sport=port, dport=80, flags="PA", seq=130) / Raw(REQUEST[30:]),
        IP(src="192.0.2.1", dst="10.1.0.2") / TCP(sport=80, dport=port, flags="PA", seq=1) / Raw(b"x" * 900),
    ]


def at(packet: Packet, when: float) -> Packet:
    packet.time = when
    return packet


def replay(path: Path, policy: Policy, *, simulated: bool = False) -> tuple[list[Event], Recorded]:
    stamp = Stamp(gateway="gw", mode=REPLAY, simulated=simulated)
    recorded = Recorded(policy, stamp, io.BytesIO(path.read_bytes()).read)
    return [event for _, events in recorded.packets() for event in events], recorded


@pytest.fixture(params=["pcap", "pcapng"])
def capture(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"a.{request.param}"


def write(path: Path, packets: list[Packet]) -> Path:
    with (PcapWriter if path.suffix == ".pcap" else PcapNgWriter)(str(path)) as writer:
        writer.write(packets)
    return path


def test_each_packet_is_judged_at_its_own_time(capture: Path, policy: Policy) -> None:
    v4, v6 = IP(src="10.1.0.2", dst="9.9.9.9"), IPv6(src="fd00::2", dst="fd00::53")
    packets = [
        at(Ether() / question(v4), CUT_OFF - 60),
        at(Ether() / question(v4, "www.example.com"), CUT_OFF - 50),
        at(Ether() / Dot1Q(vlan=7) / question(v6), CUT_OFF),
        *(at(Ether() / packet, CUT_OFF + 60 + n) for n, packet in enumerate(flight(40000))),
    ]
    events, recorded = replay(write(capture, packets), policy)
    assert [(event.at, event.how, event.name, event.verdict, event.action) for event in events] == [
        (CUT_OFF - 60, "dns", NAME, "observe", "passed"),
        (CUT_OFF, "dns", NAME, "block", "seen"),
        (CUT_OFF + 62, "http", "dnl-03.geo.kaspersky.com", "block", "seen"),
    ]
    assert {(event.mode, event.simulated) for event in events} == {(REPLAY, False)}
    assert (recorded.records, recorded.unreadable) == (7, 0)


def test_or_by_a_policy_that_stands_still(tmp_path: Path, policy: Policy) -> None:
    path = write(tmp_path / "a.pcap", [at(Ether() / question(IP(src="10.1.0.2")), CUT_OFF - 1e7)])
    events, _ = replay(path, policy.standing(CUT_OFF), simulated=True)
    assert [(event.at, event.verdict, event.simulated) for event in events] == [(CUT_OFF - 1e7, "block", True)]


def test_links_without_ethernet_and_links_that_nobody_knows(tmp_path: Path, policy: Policy) -> None:
    packet = bytes(question(IP(src="10.1.0.2", dst="9.9.9.9")))
    for link, unreadable in ((101, 0), (105, 1)):
        path = tmp_path / f"{link}.pcap"
        with PcapWriter(str(path), linktype=link) as writer:
            writer.write_header(None)
            writer.write_packet(packet, sec=int(CUT_OFF), usec=0)
        events, recorded = replay(path, policy)
        assert (len(events), recorded.unreadable) == (1 - unreadable, unreadable)
