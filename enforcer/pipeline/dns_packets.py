"""DNS messages of port 53, judged: a question on its way out, or an answer on its way back.

`question` and `answer` are the judgement, the same for every transport. What is done about it in a datagram stands
here too; pipeline/dns_streams.py does it in a connection.
"""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.decode.dns import decode_links, decode_question
from enforcer.decode.dns_answer import EDE_BLOCKED, MAX_ANSWER, NXDOMAIN, REFUSED, blocked_answer
from enforcer.decode.dns_rewrite import lasting
from enforcer.decode.packets import rewrite_udp, udp_reply
from enforcer.model.command import ACCEPT, Command, Fate, Inject, Outcome
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict
from enforcer.pipeline.stamp import Sighting, Stamp, record
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

RCODES = {"nxdomain": NXDOMAIN, "refused": REFUSED, "sinkhole": NXDOMAIN}
"""By `blocked_dns`; of a sinkhole where no address may be given (pipeline/detours.py)."""

HINTS_REMOVED = "hints and ECH removed by policy"
"""What a client reads whose answer can no longer be verified for it."""

Names = tuple[HostName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What one message comes to."""

    sighting: Sighting
    decision: Decision
    recorded: bool = True
    """Whether it goes on record if it passes."""
    refusal: bytes | None = None
    """What the client gets if it is blocked; None where the question itself cannot be read."""
    message: bytes | None = None
    """The answer as it may be kept by whoever gets it, if that is not as it came."""
    beside: Ruled | None = None
    """What else there is to say of it: of a vendor's and of a way around DNS, the one that does not decide."""

    @property
    def blocked(self) -> bool:
        return self.decision.verdict is Verdict.BLOCK

    def told(self, stamp: Stamp) -> tuple[Command, ...]:
        """The records of a message that passes."""
        own = (record(stamp, self.sighting, self.decision, "passed"),) if self.recorded else ()
        return own if self.beside is None else (*own, *self.beside.told(stamp))

    def done(self, stamp: Stamp, action: str) -> tuple[Command, ...]:
        """The records of a message that is blocked, and how."""
        own = (record(stamp, self.sighting, self.decision, action),)
        if self.beside is None or not self.beside.recorded:
            return own
        return (*self.beside.done(stamp, action), *own)


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


def question(policy: Policy, sighting: Sighting, message: bytes) -> Ruled | None:
    """Judges the name asked for; None if it passes in silence."""
    decision = decide(policy, sighting.seen, sighting.client, sighting.at)
    if decision.verdict is Verdict.ALLOW:
        return None
    return Ruled(sighting=sighting, decision=decision, refusal=_refusal(policy, message, decision))


def answer(
    policy: Policy, sighting: Sighting, message: bytes, *, most: int = MAX_ANSWER, told: str | None = None
) -> Ruled | None:
    """Judges every link of an answer; None if it passes in silence and as it is.

    A refusal has at most `most` bytes; with `told` None an answer that passes keeps its length.
    """
    decision = decide(policy, sighting.seen, sighting.client, sighting.at)
    if decision.verdict is Verdict.BLOCK:
        refusal = _refusal(policy, message, decision, most)
        return Ruled(sighting=sighting, decision=decision, refusal=refusal)
    # The question put the name asked for on record already.
    recorded = decision.verdict is not Verdict.ALLOW and (decision.link > 0 or decision.undecodable is not None)
    lasts = _lasting(message, decision, sighting.at, told)
    if not recorded and lasts is None:
        return None
    return Ruled(sighting=sighting, decision=decision, recorded=recorded, message=lasts)


def _lasting(message: bytes, decision: Decision, at: float, told: str | None) -> bytes | None:
    """The answer about a name in policy, which no cache may carry over a date, and no hint past our reading."""
    if decision.vendor is None or (decision.verdict is Verdict.ALLOW and decision.next_change is None):
        return None
    left = None if decision.next_change is None else max(int(decision.next_change - at), 1)
    try:
        return lasting(message, ttl=left, told=told)
    except DecodeError:
        return None  # docs/wire.md says which answers stay as they are


def asked(stamp: Stamp, ruled: Ruled | None, packet: bytes) -> Outcome:
    """A question in a datagram. A blocked one is answered here and does not leave."""
    if ruled is None:
        return ACCEPT
    if not ruled.blocked:
        return Outcome(Fate.ACCEPT, commands=ruled.told(stamp))
    if ruled.refusal is None:
        return _dropped(stamp, ruled)
    return Outcome(Fate.DROP, commands=(Inject(udp_reply(packet, ruled.refusal)), *ruled.done(stamp, "answered")))


def answered(stamp: Stamp, ruled: Ruled | None, packet: bytes) -> Outcome:
    """An answer in a datagram. One that leads to a blocked name becomes a refusal in place."""
    if ruled is None:
        return ACCEPT
    if not ruled.blocked:
        kept = None if ruled.message is None else rewrite_udp(packet, ruled.message)
        return Outcome(Fate.ACCEPT, payload=kept, commands=ruled.told(stamp))
    if ruled.refusal is None:
        return _dropped(stamp, ruled)
    rewritten = rewrite_udp(packet, ruled.refusal)
    return Outcome(Fate.ACCEPT, payload=rewritten, commands=ruled.done(stamp, "rewritten"))


def _dropped(stamp: Stamp, ruled: Ruled) -> Outcome:
    return Outcome(Fate.DROP, commands=ruled.done(stamp, "dropped"))


def _refusal(policy: Policy, message: bytes, decision: Decision, most: int = MAX_ANSWER) -> bytes | None:
    """The answer to a blocked question, or None where the question itself cannot be read."""
    if decision.verdict is not Verdict.BLOCK:
        return None
    rcode, why = RCODES[policy.settings.blocked_dns], _public_reason(decision)
    sinkhole = [address.packed for address in policy.settings.sinkhole]
    try:
        return blocked_answer(message, rcode=rcode, ede_code=EDE_BLOCKED, ede_text=why, most=most, sinkhole=sinkhole)
    except DecodeError:
        return None  # the caller drops the packet and records that it did


def _public_reason(decision: Decision) -> str:
    """What the person behind the client may read: the ban and its phase, none of the site's own affairs."""
    cited = f" ({decision.citations[0]})" if decision.citations else ""
    return f"blocked by {decision.ban or 'policy'}, phase {decision.phase or '-'}{cited}"
