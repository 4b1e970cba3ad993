"""What the site does about ways around DNS that a name or an address shows, in words: for whoever asks beforehand.

In:  a compiled policy and what would be seen. Out: one `Around` for each way, the allowed too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import Address, Client
from enforcer.model.settings import HOST, TAP, Settings
from enforcer.model.verdict import Verdict
from enforcer.model.ways import Treatment, Way, Ways
from enforcer.policy.bypass import TITLES, VERDICTS, reason
from enforcer.policy.compiled import Policy
from enforcer.policy.prefixes import unmapped
from enforcer.policy.way_names import Detour

_BY_ADDRESS = {
    Way.RESOLVERS: "port 53",
    Way.DOT: "TCP port 853",
    Way.DOQ: "UDP ports 853, 784 and 8853",
    Way.DOH: "port 443, as a suspicion",
}
_SEEN_AT_MIRROR = frozenset({Way.DOT, Way.DOQ})
_DONE = {
    Treatment.ALLOW: "passes, nothing is recorded",
    Treatment.FLAG: "passes, and is recorded as a finding",
    Treatment.BLOCK: "stopped, and recorded as a finding",
}
_ANSWERS = {"nxdomain": "NXDOMAIN", "nodata": "an empty answer", "refused": "REFUSED", "sinkhole": "NXDOMAIN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """One way, and what becomes of it here."""

    way: Way
    treatment: Treatment
    """What `[bypass]` says of it."""
    is_default: bool
    """The same as where the site file says nothing."""
    pattern: str
    """The name as listed, or whose resolver it is."""
    verdict: Verdict
    done: str
    """What becomes of it, in words."""

    @property
    def title(self) -> str:
        return TITLES[self.way]

    @property
    def key(self) -> str:
        """Of the site file."""
        return f"bypass.{self.way.value}"


def around(policy: Policy, what: HostName | Address, client: Client) -> tuple[Around, ...]:
    if not isinstance(what, str):
        return tuple(_of_address(policy, what, client))
    detour = policy.bypass.listed(what)
    return () if detour is None else (_of_name(policy, detour, client),)


def _of_name(policy: Policy, detour: Detour, client: Client) -> Around:
    settings, treatment = policy.settings, detour.treatment
    if policy.bypass.exempts(client):
        return _around(policy.bypass.ways, detour.way, detour.pattern, Treatment.ALLOW, _EXEMPT)
    done = _DONE[treatment]
    if treatment is not policy.bypass.ways.of(detour.way):
        done += "; not stopped, because the confidence in this name is low"
    elif treatment is Treatment.BLOCK and settings.mode == TAP:
        done = "recorded as what would be stopped; at a mirror nothing is"
    elif treatment is Treatment.BLOCK:
        done += f": a question gets {_answer(settings, detour)}, a connection that names it is reset or rejected"
    return _around(policy.bypass.ways, detour.way, detour.pattern, treatment, done)


def _answer(settings: Settings, detour: Detour) -> str:
    """As pipeline/detours.py refuses a question."""
    return _ANSWERS[settings.blocked_dns if detour.answer == "site" else detour.answer]


def _of_address(policy: Policy, address: Address, client: Client) -> Iterator[Around]:
    """Nothing of an address that is no known resolver: that anybody may run one on its ports goes without saying."""
    if operator := policy.bypass.operator(address):
        ways = policy.bypass.ways
        for way, ports in _BY_ADDRESS.items():
            yield _around(ways, way, operator, *_by_address(policy, way, address, client, ports))


def _by_address(policy: Policy, way: Way, address: Address, client: Client, ports: str) -> tuple[Treatment, str]:
    ways, treatment = policy.bypass.ways, policy.bypass.ways.of(way)
    if policy.bypass.exempts(client):
        return Treatment.ALLOW, f"{ports}: {_EXEMPT}"
    for key, free in (("except", ways.excepted), ("redirect_to", ways.redirect_to)):
        if unmapped(address) in free:
            return Treatment.ALLOW, f"{ports}: passes, everybody may use it (`{key}` in [bypass])"
    if policy.settings.mode == TAP and treatment is not Treatment.ALLOW:
        seen = "seen by the names that are listed alone" if way in _SEEN_AT_MIRROR else "not seen"
        return Treatment.ALLOW, f"{ports}: passes; at a mirror it is {seen}"
    return treatment, f"{ports}: {_done(policy, way, treatment, address)}"


def _done(policy: Policy, way: Way, treatment: Treatment, address: Address) -> str:
    read = "; its questions are read and judged as any others" if way is Way.RESOLVERS else ""
    if treatment is not Treatment.REDIRECT:
        return _DONE[treatment] + ("" if treatment is Treatment.BLOCK else read)
    to = [one for one in policy.bypass.ways.redirect_to if one.version == unmapped(address).version]
    if to and policy.settings.mode != HOST:
        return f"sent to {to[0]} instead, and recorded as a finding{read}"
    why = "mode host redirects nothing" if to else "`redirect_to` has no address of this family"
    return f"{_DONE[Treatment.FLAG]}, since {why}{read}"


def judged(decision: Decision, ways: tuple[Around, ...]) -> Decision:
    """What becomes of a name: the stricter of a vendor's word and a way around, as pipeline/detours.py does it."""
    way = max(ways, key=lambda one: one.verdict, default=None)
    if way is None or way.verdict <= decision.verdict:
        return decision
    if decision.vendor or decision.trap:
        return decision._replace(verdict=way.verdict)
    return decision._replace(verdict=way.verdict, reason=reason(way.way, way.verdict), pattern=way.pattern, way=way.way)


_EXEMPT = "passes, this client may use any way (`exempt_clients` in [bypass])"


def _around(ways: Ways, way: Way, pattern: str, treatment: Treatment, done: str) -> Around:
    said = ways.of(way)
    return Around(
        way=way,
        treatment=said,
        is_default=said is Ways().of(way),
        pattern=pattern,
        verdict=VERDICTS.get(treatment, Verdict.ALLOW),
        done=done,
    )
