"""What a server has got of its client's bytes: then nothing else comes in their place.

The kernel notes what servers acknowledge (plan/classifier_answer.py). Where nobody does (no classifier, a mirror, a
connection that we came late to), the client's word stands for it: it acknowledges what its server has said since, and
cannot acknowledge what was not sent, where conntrack knows what that is.
"""

from __future__ import annotations

from collections.abc import Callable

from enforcer.decode.tcp import is_before
from enforcer.pipeline.openings import Openings

Heard = Callable[[bytes], bool]
"""Whether conntrack has heard the server of a flow since it began, and so knows what its client may acknowledge."""


class Taken:
    """Asks who notes it."""

    def __init__(self, openings: Openings, heard: Heard | None = None) -> None:
        """`heard`: None if conntrack has always."""
        self._openings, self._heard = openings, heard or (lambda _: True)

    def is_noted(self, key: bytes) -> bool:
        """Whether what the server of a flow acknowledges is."""
        return self._openings.find(key).taken is not None

    def is_known(self, key: bytes, *, late: bool = False) -> bool:
        """Whether it is noted, or its client can be believed. One that we came `late` to is: conntrack may know no more
        than we do."""
        return late or self.is_noted(key) or self._heard(key)

    def has(self, key: bytes, last: int, *, answered: bool, late: bool) -> bool:
        """Whether the server has the byte of the number `last`, and all before it. `answered`: its client says so."""
        taken = self._openings.find(key).taken
        if taken is not None:
            return is_before(last, taken)
        return answered and (late or self._heard(key))
