"""What was judged, and how, as members of an event: the same for a packet and for a record of another program."""

from __future__ import annotations

from typing import Any

from enforcer.model.decision import Decision
from enforcer.model.observation import Observation


def judgement(seen: Observation, decision: Decision) -> dict[str, Any]:
    """Keywords for Event; what there is nothing to say of is empty, as an event has it."""
    return {
        "verdict": decision.verdict.word,
        "how": seen.how.value,
        "name": seen.names[0] if seen.names else "",
        "chain": seen.names if len(seen.names) > 1 else (),
        "matched": decision.name or "",
        "vendor": decision.vendor or "",
        "service": decision.service or "",
        "pattern": decision.pattern or "",
        "ban": decision.ban or "",
        "phase": decision.phase or "",
        "citations": decision.citations,
        "waiver": decision.waiver or "",
        "reason": decision.reason,
        "revision": decision.revision,
        "would_block_from": decision.would_block_from,
        "undecodable": decision.undecodable or seen.undecodable or "",
    }
