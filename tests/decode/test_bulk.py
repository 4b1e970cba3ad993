"""Only what names nobody is bulk: held against scapy's reading of the same frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from enforcer.decode.bulk import NOTHING, is_bulk

SHOWS = frozenset((b"HTTP", b"KLZF"))
ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def bulk(packet: Packet, pad: int = 0, shows: frozenset[bytes] = NOTHING) -> bool:
    frame = bytes(packet) + bytes(pad)
    return is_bulk(b"before" + frame + b"behind", 6, len(frame), shows)


@pytest.mark.parametrize("ip", [IP(), IPv6()])
def test_bare_acknowledgements_and_what_servers_send(ip: Packet) -> None:
    options = [("Timestamp", (1, 2)), ("NOP", None), ("NOP", None)]
    assert bulk(ETHER / ip / TCP(sport=40000, dport=443, flags="A"))
    assert bulk(ETHER / ip / TCP(sport=40000, dport=443, flags="A", options=options), pad=6)
    assert bulk(ETHER / ip / TCP(sport=443, dport=40000, flags="PA") / Raw(b"x" * 1000))


@pytest.mark.parametrize("ip", [IP(), IPv6()])
@pytest.mark.parametrize(
    "segment",
    [
        TCP(sport=40000, dport=443, flags="S"),
        TCP(sport=443, dport=40000, flags="SA"),
        TCP(sport=40000, dport=443, flags="PA") / Raw(b"x"),
        TCP(sport=40000, dport=8443, flags="PA") / Raw(b"x"),
        TCP(sport=53, dport=40000, flags="PA") / Raw(b"x"),
        TCP(sport=443, dport=853, flags="PA") / Raw(b"x"),
        UDP(sport=40000, dport=53) / Raw(b"x"),
        UDP(sport=443, dport=40000) / Raw(b"x"),
    ],
)
def test_what_may_carry_a_name_is_not(ip: Packet, segment: Packet) -> None:
    assert not bulk(ETHER / ip / segment)


@pytest.mark.parametrize(
    "layers",
    [
        Dot1Q(vlan=7) / IP() / TCP(sport=443, flags="A"),
        IP(flags="MF") / TCP(sport=443, dport=40000, flags="A"),
        IP(frag=3) / TCP(sport=443, dport=40000, flags="A"),
        IPv6() / IPv6ExtHdrHopByHop() / TCP(sport=443, dport=40000, flags="A"),
        Raw(b"x" * 60),
    ],
)
def test_other_shapes_are_looked_at(layers: Packet) -> None:
    assert not bulk(ETHER / layers)


@given(
    st.builds(
        lambda ip, source, destination, flags, data: (
            ETHER / ip / TCP(sport=source, dport=destination, flags=flags) / data
        ),
        st.sampled_from([IP(), IPv6()]),
        st.sampled_from([1, 53, 443, 1023, 1024, 40000, 65535]),
        st.sampled_from([1, 53, 443, 1023, 1024, 40000, 65535]),
        st.integers(0, 0xFF),
        st.binary(max_size=20).map(Raw),
    )
)
def test_it_is_what_it_says(frame: Packet) -> None:
    read = Ether(bytes(frame))[TCP]
    from_server = read.sport < 1024 <= read.dport and read.sport != 53
    assert bulk(frame) == (not read.flags.S and (not bytes(read.payload) or from_server))


@given(st.binary(max_size=200), st.integers(0, 50), st.sampled_from([NOTHING, SHOWS]))
def test_any_bytes(data: bytes, at: int, shows: frozenset[bytes]) -> None:
    if at <= len(data):
        is_bulk(data, at, len(data) - at, shows)


@pytest.mark.parametrize("ip", [IP(), IPv6()])
@pytest.mark.parametrize("options", [[], [("Timestamp", (1, 2)), ("NOP", None), ("NOP", None)]])
def test_what_a_server_sends_that_begins_as_the_caller_says_is_not(
    ip: Packet, options: list[tuple[str, object]]
) -> None:
    def shown(source: int, payload: bytes) -> bool:
        head = TCP(sport=source, dport=40000, flags="A", options=options)
        return not bulk(ETHER / ip / head / Raw(payload), shows=SHOWS)

    told = {payload for payload in (b"HTTP/1.1", b"KLZF", b"KLZ", b"HTTQ", b"x KLZF") if shown(80, payload)}
    assert told == {b"HTTP/1.1", b"KLZF"}
    assert shown(53, b"x")
    assert not bulk(ETHER / ip / TCP(sport=40000, dport=80, flags="PA") / Raw(b"x"), shows=SHOWS)
    assert bulk(ETHER / ip / TCP(sport=80, dport=40000, flags="A"), shows=SHOWS)
