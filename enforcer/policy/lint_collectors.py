"""Findings about `[[collector]]`: alerts that would cross the network for everybody to read and forge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from enforcer.model.destination import TCP, UDP, Destination
from enforcer.policy.lint_rules import Finding


def lint_collectors(collectors: Sequence[Destination], file: str) -> Iterator[Finding]:
    for index, one in enumerate(collectors):
        if one.transport in (UDP, TCP) and not stays_here(one.host):
            risks = "read, changed and lost without a sign" if one.transport == UDP else "read and changed"
            why = f"{one.name} gets its alerts as plain {one.transport.upper()}: they can be {risks} on the way"
            yield Finding(rule="plain-collector", file=file, path=f"collector[{index}].address", why=why)


def stays_here(host: str) -> bool:
    """Whether what is sent there does not leave the machine."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 section 6.3
