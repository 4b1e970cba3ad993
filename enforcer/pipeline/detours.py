"""Ways around the gateway's DNS beside the vendors' judgement: what a message comes to when it shows one.

The vendor's word comes first. What it stops is stopped, and nothing more is said. What it lets pass may be stopped
here: then its own record, if it has one, says so, and the finding stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from enforcer.decode.dns_answer import EDE_FILTERED, MAX_ANSWER, NXDOMAIN, blocked_answer
from enforcer.decode.first_data import FirstData
from enforcer.model.command import Command, Outcome, Record
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.marks import REJECT
from enforcer.model.verdict import Verdict
from enforcer.pipeline.dns_packets import RCODES, Ruled
from enforcer.pipeline.first import Unreadable
from enforcer.pipeline.stamp import Sighting, Stamp, record
from enforcer.policy.bypass import decided, reason
from enforcer.policy.compiled import Policy
from enforcer.policy.way_names import Detour

NOERROR = 0
_CODES = {"nxdomain": NXDOMAIN, "nodata": NOERROR}


def question(policy: Policy, sighting: Sighting, message: bytes, ruled: Ruled | None) -> Ruled | None:
    """A question with what it shows. One that is stopped is answered: never with an address, never with silence."""
    if ruled is not None and ruled.blocked:
        return ruled
    detour = policy.bypass.of_names(sighting.seen.names, sighting.client, sighting.server)
    if detour is None:
        return ruled
    decision = decided(detour, sighting.seen.names[0], policy.revision)
    return _both(ruled, Ruled(sighting=sighting, decision=decision, refusal=_refusal(policy, message, detour)))


def answer(
    policy: Policy, sighting: Sighting, message: bytes, ruled: Ruled | None, most: int = MAX_ANSWER
) -> Ruled | None:
    """An answer with where it leads. The name asked for was judged with its question."""
    names = sighting.seen.names
    if len(names) < 2 or (ruled is not None and ruled.blocked):
        return ruled
    detour = policy.bypass.of_names(names, sighting.client, sighting.server, link=1)
    if detour is None:
        return ruled
    link = next(number for number, name in enumerate(names) if number and policy.bypass.match(name) == detour)
    decision = decided(detour, names[link], policy.revision, link)
    refusal = _refusal(policy, message, detour, most)
    return _both(ruled, Ruled(sighting=sighting, decision=decision, refusal=refusal))


def first_message(
    policy: Policy,
    stamp: Stamp,
    sighting: Sighting,
    first: FirstData | Unreadable,
    outcome: Outcome,
    blocked: Callable[[Decision], Outcome],
) -> Outcome:
    """A decided connection whose first message shows a way around; `blocked` is how its protocol stops one."""
    if outcome.mark == REJECT or isinstance(first, Unreadable) or first.how is None:
        return outcome
    seen = sighting.seen
    detour = policy.bypass.of_hello(
        first.how, seen.names, first.alpn, sighting.client, sighting.server, sighting.server_port
    )
    if detour is None:
        return outcome
    decision = decided(detour, next(iter(seen.names), None), policy.revision)
    if decision.verdict is Verdict.BLOCK:
        return _instead(outcome, blocked(decision))
    return replace(outcome, commands=(*outcome.commands, record(stamp, sighting, decision, "passed")))


def _both(vendors: Ruled | None, finding: Ruled) -> Ruled:
    """The finding decides if it is to be stopped; the vendor's word has not stopped it."""
    if vendors is None:
        return finding
    return replace(finding, beside=vendors) if finding.blocked else replace(vendors, beside=finding)


def _refusal(policy: Policy, message: bytes, detour: Detour, most: int = MAX_ANSWER) -> bytes | None:
    """The answer to a question that is stopped, or None where the question itself cannot be read."""
    rcode = _CODES.get(detour.answer, RCODES[policy.settings.blocked_dns])
    text = reason(detour.way, Verdict.BLOCK)
    try:
        return blocked_answer(message, rcode=rcode, ede_code=EDE_FILTERED, ede_text=text, most=most)
    except DecodeError:
        return None


def _instead(outcome: Outcome, stopped: Outcome) -> Outcome:
    """What is done in place of letting it pass. A vendor's record of that says what became of it."""
    action = next(command.event.action for command in stopped.commands if isinstance(command, Record))
    told: tuple[Command, ...] = tuple(
        Record(replace(command.event, action=action)) if isinstance(command, Record) else command
        for command in outcome.commands
    )
    return replace(stopped, commands=(*told, *stopped.commands))
