"""What a server has got, by its own word where the kernel notes it, whatever its client and conntrack say."""

import pytest
from test_first_data_answered import BLOCKED, FREE, LINE, REAL, SILENT, Client
from test_inspector import DATA, events, get, hello, syn
from test_tcp_flows import Remembered

from enforcer.model.command import Fate
from enforcer.model.marks import NAMELESS_HEARD, PASS, READING, REJECT
from enforcer.pipeline.left_behind import WINDOW
from enforcer.pipeline.openings import Opening
from enforcer.pipeline.taken import Taken

FAR = SILENT + 50_000
"""More than the server has said."""


class Noted(Client):
    """A client the acknowledgements of whose server are noted, from its SYN-ACK on. conntrack has heard nothing."""

    def __init__(self) -> None:
        super().__init__(remembered=True, server_heard=lambda _: False)
        self.takes(0)

    def takes(self, size: int) -> None:
        """Its server acknowledges so many bytes."""
        self.openings.known = Opening(0, acked=SILENT, taken=1 + size)


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("answered", [True, False])
def test_where_nobody_notes_what_a_server_has_its_client_is_believed_or_conntrack_asked(
    answered: bool, late: bool
) -> None:
    for heard in (True, False):
        taken = Taken(Remembered(), {b"": heard}.__getitem__)
        assert taken.has(b"", 7, answered=answered, late=late) == (answered and (late or heard))
        assert (taken.is_noted(b""), taken.is_known(b"", late=late)) == (False, late or heard)


@pytest.mark.parametrize(("taken", "has"), [(8, True), (7, False), (0x80000006, True), (0x80000008, False)])
def test_where_somebody_does_nothing_else_counts(taken: int, has: bool) -> None:
    openings = Remembered()
    openings.known = Opening(0, taken=taken)
    for answered in (True, False):
        assert Taken(openings, lambda _: False).has(b"", 7, answered=answered, late=False) == has
    assert Taken(openings, lambda _: False).is_known(b"")


def test_first_data_that_name_nobody_pass_when_the_server_has_them_all() -> None:
    client = Noted()
    assert client.say(LINE, ack=FAR).mark == NAMELESS_HEARD, "though the server seems to have spoken first"
    client.takes(len(LINE) - 1)
    assert client.say(b"more", len(LINE), FAR).mark == READING
    assert client.say(b"more", 2 * WINDOW, FAR).mark == READING
    client.takes(len(LINE))
    assert client.say(b"more", len(LINE) + 4).mark == PASS


def test_another_request_in_the_place_of_a_later_one_is_undecodable_until_the_server_has_that() -> None:
    for taken, mark in ((1, REJECT), (0, None)):
        client, size = Noted(), len(FREE)
        client.say(FREE)
        client.takes(size)
        client.say(FREE, size, FAR)
        client.takes(2 * size - taken)
        client.say(b"GET", 2 * size, FAR + 1)
        assert client.say(b"POST", size, FAR + 2).mark == (mark or READING)


def test_a_request_that_goes_on_is_read_whatever_the_server_has() -> None:
    client, size = Noted(), len(FREE)
    client.say(FREE)
    assert client.say(get(BLOCKED), size).mark == REJECT


@pytest.mark.parametrize("behind", [DATA, b"\x14\x03\x03\0\1\1" + DATA])
def test_behind_a_hello_a_record_decides_when_the_server_has_both(behind: bytes) -> None:
    client, free = Noted(), hello("free.test")
    client.say(free[:9])
    assert client.say(free[9:], 9).mark == READING
    assert client.say(behind, len(free), FAR).mark == READING
    client.takes(len(free) + len(behind) - 1)
    assert client.say(b"x", len(free) + len(behind), FAR).mark == READING
    client.takes(len(free) + len(behind))
    assert client.say(b"x", len(free) + len(behind) + 1).mark == PASS


def test_until_then_neither_may_be_another() -> None:
    client, free = Noted(), hello("free.test")
    client.say(free[:9])
    client.say(free[9:], 9)
    client.say(DATA, len(free), FAR)
    assert client.say(REAL).mark == REJECT, "in the place of the hello"
    client = Noted()
    client.say(free[:9])
    client.say(free[9:], 9)
    client.takes(len(free))
    client.say(DATA, len(free))
    outcome = client.say(REAL, len(free))
    [event] = events(outcome)
    assert (outcome.mark, event.how) == (REJECT, "tls"), "in the place of the record"


CCS = b"\x14\x03\x03\0\1\1"
HANDSHAKE = b"\x16\x03\x03\0\x20"


@pytest.mark.parametrize(
    ("behind", "is_same"),
    [
        (DATA, True),
        (CCS + DATA, True),
        (CCS + HANDSHAKE + b"\x14", True),
        (hello("free.test"), False),
        (hello("free.test")[:12], False),
        (CCS + CCS, False),
        (CCS + hello("free.test")[:6], False),
        (b"\x15\x03\x03\0\2\1\x5a" + HANDSHAKE, False),
        (hello(BLOCKED), False),
        (2 * b"\x16\x03\x03\0\0" + hello("free.test"), False),
    ],
)
@pytest.mark.parametrize("step", [1, 3, 500])
def test_where_the_kernel_let_pass_what_follows_nothing_else_may_stand_before_it(
    behind: bytes, is_same: bool, step: int
) -> None:
    """It read 12 bytes."""
    client, end = Noted(), len(hello("free.test"))
    client.openings.known = Opening(end, hello=True, acked=SILENT, taken=1 + end, followed=True)
    said = [client.say(behind[at : at + step], end + at) for at in range(0, len(behind), step)]
    assert any(one.mark == REJECT or one.fate is Fate.DROP for one in said) != is_same


@pytest.mark.parametrize("remembered", [True, False])
def test_a_connection_of_the_same_number_has_said_nothing_yet(remembered: bool) -> None:
    """Its client chooses that, its server another."""
    client, said = Noted() if remembered else Client(), get("s07.upd.free.test")
    for number in range(3):
        if remembered:
            client.openings.known = Opening(0, acked=SILENT, taken=1 + number * len(said))
        assert client.say(said, number * len(said), SILENT + number).mark == READING
    if remembered:
        client.openings.known = Opening(0, acked=SILENT + 5000, taken=1)
    else:
        client.inspect.packet(syn(), client.at)
    assert client.say(get(BLOCKED)).mark == REJECT


def test_nor_one_behind_a_connection_whose_syn_was_queued() -> None:
    client, said = Noted(), get("s07.upd.free.test")
    client.openings.known = Opening(0)
    client.inspect.packet(syn(), client.at)
    for number in range(3):
        client.openings.known = Opening(0, acked=SILENT, taken=1 + number * len(said))
        assert client.say(said, number * len(said)).mark == READING
    client.openings.known = Opening(0, acked=SILENT + 5000, taken=1)
    assert client.say(get(BLOCKED)).mark == REJECT
