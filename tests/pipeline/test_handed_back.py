"""Hellos in pieces of connections that the kernel looks after: kept until it has decided them."""

from test_tcp_flows import KEY, Kernel
from test_unanswered import FREE, INITIAL, OTHER, PIECE, SILENT, Client

from enforcer.pipeline.handed_back import ASKED, UNANSWERED
from enforcer.pipeline.openings import Opening
from enforcer.pipeline.tcp_flows import TcpFlows


def handed_back() -> tuple[Kernel, Client]:
    memory = Kernel()
    client = Client(TcpFlows(memory))
    memory.known = Opening(INITIAL, acked=SILENT)
    client.say(0, FREE[:PIECE])
    client.say(PIECE, FREE[PIECE:])
    client.hand_back()
    assert len(client.flows) == 0
    assert memory.known.in_pieces
    return memory, client


def test_other_bytes_where_a_part_of_a_hello_was_are_undecodable() -> None:
    for data, readable in ((FREE, True), (OTHER, False)):
        _, client = handed_back()
        assert (client.say(PIECE, data[PIECE:]) is None) == readable


def test_what_was_handed_back_is_kept_until_it_is_decided() -> None:
    memory, client = handed_back()
    for at in (ASKED + 1, 2 * ASKED + 2, UNANSWERED - 1):
        client.flows.expire(at)
        assert len(client.flows.handed) == 1
    memory.forget(KEY)
    client.flows.expire(UNANSWERED)
    assert len(client.flows.handed) == 1
    client.flows.expire(UNANSWERED + ASKED)
    assert len(client.flows.handed) == client.flows.handed.size == 0
    _, client = handed_back()
    client.flows.expire(UNANSWERED)
    assert len(client.flows.handed) == 0, "its server has given up"


def test_a_clock_that_is_set_makes_it_neither_older_nor_younger() -> None:
    for by in (3600.0, -3600.0):
        _, client = handed_back()
        client.flows.clock_stepped(by)
        client.flows.expire(by + UNANSWERED - 1)
        assert len(client.flows.handed) == 1
        client.flows.expire(by + UNANSWERED + ASKED)
        assert len(client.flows.handed) == 0


def test_a_part_in_the_place_of_a_hello_that_is_no_longer_known_is_undecodable() -> None:
    memory, client = handed_back()
    other = TcpFlows(memory)  # after a restart
    for data, readable in ((FREE[PIECE:], False), (FREE, True)):
        place = len(FREE) - len(data)
        client = Client(other)
        memory.known = Opening(INITIAL + len(FREE) & 0xFFFFFFFF, hello=True, before=INITIAL, in_pieces=True)
        assert (client.say(place, data) is None) == readable
        other.forget(KEY)
