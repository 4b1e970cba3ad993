"""How often rules that another tool changes are put right: at once, and slowly once it has become a fight."""

from __future__ import annotations

from collections import deque

MOST = 10
"""Repairs within WINDOW seconds that are made at once."""
WINDOW = 60.0
PAUSE = 10.0
"""Seconds between two repairs of a fight: the other tool may be a person's, and each costs some 50 ms."""


class Repairs:
    """`now` is monotonic."""

    def __init__(self) -> None:
        self._made: deque[float] = deque(maxlen=MOST)

    def is_fight(self, now: float) -> bool:
        return len(self._made) == MOST and now - self._made[0] < WINDOW

    def is_due(self, now: float) -> bool:
        return not self.is_fight(now) or now - self._made[-1] >= PAUSE

    def made(self, now: float) -> bool:
        """Notes one; whether it made a fight of it, told once for each."""
        before = self.is_fight(now)
        self._made.append(now)
        return self.is_fight(now) and not before
