"""Both directions of a flow, by their headers alone."""

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.packet import Packet

from enforcer.decode.ip import decode_ip
from enforcer.model.observation import How, Observation
from enforcer.pipeline.sighted import backward, flow_key, forward, turned_key

SEEN = Observation(how=How.DNS)
FOUR, SIX = (IP, "10.1.0.7", "192.0.2.53"), (IPv6, "fd00:1::7", "2001:db8::53")


@pytest.mark.parametrize(("layer", "client", "server"), [FOUR, SIX])
@pytest.mark.parametrize(("transport", "word"), [(TCP, "tcp"), (UDP, "udp")])
def test_the_client_stands_first_whichever_way_a_packet_goes(
    layer: type[Packet], client: str, server: str, transport: type[Packet], word: str
) -> None:
    there = bytes(layer(src=client, dst=server) / transport(sport=4000, dport=53))
    back = bytes(layer(src=server, dst=client) / transport(sport=53, dport=4000))
    asks = forward(decode_ip(there), there, SEEN, 5.0, "02:00:00:00:00:01", "lan")
    answers = backward(decode_ip(back), back, SEEN, 6.0)
    for one in (asks, answers):
        assert (str(one.client.address), one.client_port, str(one.server), one.server_port, one.protocol) == (
            *(client, 4000, server, 53),
            word,
        )
    assert (asks.client.mac, asks.client.interface, asks.at) == ("02:00:00:00:00:01", "lan", 5.0)
    assert (answers.client.mac, answers.client.interface, answers.at) == (None, None, 6.0)


def test_each_direction_knows_the_key_of_the_other() -> None:
    there = bytes(IPv6(src="fd00::1", dst="fd00::2") / IPv6ExtHdrDestOpt() / TCP(sport=4000, dport=53))
    back = bytes(IPv6(src="fd00::2", dst="fd00::1") / TCP(sport=53, dport=4000))
    assert flow_key(decode_ip(there), there) == turned_key(decode_ip(back), back)
    assert flow_key(decode_ip(back), back) == turned_key(decode_ip(there), there)
    assert flow_key(decode_ip(there), there) != flow_key(decode_ip(back), back)
