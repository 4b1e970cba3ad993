"""Ways around the gateway's DNS beside the vendors' judgement: what a packet's outcome becomes when it shows one.

The vendor's word comes first. What it stops is stopped, and nothing more is said. What it lets pass may be stopped
here: then its own record, if it has one, says so, and the finding stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from enforcer.decode.dns_answer import EDE_FILTERED, NXDOMAIN, blocked_answer
from enforcer.decode.first_data import FirstData
from enforcer.decode.packets import rewrite_udp, udp_reply
from enforcer.model.command import Command, Fate, Inject, Outcome, Record
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.marks import REJECT
from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict
from enforcer.pipeline.dns_packets import RCODES
from enforcer.pipeline.stamp import Sighting, Stamp, record
from enforcer.policy.bypass import Detour, decided, reason
from enforcer.policy.compiled import Policy

NOERROR = 0
_CODES = {"nxdomain": NXDOMAIN, "nodata": NOERROR}


def question(
    policy: Policy, stamp: Stamp, sighting: Sighting, packet: bytes, payload: bytes, outcome: Outcome
) -> Outcome:
    """A question that shows a way around is answered here: never with an address, never with silence."""
    detour = policy.bypass.of_names(sighting.seen.names, sighting.client, sighting.server)
    if detour is None or outcome.fate is Fate.DROP:
        return outcome
    decision = decided(detour, sighting.seen.names[0], policy.revision)
    refusal = _refusal(policy, payload, detour) if decision.verdict is Verdict.BLOCK else None
    if refusal is None:
        return _beside(outcome, record(stamp, sighting, decision, "passed"))
    finding = record(stamp, sighting, decision, "answered")
    return _instead(outcome, Outcome(Fate.DROP, commands=(Inject(udp_reply(packet, refusal)), finding)))


def answer(
    policy: Policy, stamp: Stamp, sighting: Sighting, packet: bytes, payload: bytes, outcome: Outcome
) -> Outcome:
    """An answer that leads to a way around becomes a refusal. The name asked for was judged with its question."""
    names = sighting.seen.names
    detour = policy.bypass.of_names(names, sighting.client, sighting.server, link=1)
    if detour is None or outcome.fate is Fate.DROP:
        return outcome
    link = next(number for number, name in enumerate(names) if number and policy.bypass.match(name) == detour)
    decision = decided(detour, names[link], policy.revision)._replace(link=link)
    refusal = _refusal(policy, payload, detour) if decision.verdict is Verdict.BLOCK else None
    if refusal is None:
        return _beside(outcome, record(stamp, sighting, decision, "passed"))
    finding = record(stamp, sighting, decision, "rewritten")
    return _instead(outcome, Outcome(Fate.ACCEPT, payload=rewrite_udp(packet, refusal), commands=(finding,)))


def first_message(
    policy: Policy,
    stamp: Stamp,
    sighting: Sighting,
    first: FirstData,
    outcome: Outcome,
    blocked: Callable[[Decision], Outcome],
) -> Outcome:
    """A decided connection whose first message shows a way around; `blocked` is how its protocol stops one."""
    if outcome.mark == REJECT or first.how is None:
        return outcome
    seen = sighting.seen
    detour = policy.bypass.of_hello(
        first.how, seen.names, first.alpn, sighting.client, sighting.server, sighting.server_port
    )
    if detour is None:
        return outcome
    name: HostName | None = next(iter(seen.names), None)
    decision = decided(detour, name, policy.revision)
    if decision.verdict is Verdict.BLOCK:
        return _instead(outcome, blocked(decision))
    return _beside(outcome, record(stamp, sighting, decision, "passed"))


def _refusal(policy: Policy, message: bytes, detour: Detour) -> bytes | None:
    """The answer to a question that is stopped, or None where the question itself cannot be read."""
    rcode = _CODES.get(detour.answer, RCODES[policy.settings.blocked_dns])
    text = reason(detour.way, Verdict.BLOCK)
    try:
        return blocked_answer(message, rcode=rcode, ede_code=EDE_FILTERED, ede_text=text)
    except DecodeError:
        return None  # it passes as a finding: what cannot be read is judged by the phase, not here


def _beside(outcome: Outcome, finding: Record) -> Outcome:
    return replace(outcome, commands=(*outcome.commands, finding))


def _instead(outcome: Outcome, stopped: Outcome) -> Outcome:
    """What is done in place of letting it pass. A vendor's record of that says what became of it."""
    action = next(command.event.action for command in stopped.commands if isinstance(command, Record))
    told: tuple[Command, ...] = tuple(
        Record(replace(command.event, action=action)) if isinstance(command, Record) else command
        for command in outcome.commands
    )
    return replace(stopped, commands=(*told, *stopped.commands))
