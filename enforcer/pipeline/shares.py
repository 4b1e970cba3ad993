"""What each client costs an inspector, in seconds, against the share of its time that one client may use.

A bucket for each: it fills by `share` seconds a second, up to BURST, and each packet takes out what it cost. A client
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
_PORT = (53).to_bytes(2, "big")
_REST = bytes(8)


def sender(packet: bytes) -> bytes:
    """Who pays for a question and for first data: an IPv4 address, or an IPv6 network of 64 bits and zeros."""
    return packet[12:16] if packet[0] >> 4 == 4 else packet[8:16] + _REST


def receiver(packet: bytes) -> bytes:
    """Who pays for an answer: it was asked for."""
    return packet[16:20] if packet[0] >> 4 == 4 else packet[24:32] + _REST


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
    def __init__(self, share: float) -> None:
        """`share`: seconds a second."""
        self._share = share
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def is_held(self, client: bytes, at: float) -> bool:
        bucket = self._buckets.get(client)
        return bucket is not None and at < bucket.held_until

    def charge(self, client: bytes, seconds: float, at: float) -> float:
        """Takes out what a client's packets cost; for how many seconds it is to be held from now on, 0 if it is not."""
        bucket = self._bucket(client, at)
        bucket.level = min(bucket.level + (at - bucket.filled) * self._share, BURST) - seconds
        bucket.filled = at
        if bucket.level >= 0 or at < bucket.held_until:
            return 0.0
        pause = (BURST / 2 - bucket.level) / self._share
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
            bucket = self._buckets[client] = _Bucket(BURST, at)
        else:
            self._buckets.move_to_end(client)
        return bucket
