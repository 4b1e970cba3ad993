"""Our rules as one run leaves them to the next, which can change them in place then (docs/decisions/0516).

Travels as JSON in memory without a name, which the service manager keeps beside the queues (edge/handover.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from enforcer.model.settings import Settings
from enforcer.plan.portrait import Portrait
from enforcer.plan.queue_tables import installation, queue_target

MOST = 64 << 20
"""Bytes that are read at most: a text of a hundred thousand rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy:
    text: str
    """What was put in force last; empty: it is not known."""
    portrait: Portrait
    """As the kernel showed it."""
    queues: str
    """`layout` of the program that put the tables of the queue there."""
    shares: Mapping[str, int]
    """What was told of the kernel's counters, which go on counting."""


NOTHING = Legacy(text="", portrait={}, queues="", shares={})


def layout() -> str:
    """Another, if this program makes the tables of the queue in another way than that which left them."""
    return sha256(b"".join(installation(queue_target(Settings(), expression=one)) for one in (False, True))).hexdigest()


def written(legacy: Legacy) -> int:
    """A file with it, the caller's to close. Raises OSError."""
    told = {
        "text": legacy.text,
        "portrait": {name: value.hex() for name, value in legacy.portrait.items()},
        "queues": legacy.queues,
        "shares": dict(legacy.shares),
    }
    descriptor = os.memfd_create("enforcer-rules", os.MFD_CLOEXEC)
    with open(descriptor, "w", closefd=False) as file:
        json.dump(told, file)
    return descriptor


def read(descriptor: int) -> Legacy:
    """NOTHING if it holds something else: then the rules are put there anew, as at any start."""
    try:
        told = json.loads(os.pread(descriptor, MOST, 0))
        return Legacy(
            text=str(told["text"]),
            portrait={str(name): bytes.fromhex(value) for name, value in told["portrait"].items()},
            queues=str(told["queues"]),
            shares={str(name): int(count) for name, count in told["shares"].items()},
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return NOTHING
