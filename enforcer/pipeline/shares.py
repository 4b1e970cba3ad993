"""What each client costs an inspector, in seconds, against the share of its time that one client may use.

A bucket for each: it fills by a share of each second, up to a burst, and each packet takes out what it cost. A client
whose bucket is empty is held until it is half full again. So a flood of whatever is dear (names that are blocked, what
cannot be read) has no more than its share, while a resolver that asks thousands of plain questions a second stays
below it.

Time is an argument: seconds of a clock that is never set.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

BURST = 0.2
"""Seconds that a client may use at once: some thousands of packets."""
CLIENTS = 4096
"""Known at a time; who was not heard of for longest is forgotten, and has a full bucket again."""
TELL_EVERY = 60.0
"""Seconds between two words about the same client."""
NETWORK = 3
"""Shares that the clients of one IPv6 network of 64 bits have together: many hosts, or one with many addresses."""
_PORT = (53).to_bytes(2, "big")


def sender(packet: bytes) -> bytes:
    """Who pays for a question and for first data: an address of 4 or 16 bytes."""
    return packet[12:16] if packet[0] >> 4 == 4 else packet[8:24]


def receiver(packet: bytes) -> bytes:
    """Who pays for an answer: it was asked for."""
    return packet[16:20] if packet[0] >> 4 == 4 else packet[24:40]


def network(client: bytes) -> bytes:
    """Of an IPv6 address the first 64 bits, and zeros."""
    return client[:8] + bytes(8)


def is_answer(packet: bytes) -> bool:
    """Whether it comes from port 53; its transport header directly behind the IP header."""
    start = (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40
    return packet[start : start + 2] == _PORT


@dataclass(slots=True)
class _Bucket:
    level: float
    filled: float
    held_until: float = 0.0
    told: float = float("-inf")


class Shares:
    def __init__(self, share: float, burst: float = BURST) -> None:
        """`share`: seconds a second; `burst`: seconds at once."""
        self._share, self._burst = share, burst
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def is_held(self, client: bytes, at: float) -> bool:
        bucket = self._buckets.get(client)
        return bucket is not None and at < bucket.held_until

    def charge(self, client: bytes, seconds: float, at: float) -> float:
        """Takes out what a client's packets cost; for how many seconds it is to be held from now on, 0 if it is not."""
        bucket = self._bucket(client, at)
        bucket.level = min(bucket.level + (at - bucket.filled) * self._share, self._burst) - seconds
        bucket.filled = at
        if bucket.level >= 0 or at < bucket.held_until:
            return 0.0
        pause = (self._burst / 2 - bucket.level) / self._share
        bucket.held_until = at + pause
        return pause

    def is_news(self, client: bytes, at: float) -> bool:
        """Whether it is to be told that the client is held: once in a while."""
        bucket = self._bucket(client, at)
        if at - bucket.told < TELL_EVERY:
            return False
        bucket.told = at
        return True

    def _bucket(self, client: bytes, at: float) -> _Bucket:
        bucket = self._buckets.get(client)
        if bucket is None:
            if len(self._buckets) >= CLIENTS:
                self._buckets.popitem(last=False)
            bucket = self._buckets[client] = _Bucket(self._burst, at)
        else:
            self._buckets.move_to_end(client)
        return bucket
