"""What the kernel says of a connection whose server sends a SYN-ACK: tests/lab/test_beginnings.py has real ones."""

import subprocess
from ipaddress import ip_address

import pytest
from namespace_fixtures import apart
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet

from enforcer.edge.answered import Answered
from enforcer.plan import conntrack_messages

pytestmark = pytest.mark.kernel
V4, V6 = IP(src="10.9.9.2", dst="10.9.9.1"), IPv6(src="fd09::2", dst="fd09::1")
SYN_ACK = TCP(sport=443, dport=40000, flags="SA")


def asked(ip: Packet, state: str, server: str = "") -> bytes | None:
    """Where conntrack has a flow from our client to that server in this state; none if it is empty.

    `server`: as the client names it.
    """
    reply = f"--reply-src {ip.src} --reply-dst {ip.dst} --reply-port-src 443 --reply-port-dst 40000"
    ends = f"-s {ip.dst} -d {server or ip.src} --sport 40000 --dport 443 {reply}"

    def work() -> bytes | None:
        if state:
            line = f"conntrack -I -p tcp {ends} --timeout 60 --state {state}"
            subprocess.run(line.split(), check=True, capture_output=True)
        answered = Answered()
        try:
            return answered(bytes(ip / SYN_ACK))
        finally:
            answered.close()

    return apart(work)


def key(*addresses: str) -> bytes:
    ports = (number.to_bytes(2, "big") for number in (40000, 443))
    return b"".join((*(ip_address(one).packed for one in addresses), *ports))


@pytest.mark.parametrize("ip", [V4, V6])
def test_only_what_is_in_its_handshake_is_answered(ip: Packet) -> None:
    assert asked(ip, "SYN_RECV") == key(ip.dst, ip.src)
    for state in ("ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE"):
        assert asked(ip, state) is None


@pytest.mark.parametrize(("ip", "server"), [(V4, "192.0.2.1"), (V6, "2001:db8::1")])
def test_what_was_translated_is_known_as_the_client_names_it(ip: Packet, server: str) -> None:
    assert asked(ip, "SYN_RECV", server) == key(ip.dst, server)
    assert asked(ip, "CLOSE_WAIT", server) is None


@pytest.mark.parametrize("ip", [V4, V6])
def test_what_is_not_known_by_its_addresses_is_not_answered(ip: Packet) -> None:
    assert asked(ip, "") is None


@pytest.mark.parametrize("ip", [V4, V6])
def test_a_server_is_heard_of_a_flow_that_has_seen_it(ip: Packet, monkeypatch: pytest.MonkeyPatch) -> None:
    # The program conntrack makes no other flows than such as it would take up in their midst.
    monkeypatch.setattr(conntrack_messages, "_LENIENT", bytes((0, 8)))

    def heard(status: str) -> bool:
        answered = Answered()
        try:
            if status == "SEEN_REPLY":
                answered.take_up(key(ip.dst, ip.src))
            elif status:
                line = f"conntrack -I -p tcp -s {ip.dst} -d {ip.src} --sport 40000 --dport 443 --timeout 60"
                line += f" --state ESTABLISHED --status {status}"
                subprocess.run(line.split(), check=True, capture_output=True)
            return answered.heard(key(ip.dst, ip.src))
        finally:
            answered.close()

    assert apart(lambda: heard("SEEN_REPLY"))
    assert not apart(lambda: heard("UNSET"))
    assert not apart(lambda: heard("")), "it begins with the packet that waits"


@pytest.mark.parametrize("ip", [V4, V6])
def test_a_flow_that_is_taken_up_has_its_client_for_originator(ip: Packet) -> None:
    flow, ends = key(ip.dst, ip.src), (ip.dst, ip.src, "40000", "443")

    def known() -> list[str]:
        family = "ipv4" if ip is V4 else "ipv6"
        done = subprocess.run(["conntrack", "-L", "-f", family], check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    def taken_up(*there: str) -> list[str]:
        answered = Answered()
        if there:
            source, destination, port, other = there
            line = f"conntrack -I -p tcp -s {source} -d {destination} --sport {port} --dport {other} --timeout 60"
            subprocess.run(f"{line} --mark 5 --state ESTABLISHED".split(), check=True, capture_output=True)
        try:
            answered.take_up(flow)
            assert not answered.heard(flow), "what its client may acknowledge is not known"
        finally:
            answered.close()
        return known()

    turned = (ends[1], ends[0], ends[3], ends[2])
    for there in ((), turned):
        [one] = apart(lambda there=there: taken_up(*there))  # type: ignore[misc]
        assert f"ESTABLISHED src={ip.dst} dst={ip.src} sport=40000 dport=443" in one
        assert "[ASSURED] mark=0" in one


def test_where_the_kernel_cannot_be_asked_the_answer_counts() -> None:
    answered = Answered()
    answered.close()
    assert answered(bytes(V4 / SYN_ACK)) == b"", "it has failed, and begins anew"
    assert apart(lambda: Answered()(bytes(V4 / SYN_ACK))) is None
    answered.close()
    assert answered.heard(key(V4.dst, V4.src))
    answered.close()
