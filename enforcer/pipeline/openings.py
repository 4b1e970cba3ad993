"""Where a TCP connection begins, as told by somebody who saw its SYN when we did not: the kernel's classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Opening:
    """`initial_seq` is the SYN's sequence number; None if it is not known, or not to be known."""

    initial_seq: int | None
    fault: str = ""
    """Why it cannot be known."""
    hello: bool = False
    """A TLS hello was let pass that ends at `initial_seq`: what follows it is to be looked at."""
    before: int = 0
    """Of such a hello: the number of the byte before its first."""
    in_pieces: bool = False
    """And whether it came in more than one segment."""
    acked: int | None = None
    """What the client acknowledges as long as its server has said nothing, or had said nothing at its hello."""
    taken: int | None = None
    """How far the server has acknowledged its client, if that is noted."""
    followed: bool = False
    """Behind such a hello something was let pass that showed that no second one comes, and what lies behind that."""


UNKNOWN = Opening(None)
TWO_SYNS = Opening(None, "two SYNs with different sequence numbers")
IN_DOUBT = Opening(None, "its server has not said where it begins")
"""Something was said on these ports already, which nobody knows or trusts any more. The server's next SYN-ACK tells."""
AMBIGUOUS = (TWO_SYNS, IN_DOUBT)
FORGOTTEN = Opening(None, "too many connections at once to remember where this one begins")


class Openings(Protocol):
    """What remembers. A flow is its addresses and ports as they stand in the client's packets."""

    def find(self, flow: bytes) -> Opening:
        """What is known of this connection."""

    def note(self, flow: bytes, initial_seq: int) -> Opening:
        """Its SYN has been queued: from now on all of it is. What is known of it with that."""

    def begun(self, flow: bytes, initial_seq: int, acked: int) -> bool:
        """Its server has taken it up, whatever was known on these ports, and its client acknowledges so much. Whether
        it will be remembered."""

    def answered(self, flow: bytes, acked: int, taken: int) -> None:
        """Its server has answered its SYN, which brought data: its client acknowledges so much, the server has that."""

    def forget(self, flow: bytes) -> None:
        """It is decided."""

    def doubt(self, flow: bytes) -> None:
        """What comes next of it is in doubt, until its server has answered another SYN."""

    def queue(self, flow: bytes) -> None:
        """From now on all of it is queued, if it is known."""

    def heard(self, flow: bytes, hello: Opening, *, queued: bool) -> bool:
        """Its TLS hello passes, and stands where `hello` says. What follows is `queued`, or looked at here.

        Whether it will be remembered.
        """


class NoOpenings:
    """Nobody saw what we did not: every SYN is queued."""

    def find(self, flow: bytes) -> Opening:
        del flow
        return UNKNOWN

    def note(self, flow: bytes, initial_seq: int) -> Opening:
        del flow
        return Opening(initial_seq)

    def begun(self, flow: bytes, initial_seq: int, acked: int) -> bool:
        del flow, initial_seq, acked
        return False

    def answered(self, flow: bytes, acked: int, taken: int) -> None:
        """There is nobody to tell."""

    def forget(self, flow: bytes) -> None:
        """There is nothing to forget."""

    def doubt(self, flow: bytes) -> None:
        """There is nothing to tell it to."""

    def queue(self, flow: bytes) -> None:
        """It is."""

    def heard(self, flow: bytes, hello: Opening, *, queued: bool) -> bool:
        del flow, hello, queued
        return False
