"""Browsers' hellos for 50 blocked and 50 free names, cut, turned, doubled and split: none leaks, none lacks.

A packet reaches the server if the kernel lets it: before the flow is decided each that is accepted, afterwards all or
none by the mark. So a blocked name is stopped if REJECT comes with the packet that completes the hello, or before.

HELLO_MATRIX=whole runs every cut of every name (half an hour of one core; give pytest --timeout=0). Else each name has
its share of the cuts, so that the blocked ones between them have every cut in two segments, and so have the free ones.
"""

import os
from collections.abc import Iterable, Iterator, Sequence

import pytest
from browser_hellos import BROWSERS
from hello_matrix import (
    AT,
    FILES,
    Part,
    blocked_names,
    contradicted,
    cut,
    datagrams,
    free_names,
    overlapped,
    quic_message,
    recorded,
    tcp_message,
    tiny_frames,
)
from quic_fixtures import BOTH, crypto, seal, whole

from enforcer.decode.quic_hello import LATELY
from enforcer.model.command import Fate, Record
from enforcer.model.marks import PASS, READING, REJECT
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.load import load

WHOLE = os.environ.get("HELLO_MATRIX") == "whole"
NAMES = [(name, True) for name in blocked_names()] + [(name, False) for name in free_names()]
ISN = 0xFFFFFC00
"""So that sequence numbers wrap within the hello."""
IP_HEAD = bytes.fromhex("000040004006 0000 0a010007 c0000250")
APPLICATION_DATA = b"\x17\x03\x03\0\1x"
UDP_HEAD = bytes.fromhex("000040004011 0000 0a010007 c0000250")


class Path:
    """The inspector and the kernel's memory of what it said, for one connection after the other."""

    def __init__(self) -> None:
        policy = load(FILES)
        stamp = Stamp(gateway="gw", mode="inline", simulated=False)
        self.inspector = Inspector(policy, stamp, {lane.key: number for number, lane in enumerate(policy.lanes)})
        self._port, self._at = 1024, AT

    def _ports(self) -> bytes:
        self._port = 1024 if self._port == 65_535 else self._port + 1
        return self._port.to_bytes(2, "big") + b"\x01\xbb"

    def tcp(self, parts: Iterable[Part]) -> tuple[int, int]:
        """The index of the part with which the flow was decided, and its mark; (-1, 0) if it never was.

        What passes is decided by what comes behind all parts, when the server has answered: no second hello.
        """
        parts = list(parts)
        ports = self._ports()
        first = (ISN, 77, b"\x02", b"")
        said = ((ISN + 1 + start & 0xFFFFFFFF, 77, b"\x18", data) for start, data in parts)
        behind = max(start + len(data) for start, data in parts)
        rest = (*said, (ISN + 1 + behind & 0xFFFFFFFF, 78, b"\x18", APPLICATION_DATA))
        packets = (
            b"\x45\0" + (40 + len(data)).to_bytes(2, "big") + IP_HEAD + ports + seq.to_bytes(4, "big")
            + ack.to_bytes(4, "big") + b"\x50" + flags + b"\xff\xff\0\0\0\0" + data
            for seq, ack, flags, data in (first, *rest)
        )  # fmt: skip
        index, mark = self._decided(packets)
        if mark == PASS:
            assert index == len(parts) + 1
            return index - 2, mark
        return index - (index >= 0), mark

    def quic(self, payloads: Iterable[bytes]) -> tuple[int, int]:
        """All have the same connection id, so each comes when the one before is forgotten."""
        ports = self._ports()
        self._at += LATELY
        self.inspector.tick(self._at)
        return self._decided(
            b"\x45\0" + (28 + len(data)).to_bytes(2, "big") + UDP_HEAD + ports
            + (8 + len(data)).to_bytes(2, "big") + b"\0\0" + data
            for data in payloads
        )  # fmt: skip

    def _decided(self, packets: Iterable[bytes]) -> tuple[int, int]:
        for index, packet in enumerate(packets):
            outcome = self.inspector.packet(packet, self._at)
            assert outcome.fate is Fate.ACCEPT
            if outcome.mark not in (None, READING):
                recorded = [one for one in outcome.commands if isinstance(one, Record)]
                assert len(recorded) == (outcome.mark == REJECT)
                return index, outcome.mark
        return -1, 0


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    path = Path()
    yield path
    assert len(path.inspector.flows) == 0, "every connection was decided and forgotten"
    assert len(path.inspector.datagrams) == 0


def places(size: int, number: int, share: int) -> range:
    """Where to cut `size` bytes for the name of that number: everywhere, or each `share`-th place."""
    return range(1, size) if WHOLE else range(1 + number % share, size, share)


def expect(decided: tuple[int, int], at: int, is_blocked: bool) -> None:
    assert decided == (at, REJECT if is_blocked else PASS)


@pytest.mark.parametrize("browser", BROWSERS)
class TestTcp:
    def test_cut_in_two_at_every_byte_in_either_order(self, path: Path, browser: str) -> None:
        for number, (name, is_blocked) in enumerate(NAMES):
            stream = recorded(tcp_message(browser, name), 16_384)
            for place in places(len(stream), number, 50):
                parts = cut(stream, place)
                expect(path.tcp(parts), 1, is_blocked)
                if WHOLE or place % 3 == 0:
                    expect(path.tcp(parts[::-1]), 1, is_blocked)

    def test_cut_in_two_that_overlap(self, path: Path, browser: str) -> None:
        """The same bytes; or one in two ways: nobody knows which the server takes, so it may not arrive."""
        for number, (name, is_blocked) in enumerate(NAMES):
            stream = recorded(tcp_message(browser, name), 16_384)
            for place in places(len(stream), number, 500):
                same = overlapped(stream, place, 1 + place % 97)
                expect(path.tcp(same), 1, is_blocked)
                expect(path.tcp(same[::-1]), int(same[1][0] > 0) if is_blocked else 1, is_blocked)
                if place < 7:
                    continue  # turned about, the first packet would be whole and no hello
                other = contradicted(stream, place)
                assert path.tcp(other) == (1, REJECT)
                assert path.tcp(other[::-1]) == (1, REJECT)

    def test_a_blocked_name_written_over_a_free_one(self, path: Path, browser: str) -> None:
        """Both orders of saying it: whichever the server keeps, it never has the whole."""
        for name in blocked_names():
            blocked = recorded(tcp_message(browser, name), 16_384)
            free = recorded(tcp_message(browser, name[:-1] + "x"), 16_384)
            size, half = len(blocked), blocked.upper().index(name.upper().encode()) + len(name) + 1
            for one, two in ((blocked, free), (free, blocked)):
                half = min(half, size - 1)
                assert path.tcp([(0, one[:half]), (5, two[5:])]) == (1, REJECT)
                assert path.tcp([(5, two[5:half]), (0, one)]) == (1, REJECT)

    def test_in_small_segments(self, path: Path, browser: str) -> None:
        """One byte each; 40 pieces, in an order that leaves holes everywhere; and 40 pieces twice."""
        for number, (name, is_blocked) in enumerate(NAMES):
            stream = recorded(tcp_message(browser, name), 16_384)
            if WHOLE or number % 25 == 3:
                expect(path.tcp(cut(stream, *range(1, len(stream)))), len(stream) - 1, is_blocked)
            pieces = cut(stream, *(len(stream) * part // 40 for part in range(1, 40)))
            mixed = sorted(pieces, key=lambda part: (part[0] * 7919 + number) % 101)
            expect(path.tcp(mixed), 39, is_blocked)
            twice = [part for part in mixed for _ in "12"]
            expect(path.tcp(twice), 78 + (not is_blocked), is_blocked)

    def test_in_two_records_at_every_byte_and_two_segments(self, path: Path, browser: str) -> None:
        for number, (name, is_blocked) in enumerate(NAMES):
            message = tcp_message(browser, name)
            for place in places(len(message), number, 100):
                stream = recorded(message, place, 16_384)
                expect(path.tcp(cut(stream)), 0, is_blocked)
                within = 1 + (place * 31 + number) % (len(stream) - 1)
                expect(path.tcp(cut(stream, within)[::-1]), 1, is_blocked)

    def test_in_records_of_a_few_bytes(self, path: Path, browser: str) -> None:
        for number, (name, is_blocked) in enumerate(NAMES):
            for size in (1, 2, 3, 7, 64) if WHOLE else (1 + number % 5, 64):
                stream = recorded(tcp_message(browser, name), size)
                parts = cut(stream, *range(1200, len(stream), 1200))
                expect(path.tcp(parts), len(parts) - 1, is_blocked)


@pytest.mark.parametrize("browser", BROWSERS)
class TestQuic:
    def test_cut_in_two_datagrams_at_every_byte_in_either_order(self, path: Path, browser: str) -> None:
        for number, (name, is_blocked) in enumerate(NAMES):
            message = quic_message(browser, name)
            for place in places(len(message), number, 200):
                sent = datagrams(cut(message, place), BOTH[place % 2])
                expect(path.quic(sent), 1, is_blocked)
                expect(path.quic(sent[::-1]), 1, is_blocked)

    def test_cut_in_two_that_overlap(self, path: Path, browser: str) -> None:
        for number, (name, is_blocked) in enumerate(NAMES):
            message = quic_message(browser, name)
            for place in places(len(message), number, 500):
                same = overlapped(message, place, 1 + place % 97)
                expect(path.quic(datagrams(same)), 1, is_blocked)
                if place < 5:
                    continue
                assert path.quic(datagrams(contradicted(message, place))) == (1, REJECT)
                assert path.quic(datagrams(contradicted(message, place)[::-1])) == (1, REJECT)

    def test_frames_of_one_byte_and_many_datagrams(self, path: Path, browser: str) -> None:
        for number, (name, is_blocked) in enumerate(NAMES if WHOLE else NAMES[::5]):
            message = quic_message(browser, name)
            sent = tiny_frames(message)
            expect(path.quic(sent), len(sent) - 1, is_blocked)
            pieces = cut(message, *(len(message) * part // 30 for part in range(1, 30)))
            mixed = sorted(pieces, key=lambda part: (part[0] * 7919 + number) % 101)
            expect(path.quic(datagrams(mixed)), 29, is_blocked)

    def test_frames_in_any_order_in_one_datagram(self, path: Path, browser: str) -> None:
        for number, (name, is_blocked) in enumerate(NAMES):
            message = quic_message(browser, name)
            pieces = cut(message, *(len(message) * part // 20 for part in range(1, 20)))
            mixed = sorted(pieces, key=lambda part: (part[0] * 7919 + number) % 101)
            expect(path.quic([joined(mixed)]), 0, is_blocked)


def joined(parts: Sequence[Part]) -> bytes:
    return whole(seal(b"".join(crypto(start, data) for start, data in parts)))
