"""What `enforcer config init` asks of interfaces and collectors: again, where an answer would not do."""

from __future__ import annotations

from collections.abc import Sequence

import click

from enforcer.model.errors import EdgeError, PolicyError
from enforcer.model.settings import INLINE, TAP
from enforcer.model.surroundings import LOOPBACK, Surroundings
from enforcer.policy.site_text import collectors_text
from enforcer.policy.site_trust import check_site

_NONE = ("", "none", "no", "-")


def interfaces(found: Surroundings, mode: str, asking: bool) -> tuple[str, ...]:
    """Where clients, or what is mirrored, come in. Raises EdgeError where nothing is asked and a mirror has none.

    Only a mirror must have them; a gateway judges whoever comes in anywhere, unless told.
    """
    links = (
        found.client_links
        if mode == INLINE
        else [one for one in found.links if one.kind != LOOPBACK and not one.uplink]
    )
    known = [link.name for link in links]
    if mode == TAP and not asking:
        raise EdgeError('mode "tap" needs the interface of the mirror', cure=f"--interface, one of {', '.join(known)}")
    if not asking or mode not in (TAP, INLINE):
        return ()
    bridges = {link.name: link.master for link in found.links}

    def read(answer: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(answer.split()))
        if mode == INLINE and (not names or names == ("all",)):
            return ()
        for name in names:
            if name not in bridges:
                raise click.UsageError(
                    f"no interface here is called {name!r}: name it by --interface if it comes later"
                )
            if mode == INLINE and (bridge := bridges[name]):
                raise click.UsageError(f"{name} is a port of {bridge}, by whose name its packets come: {bridge}")
        return names

    listed = f" ({', '.join(known)})" if known else ""
    if mode == TAP:
        return tuple(click.prompt(f"Interfaces of the mirror{listed}", value_proc=read, err=True))
    question = f"Judge clients that come in at which interfaces{listed}"
    return tuple(click.prompt(question, default="all", value_proc=read, err=True))


def collectors(given: Sequence[str], asking: bool) -> tuple[str, ...]:
    """Addresses of other machines that get alerts."""
    if given or not asking:
        return tuple(given)

    def read(answer: str) -> tuple[str, ...]:
        addresses = tuple(dict.fromkeys(answer.split()))
        if len(addresses) <= 1 and answer.strip().lower() in _NONE:
            return ()
        if why := _fault(addresses):
            raise click.UsageError(why)
        return addresses

    question = "Another machine that gets alerts, such as tls://siem.example:6514"
    return tuple(click.prompt(question, default="none", value_proc=read, err=True))


def _fault(addresses: Sequence[str]) -> str:
    """What is wrong with them; empty if nothing is."""
    try:
        check_site("\n".join(collectors_text(addresses)), "")
    except PolicyError as error:
        return error.faults[0].why
    return ""
