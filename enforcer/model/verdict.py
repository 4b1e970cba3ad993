"""What is said of an observation."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Verdict(IntEnum):
    """Ordered by strictness, so that `max` is the strictest."""

    ALLOW = 0
    """No restricted vendor is concerned, or an exemption, trap or waiver lets it pass unrecorded."""
    OBSERVE = 1
    """Recorded; passes."""
    FLAG = 2
    """Recorded and alerted; passes."""
    BLOCK = 3
    """Recorded and alerted; stopped."""

    @property
    def word(self) -> str:
        """The spelling in files, JSON and alerts: `block`."""
        return self.name.lower()


class Effect(StrEnum):
    """What the text of a ban does, and to whom. Only some of these bind the user of a network."""

    VENDOR_PROHIBITED = "vendor-prohibited"
    USE_PROHIBITED = "use-prohibited"
    PROCUREMENT_PROHIBITED = "procurement-prohibited"
    TRAFFIC_PROHIBITED = "traffic-prohibited"
    ADVISORY = "advisory"
    PROPOSED = "proposed"


class Profile(StrEnum):
    """How far a site goes: the text and no more, or what a careful organisation chooses."""

    STATUTORY = "statutory"
    PROTECTIVE = "protective"


SERVICES = (
    "update",
    "reputation",
    "telemetry",
    "download",
    "activation",
    "store",
    "account",
    "cloud-console",
    "website",
    "support",
    "threat-intel",
    "training",
    "vpn",
    "oem",
    "other",
)
"""The service classes of vendor files, in the order in which reports list them."""
