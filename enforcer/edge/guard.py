"""Keeps an eye on our tables: what another tool does to them is noticed at once, and what it was can be said.

The kernel tells of each transaction (edge/change_listener.py). One that touched ours, or that we may have missed,
makes us look at what stands there (edge/portraits.py). What we do ourselves, and the elements of sets with timeouts,
costs no look; so a gateway that learns a thousand addresses a second is not looked at once more for it.
"""

from __future__ import annotations

from enforcer.edge import portraits
from enforcer.edge.change_listener import ChangeListener
from enforcer.edge.kernel import OURS
from enforcer.plan.nft_changes import Change
from enforcer.plan.portrait import Portrait, differences

EVERY = 5.0
"""Seconds between two looks without a reason: for what the kernel does not tell of."""
FEW = 4


class Guard:
    """`now` is monotonic. All methods but `close` raise OSError if the kernel does not answer."""

    def __init__(self) -> None:
        self._listener = ChangeListener({name for _, name in OURS})
        self._wanted: Portrait = {}
        self._looked = 0.0
        self._changes: list[Change] = []
        self._is_wrong = False

    def close(self) -> None:
        self._listener.close()

    def settle(self, transactions: int, now: float) -> bool:
        """Takes what stands there now for what shall stand; False if somebody else had a hand in it.

        `transactions` is how many of our own touched our tables since the last call of this or `wrong`.
        """
        overrun = self._listener.overrun
        self._wanted, sets = portraits.taken(OURS)
        # Heard after the look: what came between the two would be a change that nobody notices.
        made = self._listener.heard()
        self._listener.listen_for(sets)
        self._looked, self._changes, self._is_wrong = now, [], False
        return overrun or len(made) <= transactions

    def take_up(self, wanted: Portrait, now: float) -> bool:
        """Whether it stands there as another of us left it: then that is to stand, as if we had put it."""
        found, sets = portraits.taken(OURS)
        if found != wanted or self._listener.heard():
            return False
        self._listener.listen_for(sets)
        self._wanted, self._looked = found, now
        return True

    @property
    def wanted(self) -> Portrait:
        """What shall stand."""
        return self._wanted

    def wrong(self, now: float) -> str:
        """What is not as we put it, and who changed it; empty when all is well."""
        self._changes += self._listener.heard()
        if self._changes or self._is_wrong or self._listener.overrun or now - self._looked >= EVERY:
            return self._look(now)
        return ""

    def _look(self, now: float) -> str:
        found, sets = portraits.taken(OURS)
        self._looked = now
        self._listener.listen_for(sets)
        told = differences(self._wanted, found)
        self._is_wrong = bool(told)
        if not told:
            self._changes = []  # somebody touched them and left them as they were
            return ""
        return f"{_few(told)}{_by(self._changes)}"


def _few(told: list[str]) -> str:
    more = f" and {len(told) - FEW} more" if len(told) > FEW else ""
    return ", ".join(told[:FEW]) + more


def _by(changes: list[Change]) -> str:
    whose = list(dict.fromkeys(map(str, changes)))
    return f", by {_few(whose)}" if whose else ""
