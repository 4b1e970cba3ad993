"""One UDP packet of port 53: a question on its way out, or an answer on its way back."""

from __future__ import annotations

from enforcer.decode.dns import decode_links, decode_question
from enforcer.decode.dns_answer import EDE_BLOCKED, NXDOMAIN, REFUSED, blocked_answer
from enforcer.decode.packets import rewrite_udp, udp_reply
from enforcer.model.command import ACCEPT, Command, Fate, Inject, Outcome
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict
from enforcer.pipeline.stamp import Sighting, Stamp, record
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

RCODES = {"nxdomain": NXDOMAIN, "refused": REFUSED}

Names = tuple[HostName, ...]


def asked_names(payload: bytes) -> tuple[Names, str]:
    """The name of a question, and why it cannot be read (empty if it can). Other operations ask for no name."""
    try:
        question = decode_question(payload)
    except DecodeError as fault:
        return (), str(fault)
    return ((question.name,) if question else ()), ""


def answered_names(payload: bytes) -> tuple[Names, str]:
    """Every link of an answer, and why it cannot be read (then the name asked for, if that much is legible)."""
    try:
        return decode_links(payload), ""
    except DecodeError as fault:
        return asked_names(payload)[0], str(fault)


def question(policy: Policy, stamp: Stamp, sighting: Sighting, packet: bytes, payload: bytes) -> Outcome:
    """Judges the name asked for. A blocked question is answered here and does not leave."""
    decision = decide(policy, sighting.seen, sighting.client, sighting.at)
    if decision.verdict is Verdict.ALLOW:
        return ACCEPT
    if decision.verdict is not Verdict.BLOCK:
        return Outcome(Fate.ACCEPT, commands=(record(stamp, sighting, decision, "passed"),))
    refusal = _refusal(policy, payload, decision)
    if refusal is None:
        return Outcome(Fate.DROP, commands=(record(stamp, sighting, decision, "dropped"),))
    told: tuple[Command, ...] = (Inject(udp_reply(packet, refusal)), record(stamp, sighting, decision, "answered"))
    return Outcome(Fate.DROP, commands=told)


def answer(policy: Policy, stamp: Stamp, sighting: Sighting, packet: bytes, payload: bytes) -> Outcome:
    """Judges every link of the answer. One that leads to a blocked name becomes a refusal in place."""
    decision = decide(policy, sighting.seen, sighting.client, sighting.at)
    if decision.verdict is Verdict.ALLOW:
        return ACCEPT
    if decision.verdict is not Verdict.BLOCK:
        if decision.link == 0 and decision.undecodable is None:
            return ACCEPT  # the question put it on record already
        return Outcome(Fate.ACCEPT, commands=(record(stamp, sighting, decision, "passed"),))
    refusal = _refusal(policy, payload, decision)
    if refusal is None:
        return Outcome(Fate.DROP, commands=(record(stamp, sighting, decision, "dropped"),))
    rewritten = rewrite_udp(packet, refusal)
    return Outcome(Fate.ACCEPT, payload=rewritten, commands=(record(stamp, sighting, decision, "rewritten"),))


def _refusal(policy: Policy, message: bytes, decision: Decision) -> bytes | None:
    """The answer to a blocked question, or None where the question itself cannot be read."""
    rcode = RCODES[policy.settings.blocked_dns]
    try:
        return blocked_answer(message, rcode=rcode, ede_code=EDE_BLOCKED, ede_text=_public_reason(decision))
    except DecodeError:
        return None  # the caller drops the packet and records that it did


def _public_reason(decision: Decision) -> str:
    """What the person behind the client may read: the ban and its phase, none of the site's own affairs."""
    cited = f" ({decision.citations[0]})" if decision.citations else ""
    return f"blocked by {decision.ban or 'policy'}, phase {decision.phase or '-'}{cited}"
