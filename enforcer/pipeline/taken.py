"""What a server has got of its client's bytes: then nothing else comes in their place.

The kernel notes what servers acknowledge (plan/classifier_answer.py). Where nobody does (no classifier, a mirror, a
connection that we came late to), the client's word stands for it: it acknowledges what its server has said since, and
cannot acknowledge what was not sent, where conntrack knows what that is.
"""

from __future__ import annotations

from collections.abc import Callable

from enforcer.decode.tcp import TcpSegment, acknowledged, first_byte, is_before, last_acknowledged
from enforcer.pipeline.flows import TcpFlow
from enforcer.pipeline.left_behind import WINDOW
from enforcer.pipeline.openings import Openings
from enforcer.pipeline.unanswered import Unanswered

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

    def has_hello(self, key: bytes, flow: TcpFlow, hello: Unanswered, segment: TcpSegment) -> bool:
        """Whether the server of a flow has its TLS hello."""
        return self.has(key, hello.last, answered=hello.answered(segment) > 0, late=flow.late)

    def has_all(self, key: bytes, flow: TcpFlow, segment: TcpSegment) -> bool:
        """Whether it has all by which a flow passes. Who goes on for so long is not waited for where nobody notes that:
        no server holds so much behind what it misses, and where conntrack knows its window nobody shows it to us
        alone."""
        goes_on = flow.stream.place(first_byte(segment)) >= WINDOW
        answered = goes_on or acknowledged(segment, flow.acked) > 0
        return self.has(key, flow.stream.before, answered=answered, late=flow.late)

    def has_spoken_first(self, key: bytes, flow: TcpFlow, segment: TcpSegment) -> bool:
        """Whether a server has said something before its client's first message, where that must do."""
        known = flow.silent is not None and not flow.read_on and acknowledged(segment, flow.silent) > 0
        return known and not self.is_noted(key) and self.is_known(key, late=flow.late)

    def settle(self, key: bytes, flow: TcpFlow, segment: TcpSegment) -> None:
        """What the server has need not be held against what comes."""
        flow.acked = last_acknowledged(segment, flow.acked)
        if flow.left:
            flow.left.settle(flow.stream.before + 1 & 0xFFFFFFFF, flow.acked or 0, self._openings.find(key).taken)


def wait(flow: TcpFlow, segment: TcpSegment) -> None:
    """From now on the flow passes when its server has what it has said."""
    said, flow.passes = flow.stream.joined, True
    flow.acked = last_acknowledged(segment, flow.acked)
    flow.left.keep(flow.stream.before + 1 & 0xFFFFFFFF, said, flow.acked or 0)
    flow.stream.advance(len(said))
