"""The values that travel in packet marks and conntrack marks.

A site gives us one contiguous run of bits (`mask`); we never touch another bit. The packet mark is a message
from Python to the next nftables chain; the conntrack mark is the memory of a flow.
"""

from __future__ import annotations

from dataclasses import dataclass

UNDECIDED = 0
PASS = 1
"""Decided: no restricted vendor. Never queued again."""
QUEUE = 2
"""Packet mark only: this packet goes to an inspector."""
REJECT = 3
"""Decided: blocked. TCP gets a reset, all else an ICMP error."""
OWN = 4
"""Packet mark only: made by us (an answer, a reset); not to be inspected."""
READING = 5
"""An inspector has begun to read this flow and reads on: as good as undecided, but nothing that nobody looked at."""
NAMELESS = 6
"""A message only: what this flow says names nobody, so its address decides."""
SILENT = 7
"""Decided: the client has our answer and the server a reset. What still comes is dropped without a word, since a reset
could tear the answer out of the client's hands."""
LAST = 8
"""Packet mark only: this packet still goes out; its flow is SILENT behind it."""
HELD = 9
"""Packet mark only: its client has used up its share of the inspectors, so it is dropped if it had to be judged."""
HEARD = 10
"""Of a flow: it passes, but a new hello of its originator is still looked at. Of a packet: QUEUE, where its flow passes
already, or has said something that was looked at. The two differ in one bit, so that one match finds both."""
SERVED = 11
"""Packet mark only: a server's, of a flow that is read on, or its SYN-ACK. The kernel looks whether a vendor's file
begins there, and notes what the server begins with and acknowledges."""
TAKEN_UP = 12
"""Packet mark only: it says nothing, and has conntrack take a connection up in its midst. The classifier notes that."""
ACKNOWLEDGES = 13
"""Packet mark only: it says nothing, on a flow that is read on. The flow may be decided by what its server has got."""
NAMELESS_HEARD = 14
"""A message only: NAMELESS, and a second hello may follow. The two differ in the same bit."""
FIRST_LANE = 16
"""Lane n is FIRST_LANE + n: a vendor's flow that passes until the calendar says otherwise."""
READ_ON = -1
"""Lane n is READ_ON - n while its flow is read on, as READING is: counted down from the highest value that we have."""


def is_read_on(value: int) -> bool:
    """Whether what comes next on a flow of this value is to be looked at."""
    return value in (UNDECIDED, READING, NAMELESS_HEARD) or value <= READ_ON


@dataclass(frozen=True, slots=True)
class Marks:
    """Places values in the bits that are ours."""

    mask: int = 0xFFF00000

    def __post_init__(self) -> None:
        run = self.mask >> self.shift if self.mask else 0
        if not 0 < self.mask <= 0xFFFFFFFF or run & (run + 1) or run < 2 * FIRST_LANE - 1:
            raise ValueError(f"mask {self.mask:#x} is not one run of at least 5 bits within 32")

    @property
    def shift(self) -> int:
        return (self.mask & -self.mask).bit_length() - 1

    @property
    def lanes(self) -> int:
        """How many lanes fit: each has two values."""
        return ((self.mask >> self.shift) - FIRST_LANE + 1) // 2

    @property
    def queued(self) -> int:
        """The bits that a packet for an inspector has as QUEUE has them, whether its flow is decided or not. NAMELESS
        and NAMELESS_HEARD are alike in them too."""
        return self.mask & ~self.bits(QUEUE ^ HEARD)

    def bits(self, value: int) -> int:
        """The value in its place, all other bits zero."""
        return value << self.shift & self.mask

    def put(self, old: int, value: int) -> int:
        """The mark `old` with our bits replaced."""
        return old & ~self.mask & 0xFFFFFFFF | self.bits(value)

    def value(self, mark: int) -> int:
        return (mark & self.mask) >> self.shift
