"""Why a name or network is treated as it is, in a few words, shared by all that are treated so for the same reason."""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.model.decision import Decision
from enforcer.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Ground:
    verdict: Verdict
    ban: str
    """Empty where no ban is concerned."""
    words: str
    """For the end of a line: `block: acme update by xx-acme/full`. One line of printable ASCII."""


class Grounds:
    """Makes each once, so that a million names cost a million references."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Ground] = {}

    def of(self, decision: Decision) -> Ground:
        what = decision.verdict, decision.trap, decision.vendor, decision.service
        key = *what, decision.ban, decision.phase, decision.waiver
        found = self._known.get(key)
        if found is None:
            found = Ground(decision.verdict, plain(decision.ban or ""), plain(_words(decision)))
            self._known[key] = found
        return found


def plain(text: str) -> str:
    """On one line, printable ASCII: whatever stands in a policy, it cannot end a comment."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)


def _words(decision: Decision) -> str:
    if decision.trap:
        return f"{decision.verdict.word}: trap, {decision.trap.partition(':')[0]}"
    if decision.vendor is None:
        return f"{decision.verdict.word}: no rule"
    by = f" by {decision.ban}/{decision.phase}" if decision.phase else ""
    waived = f", waiver {decision.waiver}" if decision.waiver else ""
    return f"{decision.verdict.word}: {decision.vendor} {decision.service}{by}{waived}"
