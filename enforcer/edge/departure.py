"""What becomes of our rules when the daemon ends: never an accident."""

from __future__ import annotations

from enforcer.edge import tap
from enforcer.model.settings import TAP, Settings

LEFT = "rules left in force: what is blocked stays so, what needs judgement "


class Departure:
    """Nothing of ours stays, unless we are a service that fails closed, or another of us takes over."""

    def __init__(self, settings: Settings, service: bool) -> None:
        self._settings = settings
        self._closed = service and settings.fail == "closed"
        self.succeeded = False
        """Whether another of us takes over at once."""
        self.waits = ""
        """What becomes of what needs judgement until then, where that waits for it; empty where nothing does."""

    @property
    def stays(self) -> bool:
        """Whether the rules outlive us."""
        return self.succeeded or self._closed

    @property
    def fail(self) -> str:
        """What befalls traffic that needs judgement from here on: `open` or `closed`; empty where it only was seen."""
        if self._settings.mode == TAP:
            return ""
        return self._settings.fail if self.stays else "open"

    @property
    def told(self) -> str:
        """For the record: what holds from here on."""
        if self._settings.mode == TAP:
            return tap.STOPPED
        if not self.stays:
            return "rules removed, traffic passes unjudged from here"
        if self.waits:
            return f"{LEFT}{self.waits}"
        fate = "passes" if self._settings.fail == "open" else "is dropped"
        until = "until the next start" if self.succeeded else "until the next start, or `enforcer panic-off`"
        return f"{LEFT}{fate} {until}"
