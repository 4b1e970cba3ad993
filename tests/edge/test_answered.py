"""What the kernel says of a connection whose server sends a SYN-ACK: tests/lab/test_beginnings.py has real ones."""

import subprocess

import pytest
from namespace_fixtures import apart
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet

from enforcer.edge.answered import Answered

pytestmark = pytest.mark.kernel
V4, V6 = IP(src="10.9.9.2", dst="10.9.9.1"), IPv6(src="fd09::2", dst="fd09::1")
SYN_ACK = TCP(sport=443, dport=40000, flags="SA")


def asked(ip: Packet, state: str) -> bool:
    """Where conntrack has a flow from our client to that server in this state; none if it is empty."""
    ends = f"-s {ip.dst} -d {ip.src} --sport 40000 --dport 443"

    def work() -> bool:
        if state:
            line = f"conntrack -I -p tcp {ends} --timeout 60 --state {state}"
            subprocess.run(line.split(), check=True, capture_output=True)
        answered = Answered()
        try:
            return answered(bytes(ip / SYN_ACK))
        finally:
            answered.close()

    return apart(work)


@pytest.mark.parametrize("ip", [V4, V6])
def test_only_what_is_in_its_handshake_is_answered(ip: Packet) -> None:
    assert asked(ip, "SYN_RECV")
    for state in ("ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE"):
        assert not asked(ip, state)


@pytest.mark.parametrize("ip", [V4, V6])
def test_where_nothing_is_known_by_its_addresses_the_answer_counts(ip: Packet) -> None:
    assert asked(ip, "")


def test_so_it_does_where_the_kernel_cannot_be_asked() -> None:
    answered = Answered()
    assert answered(bytes(V4 / UDP()))
    answered.close()
    assert answered(bytes(V4 / SYN_ACK)), "it has failed, and begins anew"
    answered.close()
