"""What became of a soak's requests, and whether the record tells of each that was lost.

A request that is lost is at least one packet that was dropped, and a packet that the gateway drops is counted in a
record of its time. So each request that is lost uses up one packet of such a record; what then has none was lost
without a word. What was asked while there was no daemon, or waited for the one that was killed, is apart: the record
shows that gap by a start without a stop.

Seconds of the monotonic clock throughout.
"""

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

LATER = 30.0
"""Seconds after which a packet that was dropped must be on record: a strain of the kernel is told every ten."""
WAITED = 15.0
"""Seconds for which a packet may have waited in a queue that ended."""
DROPS = re.compile(
    r"packets dropped|packets (of new connections )?were dropped by the kernel"
    r"|packets reached no inspector"  # under fail open some of them passed: the kernel does not say how many
    r"|verdicts came too late|answers and resets of ours were not sent"
)
"""What leaves somebody without an answer. Other records of loss are about what passed, or about the record itself."""


class Request(NamedTuple):
    protocol: str
    kind: str
    began: float
    ended: float
    word: str


class Loss(NamedTuple):
    at: float
    packets: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reckoning:
    answered: int
    late: list[Request]
    """Answered, but not before a client would have given up."""
    counted: list[Request]
    """Lost, with a packet on record that explains it."""
    in_gaps: list[Request]
    """Lost without one, but asked in a gap of the record, or so little before that it may have waited then."""
    untold: list[Request]
    """Lost, and nothing tells why."""


def reckon(
    requests: Iterable[Request],
    losses: Iterable[Loss],
    gaps: Iterable[tuple[float, float]],
    patience: Mapping[str, float],
) -> Reckoning:
    """`patience` is a client's, for each protocol; each of `gaps` lasts from a kill until it is in force again."""
    done, gaps = sorted(requests, key=attrgetter("began")), list(gaps)
    lost = [one for one in done if one.word == "lost"]
    left = deque(sorted([one.at, one.packets] for one in losses if DROPS.search(one.reason)))
    counted = [one for one in lost if _explained(one, left)]
    others = [one for one in lost if one not in counted]
    in_gaps = [one for one in others if any(begin - WAITED <= one.began <= end for begin, end in gaps)]
    untold = [one for one in others if one not in in_gaps]
    late = [one for one in done if one.word != "lost" and one.ended - one.began > patience[one.protocol]]
    return Reckoning(len(done) - len(lost) - len(late), late, counted, in_gaps, untold)


def _explained(one: Request, left: deque[list[float]]) -> bool:
    """Takes the oldest packet of its time. Requests come in the order in which they began: older packets are over."""
    while left and (left[0][0] < one.began or not left[0][1]):
        left.popleft()
    if not left or left[0][0] > one.ended + LATER:
        return False
    left[0][1] -= 1
    return True
