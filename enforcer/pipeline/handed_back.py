"""TLS hellos of connections that were handed back to the kernel, which looks at what follows them.

Another hello may share their first segments, and come in the place of the others; so they are kept until the kernel has
decided their connection, or their server has given up (pipeline/unanswered.py).
"""

from __future__ import annotations

from enforcer.decode.tcp import TcpSegment
from enforcer.pipeline.flows import Flows
from enforcer.pipeline.openings import Opening, Openings
from enforcer.pipeline.unanswered import Unanswered

ASKED = 5.0
"""Seconds after which we look whether a connection that was handed back is decided: few servers take longer."""
UNANSWERED = 60.0
"""Seconds after which its server has given up. Then a part of its hello in its place is undecodable."""


class HandedBack(Flows[Unanswered]):
    """The table. Without its bytes a hello is forgotten, which the kernel knows."""

    def __init__(self, openings: Openings, kept: float) -> None:
        super().__init__(kept, kept)
        self._openings = openings

    def put(self, key: bytes, hello: Unanswered, at: float) -> None:
        """From now on the kernel looks at what follows."""
        self.forget(key)
        self.heard(key, self.add(key, hello), at)

    def take(self, key: bytes, last: int, opening: Opening, segment: TcpSegment, at: float) -> Unanswered:
        """The hello that ends there, with its bytes if we have them."""
        hello = self.forget(key)
        if hello is not None and hello.last == last:
            return hello
        acked = segment.ack if opening.acked is None else opening.acked
        return Unanswered(opening.before, last, acked, at, in_pieces=opening.in_pieces)

    def ask(self, at: float) -> None:
        """Lets go of those that are decided, and of what is too old."""
        for key, hello in self.unheard(at - ASKED):
            opening = self._openings.find(key)
            if opening.hello and opening.initial_seq == hello.last and at - hello.begun < UNANSWERED:
                self.heard(key, hello, at)
            else:
                self.forget(key)
