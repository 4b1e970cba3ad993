import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, CookedLinux, CookedLinuxV2, Loopback
from scapy.packet import Packet

from enforcer.decode.link import IPV4, IPV6, KNOWN, LINUX_SLL, LINUX_SLL2, LOOP, NULL, RAW, ip_start
from enforcer.model.errors import DecodeError

V4, V6 = IP(dst="192.0.2.1") / UDP(), IPv6(dst="2001:db8::1") / UDP()


@pytest.mark.parametrize(
    ("link", "record", "packet"),
    [
        (RAW, V4, V4),
        (RAW, V6, V6),
        (IPV4, V4, V4),
        (IPV6, V6, V6),
        (NULL, Loopback() / V4, V4),
        (LOOP, Loopback() / V6, V6),
        (LINUX_SLL, CookedLinux() / V4, V4),
        (LINUX_SLL, CookedLinux() / V6, V6),
        (LINUX_SLL2, CookedLinuxV2() / V4, V4),
        (LINUX_SLL2, CookedLinuxV2() / V6, V6),
    ],
)
def test_the_packet_is_found_behind_each_header(link: int, record: Packet, packet: Packet) -> None:
    assert bytes(record)[ip_start(link, bytes(record)) :] == bytes(packet)


@pytest.mark.parametrize(
    ("link", "record"), [(LINUX_SLL, CookedLinux() / ARP()), (LINUX_SLL2, CookedLinuxV2() / ARP())]
)
def test_what_is_no_ip_is_refused(link: int, record: Packet) -> None:
    with pytest.raises(DecodeError, match="no IP"):
        ip_start(link, bytes(record))


def test_what_is_cut_short_or_of_another_link_is_refused() -> None:
    for link in KNOWN:
        if ip_start_or_none(link, b"") != 0:
            assert ip_start_or_none(link, bytes(3)) is None
    assert ip_start_or_none(105, bytes(100)) is None


def ip_start_or_none(link: int, record: bytes) -> int | None:
    try:
        return ip_start(link, record)
    except DecodeError:
        return None
