"""What passes by its first data passes when its server has answered: until then nothing else may stand in its place."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from test_inspector import AFTER, BEFORE, STAMP, events, get, hello, policy, segment, syn
from test_tcp_flows import Remembered

from enforcer.model.command import ACCEPT, Fate, Outcome
from enforcer.model.marks import FIRST_LANE, NAMELESS, NAMELESS_HEARD, PASS, READ_ON, READING, REJECT, is_read_on
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.left_behind import WINDOW
from enforcer.pipeline.openings import Opening
from enforcer.pipeline.tcp_flows import KEPT

BLOCKED = "s07.upd.acme.test"
STRICT = '[site]\nprofile = "protective"\n'
FIRST = '[datapath]\nhttp = "first"\n'
LINE, FREE, REAL = b"SSH-2.0-decoy\r\n", get("free.test"), hello(BLOCKED)
SILENT, ANSWERED = 77, 78


class Client:
    """One connection whose SYN the kernel remembers, or whose SYN is queued."""

    def __init__(
        self,
        site: str = STRICT,
        at: float = AFTER,
        *,
        remembered: bool = False,
        server_heard: Callable[[bytes], bool] | None = None,
    ) -> None:
        found, self.openings = policy(site), Remembered()
        lanes = {lane.key: number for number, lane in enumerate(found.lanes)}
        openings = self.openings if remembered else None
        self.inspect = Inspector(found, STAMP, lanes, openings, server_heard=server_heard)
        self.at = at
        if remembered:
            self.openings.known = Opening(0, acked=SILENT)
        else:
            self.inspect.packet(syn(), at)

    def say(self, data: bytes, place: int = 0, ack: int = SILENT, *, heard: bool = False) -> Outcome:
        return self.inspect.packet(segment(data, 1 + place & 0xFFFFFFFF, ack=ack), self.at, heard=heard)


@pytest.mark.parametrize(
    ("shown", "site"), [(LINE, STRICT), (b"\xff", STRICT), (bytes(300), STRICT), (FREE, FIRST + STRICT)]
)
@pytest.mark.parametrize("cut", [0, 2])
def test_other_bytes_in_the_place_of_first_data_are_undecodable(shown: bytes, site: str, cut: int) -> None:
    client = Client(site)
    assert client.say(shown).mark in (NAMELESS_HEARD, READING)
    pieces = [piece for piece in (REAL[:cut], REAL[cut:]) if piece]
    said = [client.say(piece, cut * at) for at, piece in enumerate(pieces)]
    assert REJECT in [one.mark for one in said]
    told = [event.undecodable for one in said for event in events(one)]
    assert told[0].startswith("ambiguous")


@pytest.mark.parametrize(("shown", "mark", "site"), [(LINE, NAMELESS_HEARD, STRICT), (FREE, READING, FIRST)])
def test_an_honest_client_repeats_itself_and_passes_with_its_next_data(shown: bytes, mark: int, site: str) -> None:
    client = Client(site)
    assert client.say(shown).mark == mark
    for start, end in ((0, None), (3, 9), (5, None)):
        assert client.say(shown[start:end], start) == Outcome(Fate.ACCEPT, mark=READING)
    assert client.say(b"more", len(shown)) == Outcome(Fate.ACCEPT, mark=READING)
    assert client.say(b"more", len(shown) + 4, ANSWERED) == Outcome(Fate.ACCEPT, mark=PASS)
    assert len(client.inspect.flows) == client.inspect.flows.kept.size == 0


def test_a_vendors_request_is_recorded_once_and_has_its_lane_at_once() -> None:
    client = Client(FIRST, BEFORE)
    first = client.say(get(BLOCKED))
    assert first.mark is not None
    lane = READ_ON - first.mark
    assert (policy().lanes[lane].key, [event.name for event in events(first)]) == ("acme/update@", [BLOCKED])
    assert client.say(get(BLOCKED)) == Outcome(Fate.ACCEPT, mark=first.mark)
    assert client.say(b"more", len(get(BLOCKED)), ANSWERED) == Outcome(Fate.ACCEPT, mark=FIRST_LANE + lane)


def test_where_the_server_speaks_first_the_first_data_decide() -> None:
    client = Client(remembered=True)
    assert client.say(LINE, ack=SILENT + 40) == Outcome(Fate.ACCEPT, mark=NAMELESS)
    assert len(client.inspect.flows) == 0
    for silent in (SILENT, SILENT - 1, SILENT - 60_000 & 0xFFFFFFFF):
        assert Client(remembered=True).say(LINE, ack=silent).mark == NAMELESS_HEARD


def test_where_conntrack_has_not_heard_the_server_nothing_is_answered() -> None:
    heard: list[bytes] = []
    client = Client(remembered=True, server_heard=lambda _: bool(heard))
    assert client.say(LINE, ack=SILENT + 40).mark == NAMELESS_HEARD
    assert client.say(b"more", len(LINE), SILENT + 80).mark == READING
    heard.append(b"now")
    assert client.say(b"more", len(LINE), SILENT + 80).mark == PASS


def test_an_acknowledgement_from_before_the_connection_makes_no_later_one_an_answer() -> None:
    """RFC 5961 section 5; where the kernel notes what the server began with."""
    client = Client(remembered=True)
    assert client.say(LINE, ack=SILENT - 50_000 & 0xFFFFFFFF).mark == NAMELESS_HEARD
    assert client.say(b"more", len(LINE)).mark == READING
    assert client.say(REAL).mark == REJECT


def test_who_goes_on_without_an_answer_passes_behind_what_a_server_holds() -> None:
    client, size = Client(), 1400
    client.say(bytes(size))
    marks = [client.say(bytes(size), place).mark for place in range(size, 2 * WINDOW, size)]
    assert marks.index(PASS) == -(-WINDOW // size)
    assert set(marks[: marks.index(PASS)]) == {READING}


def test_where_conntrack_knows_no_window_nobody_passes_by_that() -> None:
    """Who is let by as far ahead as it likes shows it to us alone."""
    client = Client(remembered=True, server_heard=lambda _: False)
    client.say(LINE)
    assert client.say(b"far", 2 * WINDOW).mark == READING
    assert client.say(REAL).mark == REJECT


def test_a_probe_leaves_with_the_byte_that_was_said() -> None:
    """Another one is no fault (RFC 9293 section 3.8.4), but its server may not have the first."""
    client = Client()
    client.say(b"\xff")
    outcome = client.say(REAL[:1])
    assert (outcome.fate, outcome.mark) == (Fate.ACCEPT, READING)
    assert outcome.payload is not None
    sent, seen = IP(outcome.payload), IP(segment(b"\xff"))
    assert bytes(sent) == bytes(seen)
    assert client.say(b"\xff").payload is None
    assert bytes(sent[TCP].payload) == b"\xff"


def test_so_does_one_in_the_place_of_a_hellos_last_byte() -> None:
    """Which may be its name's, as here."""
    shown, client = hello("s07.upd.acme.tesu"), Client(remembered=True)
    assert client.say(shown[:-1]).mark == client.say(shown[-1:], len(shown) - 1).mark == READING
    outcome = client.say(REAL[-1:], len(REAL) - 1)
    assert outcome.payload is not None
    assert bytes(IP(outcome.payload)[TCP].payload) == b"u"
    assert client.say(shown[-1:], len(shown) - 1).payload is None


def test_after_a_long_silence_what_comes_next_is_taken_anew() -> None:
    """A client that logs a line an hour, to a server that never answers."""
    client, place = Client(remembered=True), 0
    for _ in range(3):
        assert client.say(LINE, place, heard=bool(place)).mark == NAMELESS_HEARD
        place += len(LINE)
        assert client.say(LINE, place, heard=True).mark == READING
        place += len(LINE)
        client.at += KEPT
        client.inspect.tick(client.at)
        assert len(client.inspect.flows) == 0


def test_a_syn_amid_it_changes_nothing() -> None:
    """conntrack says that it belongs to the connection that is there, whose server takes no notice."""
    client = Client()
    client.say(LINE)
    assert client.inspect.packet(syn(0xFFFFFF00), AFTER, heard=True) is ACCEPT
    assert client.say(REAL).mark == REJECT


@given(cuts=st.lists(st.integers(1, len(REAL) - 1), max_size=4, unique=True), size=st.integers(1, 40), data=st.data())
def test_no_order_of_pieces_lets_another_message_by(cuts: list[int], size: int, data: st.DataObject) -> None:
    """Its server may have dropped any of what we read: all that it needs is not let pass in other packets."""
    client, shown, ends = Client(), LINE[:size], [0, *sorted(cuts), len(REAL)]
    pieces = [(REAL, start, end) for start, end in pairwise(ends)]
    said = data.draw(st.permutations([*pieces, *pieces, (shown, 0, len(shown)), (shown, 0, len(shown))]))
    has = bytearray(len(REAL))
    for message, start, end in said:
        outcome = client.say(message[start:end], start)
        if outcome.mark == REJECT:
            return
        assert outcome.mark is None or is_read_on(outcome.mark)
        if message is REAL and outcome.payload is None:
            has[start:end] = b"x" * (end - start)
    assert b"\0" in has
