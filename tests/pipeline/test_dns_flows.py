"""Which flow a segment belongs to, whatever was seen of its beginning."""

from enforcer.decode.tcp import ACK, SYN, TcpSegment
from enforcer.pipeline.dns_flows import DnsFlow, DnsFlows

ASKS, ANSWERS = b"client to server", b"server to client"


def segment(flags: int, seq: int, ack: int = 0, destination: int = 53) -> TcpSegment:
    return TcpSegment(53 if destination != 53 else 4000, destination, seq, ack, flags, 0, 0)


def asked(flows: DnsFlows, flags: int, seq: int) -> DnsFlow:
    return flows.of(ASKS, ANSWERS, segment(flags, seq), 0.0, 53)


def answered(flows: DnsFlows, flags: int, seq: int, ack: int = 0, port: int = 4000) -> DnsFlow:
    return flows.of(ANSWERS, ASKS, segment(flags, seq, ack, port), 0.0, 53)


def test_the_handshake_tells_the_sides_and_the_places() -> None:
    flows = DnsFlows()
    assert (asked(flows, SYN, 7).answers, asked(flows, ACK, 8).stream.next_seq) == (False, 8)
    flow = answered(flows, SYN | ACK, 70, 8)
    assert (flow.answers, flow.stream.next_seq) == (True, 71)
    assert asked(flows, SYN, 7) is asked(flows, ACK, 8)
    assert answered(flows, SYN | ACK, 70, 8) is answered(flows, ACK, 71)


def test_without_a_handshake_the_ports_tell_and_between_two_equal_ports_the_other_side() -> None:
    flows = DnsFlows()
    assert not asked(flows, ACK, 7).answers
    assert answered(flows, ACK, 70, port=53).answers
    assert answered(DnsFlows(), ACK, 70).answers


def test_the_servers_choice_between_two_syns_counts() -> None:
    flows = DnsFlows()
    asked(flows, SYN, 7)
    asked(flows, SYN, 500)
    answered(flows, SYN | ACK, 70, 8)
    assert asked(flows, ACK, 8).initial_seq == 7


def test_a_syn_within_a_connection_waits_for_the_servers() -> None:
    flows = DnsFlows()
    asked(flows, SYN, 7).began = True
    answered(flows, SYN | ACK, 70, 8).began = True
    assert asked(flows, SYN, 500).initial_seq == 7
    answered(flows, SYN | ACK, 900, 300)
    assert answered(flows, ACK, 71).initial_seq == 70
    answered(flows, SYN | ACK, 900, 501)
    assert (asked(flows, ACK, 501).initial_seq, answered(flows, ACK, 901).initial_seq) == (500, 900)


def test_what_is_lost_between_two_messages_is_only_what_could_be_compared() -> None:
    flows = DnsFlows()
    flow = asked(flows, SYN, 7)
    flow.first = None
    flow.stream.add(8, b"abcd")
    flow.stream.read(4)
    flows.heard(ASKS, flow, 0.0)
    flows.lose(flow, "why")
    assert (flow.lost, flow.stream.next_seq, flows.size) == ("", 12, 0)
    flow.stream.add(12, b"ab")
    flows.heard(ASKS, flow, 0.0)
    flows.lose(flow, "why")
    assert (flow.lost, flows.size) == ("why", 0)
