"""The policy as rules for Suricata 7: a blocked name in a question, a ClientHello (TCP or QUIC) or a Host field.

What must pass inside a blocked domain is excluded in the rule itself, not by a `pass` rule. A pass rule that matches
ends the inspection of the whole flow: every later question over the same DNS connection would go unseen, and other
rules, on malware say, would be silenced with ours (docs/decisions/0071).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from enforcer.export.edition import Edition
from enforcer.export.regions import Region, children
from enforcer.export.sids import EACH, sids
from enforcer.export.text import TextFile, assembled, counted, serial
from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict

NAME = "enforcer.rules"
MAX_RULE = 8000
"""Suricata 7 refuses a rule of more than 8,191 characters."""
ACTIONS = {Verdict.BLOCK: ("drop", 1), Verdict.FLAG: ("alert", 2), Verdict.OBSERVE: ("alert", 3)}
"""What is done, with the priority that it is shown with."""


class Buffer(NamedTuple):
    """Where a name is sought."""

    protocol: str
    keyword: str
    nocase: bool
    """False where Suricata brings the text to lower case itself, and refuses `nocase`."""


BUFFERS = (
    Buffer("dns", "dns.query", True),
    Buffer("tls", "tls.sni", True),
    Buffer("http", "http.host", False),
    Buffer("quic", "quic.sni", True),
)
assert len(BUFFERS) <= EACH  # noqa: S101 (else two rules would have one number)


def write(edition: Edition) -> tuple[TextFile, ...]:
    """Raises ExportRefused for more names than there are rule numbers."""
    numbers = sids(point.name for point in edition.points)
    inside = children(edition.regions)
    wanted = [(region, inside.get(i, [])) for i, region in enumerate(edition.regions) if region.verdict in ACTIONS]
    rules: list[str] = []
    long: list[HostName] = []
    for region, holes in wanted:
        of_region = [
            _rule(edition, buffer, region, holes, numbers[region.name, region.exact] + i)
            for i, buffer in enumerate(BUFFERS)
        ]
        if max(map(len, of_region)) > MAX_RULE:
            long.append(region.name)
        else:
            rules += of_region
    what = "Egress policy as rules for Suricata 7 or later."
    return (assembled(NAME, "#", what, edition, _notes(edition, long), rules),)


def _rule(edition: Edition, buffer: Buffer, region: Region, holes: Iterable[Region], sid: int) -> str:
    action, priority = ACTIONS[region.verdict]
    ban = region.ground.ban or "none"
    options = [
        f'msg:"enforcer {_quotable(region.ground.words)} {region.name}"',
        buffer.keyword,
        "dotprefix",
        *_content(region, buffer, ""),
        *(option for hole in holes for option in _content(hole, buffer, "!")),
        "classtype:policy-violation",
        f"priority:{priority}",
        f"metadata:enforcer_ban {_quotable(ban)}, enforcer_revision {_quotable(edition.revision)}",
        f"sid:{sid}",
        f"rev:{serial(edition)}",
    ]
    return f"{action} {buffer.protocol} any any -> any any ({'; '.join(options)};)"


def _content(region: Region, buffer: Buffer, negated: str) -> Iterator[str]:
    """`dotprefix` puts a dot in front of the text, so that `.x.example` is x.example itself and all below it."""
    yield f'content:{negated}".{region.name}"'
    if buffer.nocase:
        yield "nocase"
    if region.exact:
        yield "startswith"
    yield "endswith"


def _quotable(text: str) -> str:
    """Nothing that means something to Suricata inside an option or its quotes."""
    return re.sub(r"[^A-Za-z0-9 _./@()-]", "", text)


def _notes(edition: Edition, long: list[HostName]) -> Iterator[str]:
    yield (
        "`drop` stops traffic only where Suricata runs inline (IPS mode); elsewhere it alerts. A ClientHello that is "
        "encrypted (ECH), a name with a dot behind it in a Host field, and names over DoH are not seen."
    )
    yield (
        "a `drop` ends the whole flow. Put Suricata between the clients and their resolver: behind the resolver, where "
        "many questions share a flow, a blocked one would take others along."
    )
    if edition.wishes.log_only:
        yield "`alert` rules are for what is flagged (priority 2) or observed (3); it passes."
    if long:
        yield (
            f"{counted(len(long), 'domain')} left out, because so much must pass inside that no rule is long enough: "
            f"{', '.join(long)}."
        )
