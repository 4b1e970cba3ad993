"""A recorded decision put before a policy again: what was seen, and whose it was, as far as the record tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address

from enforcer.model.decision import Decision
from enforcer.model.event import Event
from enforcer.model.names import HostName
from enforcer.model.observation import Address, Client, How, Observation
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

WAYS = frozenset(how.value for how in How)


def observed(event: Event) -> Observation | None:
    """What the record says was seen; None if it is no decision, or says nothing that could be judged."""
    if event.kind != "decision" or event.how not in WAYS:
        return None
    names = event.chain or ((event.name,) if event.name else ())
    address = _address(event.server) if event.how == How.ADDRESS else None
    if not names and address is None and not event.undecodable:
        return None
    return Observation(
        how=How(event.how),
        # As the record keeps them: they were normalised before they were judged.
        names=tuple(HostName(name) for name in names),
        address=address,
        undecodable=event.undecodable or None,
    )


def apart(event: Event) -> Iterator[Event]:
    """Each name of a burst on its own, for each may be judged otherwise.

    How often each was asked for is not kept: all of them once, and what is over counts for the first.
    """
    if not event.names:
        yield event
        return
    first, *others = event.names
    yield replace(event, name=first, names=(), count=max(1, event.count - len(others)))
    for name in others:
        yield replace(event, name=name, chain=(), matched="", names=(), count=1)


def whose(policy: Policy, event: Event) -> Client:
    """The client as a policy of today tells clients apart.

    A record has no interface. Where neither MAC nor address puts the client into a group, and the record names one that
    the policy still has, an interface of that group does.
    """
    client = Client(address=_address(event.client), mac=event.mac or None)
    if event.group and not policy.group(client).name:
        for group in policy.site.groups:
            if group.name == event.group and group.interfaces:
                return Client(address=client.address, mac=client.mac, interface=group.interfaces[0])
    return client


def judged(policy: Policy, event: Event, at: float) -> Decision | None:
    """What the policy says of it at `at`; None for what cannot be judged again."""
    seen = observed(event)
    return None if seen is None else decide(policy, seen, whose(policy, event), at)


def shown(event: Event) -> str:
    """What the client reached for, for a person."""
    return event.name or event.server or event.undecodable or "?"


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
