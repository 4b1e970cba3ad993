"""Which packets the classifier looks into at all. Its parts have tests of their own beside this one."""

from collections.abc import Iterator

import pytest
from classifier_fixtures import Connection, classifying, hello, remembering, server_name
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.packet import Raw

from enforcer.edge.classifier import Classifier

pytestmark = pytest.mark.kernel

FREE = hello(server_name(b"www.free.test"))


@pytest.fixture(scope="module")
def classifier() -> Iterator[Classifier]:
    with remembering() as openings, classifying(openings=openings) as loaded:
        yield loaded


def test_without_a_memory_all_tcp_is_judged() -> None:
    with classifying() as classifier:
        connection = Connection()
        assert classifier.judges(connection.syn(1))[0]
        assert classifier.judges(connection.segment(2, FREE))[0]


def test_options_of_ipv4_are_stepped_over(classifier: Classifier) -> None:
    ip = IP(src="10.0.0.1", dst="10.0.0.2", options=b"\1\1\1\1")
    assert not classifier.judges(bytes(ip / TCP(sport=1, dport=443, seq=1, flags="S")))[0]
    assert not classifier.judges(bytes(ip / TCP(sport=1, dport=443, seq=2, flags="PA") / Raw(FREE)))[0]


def test_what_is_no_plain_tcp_is_judged(classifier: Classifier) -> None:
    def syn_and_data(ip: object) -> list[bytes]:
        return [
            bytes(ip / TCP(sport=2, dport=443, seq=1, flags="S")),
            bytes(ip / TCP(sport=2, dport=443, seq=2, flags="PA") / Raw(FREE)),
        ]

    for ip in (
        IPv6() / IPv6ExtHdrDestOpt(),
        IP(flags="MF"),
        IP(frag=1),
        IP(len=60),
        IP(proto=132),
        IPv6(plen=10),
        IPv6(nh=132),
    ):
        assert [classifier.judges(packet)[0] for packet in syn_and_data(ip)] == [True, True]


def test_a_header_that_does_not_fit_is_judged(classifier: Classifier) -> None:
    packet = bytearray(Connection().syn(1))
    for words in (4, 6):
        packet[32] = words << 4
        assert classifier.judges(bytes(packet))[0]
    assert classifier.judges(bytes(packet[:39]))[0]
    assert classifier.judges(b"\x44" + Connection().syn(1)[1:])[0]
