"""What was said of one QUIC connection on several pairs of ports, read as a server does that goes by its id.

In:  the CRYPTO frames and packet numbers of all of them.
Out: the hellos in them together; `lost` says why they cannot be read.
Ref: RFC 9000 sections 5.2 (which connection a packet belongs to) and 9 (ports may change, though not that early).

Some servers look at the connection id alone. Each pair of ports is read by itself too: others do not join them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from enforcer.decode.quic_initial import Crypto
from enforcer.decode.quic_transcript import Transcript
from enforcer.decode.tls_hello import TlsHello
from enforcer.model.errors import DecodeError

MAX_PORTS = 4
"""Of one connection while it begins, the first among them. A NAT beyond the client may change them, seldom twice."""
MAX_SPAN = 100
"""Between the numbers of one connection's Initial packets, of which a client sends a few. So what a server makes of a
shortened number is what we make of it, from the lowest that we read, the highest or none (RFC 9000 section A.3)."""

Numbers = tuple[int, ...]
"""Of a connection's packets the lowest and the highest, if there were any."""


def with_number(numbers: Numbers, *more: int) -> Numbers:
    """Raises DecodeError for a number far from those before."""
    every = (*numbers, *more)
    if not every:
        return ()
    lowest, highest = min(every), max(every)
    if highest - lowest > MAX_SPAN:
        raise DecodeError(f"packet numbers more than {MAX_SPAN} apart", 0)
    return lowest, highest


class Joint:
    __slots__ = ("_ports", "lost", "numbers", "transcript")

    def __init__(self, transcript: Transcript, numbers: Numbers) -> None:
        """With what the first ports have said so far."""
        self.transcript, self.numbers = transcript, numbers
        self.lost = ""
        self._ports = 1

    def enter(self, numbers: Numbers) -> None:
        """Others have begun, with packets of these numbers."""
        self._ports += 1
        if self._ports > MAX_PORTS:
            self.lose(f"a connection on more than {MAX_PORTS} pairs of ports")
        self.note(numbers)

    def note(self, numbers: Numbers) -> None:
        """The numbers of packets that came."""
        self._attempt(lambda: self._number(numbers))

    def add(self, add: Callable[[Transcript, Iterable[Crypto]], None], frames: Iterable[Crypto]) -> None:
        """Adds frames, all of them or what lies behind the hellos."""
        self._attempt(lambda: add(self.transcript, frames))

    def hellos(self) -> tuple[TlsHello, ...]:
        """All that were read by now."""
        self._attempt(lambda: tuple(self.transcript.read()))
        return self.transcript.hellos

    def lose(self, why: str) -> None:
        """Drops the bytes: what is said from here on cannot be read."""
        if not self.lost:
            self.lost, self.transcript = why, Transcript()

    def _number(self, numbers: Numbers) -> None:
        self.numbers = with_number(self.numbers, *numbers)

    def _attempt(self, step: Callable[[], object]) -> None:
        """A fault is not of the ports whose packet showed it: it is kept."""
        if self.lost:
            return
        try:
            step()
        except DecodeError as fault:
            self.lose(str(fault))
