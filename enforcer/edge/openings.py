"""Where TCP connections begin: what the classifier in the kernel remembers of their SYNs, for the inspectors to ask.

One map for all inspectors, made before them and shared by fork; it outlives reloads and their restarts.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from struct import Struct
from typing import NamedTuple

from enforcer.edge import bpf
from enforcer.pipeline.openings import FORGOTTEN, IN_DOUBT, TWO_SYNS, UNKNOWN, Opening
from enforcer.plan.classifier_tcp import (
    AMBIGUOUS,
    BEHIND,
    FLOW_SIZE,
    FOLLOWED,
    FRESH,
    HELLO,
    IN_PIECES,
    LATE,
    OPENING,
    QUEUED,
    UNTIL_ANSWERED,
    Memory,
)

FLOWS = 131_072
"""Connections between their SYN and what follows their hello, and those an inspector is reading: 18 MB in the kernel.
To make us forget one, a flood must bring as many SYNs between a client's SYN and its data."""

WINDOW = 120.0
"""Seconds. Servers wait less for first data. If half as many flows as we can remember began in this time and are not
decided, then one that we came late to may have been forgotten: it is not taken for one that began before us."""
_COUNT = Struct("=q")


class _Entry(NamedTuple):
    """As plan/classifier_tcp.OPENING."""

    seq: int = 0
    state: int = 0
    before: int = 0
    acked: int = 0
    taken: int = 0
    is_known: int = 0


class Openings:
    """Not thread-safe: one inspector a process."""

    def __init__(self, now: Callable[[], float], flows: int = FLOWS) -> None:
        """`now` is monotonic. Raises OSError: not permitted (CAP_BPF), or a kernel that has or allows no BPF."""
        self._now = now
        with ExitStack() as unwind:
            held = bpf.create_map(bpf.LRU_HASH, key_size=FLOW_SIZE, value_size=OPENING.size, entries=flows)
            unwind.callback(os.close, held)
            self.memory = Memory(held, bpf.create_map(bpf.ARRAY, key_size=4, value_size=_COUNT.size, entries=1))
            unwind.pop_all()
        self._most = flows // 2
        self._decided = 0
        self._counts = deque([(now(), 0)])
        self._key = ctypes.create_string_buffer(FLOW_SIZE)
        self._value = ctypes.create_string_buffer(OPENING.size)
        self._element = bpf.Element(self.memory.flows, ctypes.addressof(self._key), ctypes.addressof(self._value), 0)
        self._key_alone = bpf.Element(self.memory.flows, ctypes.addressof(self._key), 0, 0)
        self._if_there = bpf.Element(
            self.memory.flows, ctypes.addressof(self._key), ctypes.addressof(self._value), bpf.EXIST
        )

    def close(self) -> None:
        os.close(self.memory.flows)
        os.close(self.memory.count)

    def tick(self) -> None:
        """Notes how many began; call it about once a second."""
        now = self._now()
        self._counts.append((now, self._count()))
        while self._counts[1][0] <= now - WINDOW:
            self._counts.popleft()

    def find(self, flow: bytes) -> Opening:
        """Where the connection begins, as far as the kernel knows."""
        return self._opening(self._look_up(flow))

    def _opening(self, found: _Entry | None) -> Opening:
        if found is None:
            return UNKNOWN
        if found.state == LATE:
            flooded = self._count() - self._counts[0][1] >= self._most
            return FORGOTTEN if flooded else UNKNOWN
        if found.state == AMBIGUOUS:
            return IN_DOUBT if found.before == UNTIL_ANSWERED else TWO_SYNS
        acked, taken = found.acked or None, found.taken if found.is_known else None
        if found.state < HELLO:
            return Opening(found.seq, acked=acked, taken=taken)
        opening = Opening(found.seq, hello=True, before=found.before, acked=acked, taken=taken)
        return replace(opening, in_pieces=bool(found.state & IN_PIECES), followed=bool(found.state & FOLLOWED))

    def note(self, flow: bytes, initial_seq: int) -> Opening:
        """Remembers a SYN that was queued, as the kernel does others. What is known of the connection with that."""
        known = self._look_up(flow)
        if known is not None and (known.state, known.before, known.acked) == (AMBIGUOUS, UNTIL_ANSWERED, 0):
            known = None  # as the classifier, where no answer of its server's was ever seen
        found = self._opening(known)
        if found.initial_seq not in (None, initial_seq):
            found = TWO_SYNS
        state = AMBIGUOUS if found in (TWO_SYNS, IN_DOUBT) else QUEUED
        until = UNTIL_ANSWERED if found is IN_DOUBT else 0
        self._value.raw = OPENING.pack(*(known or _Entry())._replace(seq=initial_seq, state=state, before=until))
        with contextlib.suppress(OSError):  # there is no room: what is not known is judged
            bpf.call(bpf.MAP_UPDATE, self._element)
        return found if state == AMBIGUOUS else Opening(initial_seq, acked=found.acked, taken=found.taken)

    def begun(self, flow: bytes, initial_seq: int, acked: int) -> bool:
        """Puts a beginning in the place of what is known of these ports."""
        return self._put(flow, _Entry(initial_seq, FRESH, 0, acked, initial_seq + 1 & 0xFFFFFFFF, 1))

    def answered(self, flow: bytes, acked: int, taken: int) -> None:
        """Notes what the kernel does of SYN-ACKs that are not queued (plan/classifier_answer.py)."""
        known = self._look_up(flow)
        if known is not None and known.state == QUEUED:
            self._put(flow, known._replace(acked=acked, taken=taken, is_known=1))

    def doubt(self, flow: bytes) -> None:
        """Its number, if it is known, is one that its server has answered: what it answers next tells.

        Where no answer was found none will be. Then the next SYN with which conntrack begins a connection tells.
        """
        known = self._look_up(flow) or _Entry()
        acked = known.acked if known.is_known else 0
        self._put(flow, known._replace(state=AMBIGUOUS, before=UNTIL_ANSWERED, acked=acked))

    def _put(self, flow: bytes, entry: _Entry) -> bool:
        """In the place of what is known, or where nothing is; False if there is no room."""
        self._key.raw = flow.ljust(FLOW_SIZE, b"\0")
        self._value.raw = OPENING.pack(*entry)
        with contextlib.suppress(FileNotFoundError):
            bpf.call(bpf.MAP_UPDATE, self._if_there)
            return True
        try:
            bpf.call(bpf.MAP_UPDATE, self._element)
        except OSError:
            return False
        self._decided -= 1
        return True

    def forget(self, flow: bytes) -> None:
        """The connection is decided: another on the same ports begins anew."""
        self._key.raw = flow.ljust(FLOW_SIZE, b"\0")
        with contextlib.suppress(FileNotFoundError):
            bpf.call(bpf.MAP_DELETE, self._key_alone)
            self._decided += 1

    def queue(self, flow: bytes) -> None:
        """From now on all of the connection is queued."""
        found = self._look_up(flow)
        if found is None:
            return
        state = QUEUED if found.state == FRESH else found.state | BEHIND if found.state >= HELLO else found.state
        self._value.raw = OPENING.pack(*found._replace(state=state))
        with contextlib.suppress(FileNotFoundError):
            bpf.call(bpf.MAP_UPDATE, self._if_there)

    def heard(self, flow: bytes, hello: Opening, *, queued: bool) -> bool:
        """Remembers where a TLS hello stands; False if the kernel has forgotten the connection."""
        assert hello.initial_seq is not None  # noqa: S101 (it is where a hello ends)
        known = self._look_up(flow)
        if known is None:
            return False
        state = HELLO + IN_PIECES * hello.in_pieces + BEHIND * queued + (known.state & FOLLOWED)
        told = known._replace(seq=hello.initial_seq, state=state, before=hello.before, acked=hello.acked or 0)
        self._value.raw = OPENING.pack(*told)
        try:
            bpf.call(bpf.MAP_UPDATE, self._if_there)
        except FileNotFoundError:
            return False
        return True

    def _look_up(self, flow: bytes) -> _Entry | None:
        self._key.raw = flow.ljust(FLOW_SIZE, b"\0")
        try:
            bpf.call(bpf.MAP_LOOK_UP, self._element)
        except FileNotFoundError:
            return None
        return _Entry(*OPENING.unpack(self._value.raw))

    def _count(self) -> int:
        """How many flows were to be remembered by now, less those that the kernel or we decided."""
        key, value = ctypes.create_string_buffer(4), ctypes.create_string_buffer(_COUNT.size)
        bpf.call(bpf.MAP_LOOK_UP, bpf.Element(self.memory.count, ctypes.addressof(key), ctypes.addressof(value), 0))
        (count,) = _COUNT.unpack(value.raw)
        return int(count) - self._decided
