"""Connections whose beginning somebody else saw."""

from classifier_fixtures import AT, Connection, hello, inspector, server_name

from enforcer.model.command import Record
from enforcer.model.marks import READING, REJECT
from enforcer.pipeline.first import PASSED
from enforcer.pipeline.openings import TWO_SYNS, UNKNOWN, NoOpenings, Opening

FREE, OURS = hello(server_name(b"www.free.test")), hello(server_name(b"www.kaspersky.com"))
DATA = b"\x17\x03\x03\0\1x"


class Told(NoOpenings):
    """Says the same of every connection, and remembers what it was told to forget, or to doubt."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.forgotten: list[bytes] = []
        self.doubted: list[bytes] = []

    def find(self, flow: bytes) -> Opening:
        del flow
        return self.opening

    def forget(self, flow: bytes) -> None:
        self.forgotten.append(flow)

    def doubt(self, flow: bytes) -> None:
        self.doubted.append(flow)


def test_a_hello_is_put_together_from_where_the_connection_began() -> None:
    connection, told = Connection(), Told(Opening(0xFFFFFFFF))
    judge = inspector(told)
    assert judge.packet(connection.segment(30, OURS[30:]), AT).mark == READING
    assert judge.packet(connection.segment(0, OURS[:30]), AT).mark == REJECT
    assert (told.forgotten, told.doubted) == ([], [connection.flow])


def test_a_connection_that_passes_is_forgotten() -> None:
    connection, told = Connection(6), Told(Opening(0))
    judge = inspector(told)
    assert judge.packet(connection.segment(1, FREE), AT).mark == READING
    assert told.forgotten == []
    assert judge.packet(connection.segment(1 + len(FREE), DATA, ack=2), AT) is PASSED
    assert (told.forgotten, told.doubted) == ([connection.flow], [])


def test_two_beginnings_are_none() -> None:
    connection = Connection()
    judge = inspector(Told(TWO_SYNS))
    [told] = judge.packet(connection.segment(1, FREE), AT).commands
    assert isinstance(told, Record)
    assert told.event.undecodable == "two SYNs with different sequence numbers"


def test_where_nobody_knows_the_first_data_seen_is_the_first() -> None:
    for openings in (None, Told(UNKNOWN)):
        connection, judge = Connection(), inspector(openings)
        assert judge.packet(connection.segment(77, FREE), AT).mark == READING
        assert judge.packet(connection.segment(77 + len(FREE), DATA, ack=2), AT) is PASSED
