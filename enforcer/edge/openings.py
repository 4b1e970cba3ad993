"""Where TCP connections begin: what the classifier in the kernel remembers of their SYNs, for the inspectors to ask.

One map for all inspectors, made before them and shared by fork; it outlives reloads and their restarts.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable

from enforcer.edge import bpf
from enforcer.pipeline.openings import UNKNOWN, Opening
from enforcer.plan.classifier_tcp import AMBIGUOUS, FLOW_SIZE, MAX_AGE, OPENING, QUEUED

FLOWS = 131_072
"""Connections between their SYN and their first data, and those an inspector is reading: 17 MB in the kernel. To make
us forget one, a flood must bring as many SYNs between a client's SYN and its data."""


class Openings:
    """Not thread-safe: one inspector a process."""

    def __init__(self, now: Callable[[], float], flows: int = FLOWS) -> None:
        """`now` is monotonic. Raises OSError: not permitted (CAP_BPF), or a kernel that has or allows no BPF."""
        self._now = now
        self.descriptor = bpf.create_map(bpf.LRU_HASH, key_size=FLOW_SIZE, value_size=OPENING.size, entries=flows)
        self._key = ctypes.create_string_buffer(FLOW_SIZE)
        self._value = ctypes.create_string_buffer(OPENING.size)
        self._element = bpf.Element(self.descriptor, ctypes.addressof(self._key), ctypes.addressof(self._value), 0)
        self._key_alone = bpf.Element(self.descriptor, ctypes.addressof(self._key), 0, 0)

    def close(self) -> None:
        os.close(self.descriptor)

    def find(self, flow: bytes) -> Opening:
        """Where the connection begins, as far as the kernel knows."""
        return self._find(flow)[0]

    def note(self, flow: bytes, initial_seq: int) -> Opening:
        """Remembers a SYN that was queued, as the kernel does others. What is known of the connection with that."""
        now = int(self._now() * 1e9)
        found, heard = self._find(flow)
        if now - heard > MAX_AGE * 10**9:
            found = UNKNOWN
        ambiguous = found.ambiguous or found.initial_seq not in (None, initial_seq)
        self._value.raw = OPENING.pack(initial_seq, AMBIGUOUS if ambiguous else QUEUED, now)
        with contextlib.suppress(OSError):  # there is no room: what is not known is judged
            bpf.call(bpf.MAP_UPDATE, self._element)
        return Opening(None if ambiguous else initial_seq, ambiguous)

    def forget(self, flow: bytes) -> None:
        """The connection is decided: another on the same ports begins anew."""
        self._key.raw = flow.ljust(FLOW_SIZE, b"\0")
        with contextlib.suppress(FileNotFoundError):
            bpf.call(bpf.MAP_DELETE, self._key_alone)

    def _find(self, flow: bytes) -> tuple[Opening, int]:
        """And when it was heard of, in nanoseconds; long ago if never."""
        self._key.raw = flow.ljust(FLOW_SIZE, b"\0")
        try:
            bpf.call(bpf.MAP_LOOK_UP, self._element)
        except FileNotFoundError:
            return UNKNOWN, 0
        initial_seq, state, heard = OPENING.unpack(self._value.raw)
        return Opening(None if state == AMBIGUOUS else initial_seq, state == AMBIGUOUS), heard
