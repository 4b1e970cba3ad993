"""Link headers, against scapy that made them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirror_fixtures import CLIENT_MAC, LINKS, framed, network, udp
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP
from scapy.layers.l2 import Dot1Q, Ether

from enforcer.decode.frame import MAX_LABELS, MAX_TAGS, decode_frame
from enforcer.model.errors import DecodeError

ETHER = Ether(src=CLIENT_MAC, dst="02:00:5e:10:00:01")


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", LINKS)
def test_the_packet_is_found_behind_every_link_header(link: str, version: int) -> None:
    packet = udp(version, 40000, 53, b"what")
    frame = framed(packet, link)
    found = decode_frame(frame)
    assert frame[found.start :] == bytes(packet)
    assert found.source.hex(":") == CLIENT_MAC


def test_tags_and_labels_are_bounded() -> None:
    tagged, labelled = ETHER, ETHER
    for _ in range(MAX_TAGS):
        tagged = tagged / Dot1Q(vlan=1)
    assert decode_frame(bytes(tagged / network(4))).start == 14 + 4 * MAX_TAGS
    with pytest.raises(DecodeError, match="carries no IP"):
        decode_frame(bytes(tagged / Dot1Q(vlan=1) / network(4)))
    for _ in range(MAX_LABELS - 1):
        labelled = labelled / MPLS(s=0)
    assert decode_frame(bytes(labelled / MPLS(s=1) / network(4))).start == 14 + 4 * MAX_LABELS
    with pytest.raises(DecodeError, match="MPLS labels"):
        decode_frame(bytes(labelled / MPLS(s=0) / MPLS(s=1) / network(4)))


@pytest.mark.parametrize("link", LINKS)
def test_a_frame_that_is_cut_short_is_refused(link: str) -> None:
    frame = framed(network(4), link)
    start = decode_frame(frame).start
    for size in range(start + 1):
        with pytest.raises(DecodeError):
            decode_frame(frame[:size])
    assert decode_frame(frame[: start + 1]).start == start


@pytest.mark.parametrize("kind", [0x0806, 0x88CC, 0x0000, 0xFFFF])
def test_what_is_no_ip_is_refused(kind: int) -> None:
    with pytest.raises(DecodeError, match="carries no IP"):
        decode_frame(bytes(Ether(type=kind)) + bytes(IP()))


@given(st.binary(max_size=80))
def test_any_bytes_give_a_place_inside_or_the_documented_error(frame: bytes) -> None:
    try:
        found = decode_frame(frame)
    except DecodeError as fault:
        assert 0 <= fault.at <= len(frame) + 24
    else:
        assert 14 <= found.start < len(frame)
