"""What may be probed: for each service that is blocked now, one name of which the policy says so; and the messages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from struct import Struct
from typing import NamedTuple

from enforcer.decode.dns_answer import sinkhole_record
from enforcer.model.names import HostName
from enforcer.model.observation import Client, How, Observation
from enforcer.model.verdict import SERVICES, Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.vendor import every_domain, every_name

MOST = 64
"""Probes of one run."""
LOOKED_AT = 50
"""Names of a service that are tried until one is blocked."""
FREE = HostName("www.example.com")
"""A name of nobody's (RFC 2606), to see that what is stopped is not stopped by something else."""
_HEADER = Struct("!HHHHHH")
_RD, _QR = 0x0100, 0x8000
_OPT = bytes.fromhex("00 0029 04d0 00000000 0000".replace(" ", ""))
_OPT_FIXED, _EDE, _POLICY_CODES = 11, 15, (15, 17)
"""Bytes of an OPT record before its options; Extended DNS Error and its codes Blocked and Filtered (RFC 8914)."""
NOERROR, NXDOMAIN, REFUSED = 0, 3, 5
_SINKHOLE = sinkhole_record(1, bytes(4))[:-4]
"""How the A record of a sinkhole begins: all but its address."""


class Target(NamedTuple):
    vendor: str
    service: str
    name: HostName


class Answer(NamedTuple):
    rcode: int
    records: int
    """Answers in it."""
    policy: str
    """The text of its Extended DNS Error, if that says that a policy blocks; else empty."""


def targets(policy: Policy, client: Client, at: float) -> Iterator[Target]:
    """A name for each service that is blocked for the client at that instant, MOST at most."""
    found = 0
    for vendor in policy.vendors:
        for service in SERVICES:
            rows = [row for row in vendor.hosts if row.service == service]
            names = chain.from_iterable(chain(every_name(row), every_domain(row)) for row in rows)
            name = _blocked(policy, names, client, at)
            if name is not None and found < MOST:
                found += 1
                yield Target(vendor.id, service, name)


def is_free(policy: Policy, name: HostName, client: Client, at: float) -> bool:
    return _verdict(policy, name, client, at) is Verdict.ALLOW


def question(name: HostName, id_: int) -> bytes:
    """A query for the name's A record, with an OPT record (RFC 6891), so that we may be told why it is refused."""
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    return _HEADER.pack(id_, _RD, 1, 0, 0, 1) + labels + b"\0\0\x01\0\x01" + _OPT


def read_answer(query: bytes, answer: bytes) -> Answer | None:
    """None if it is no answer to that query, as far as we look: its question repeated, our own refusal in whole."""
    asked = query[12 : len(query) - len(_OPT)]
    if len(answer) < 12 + len(asked) or answer[:2] != query[:2]:
        return None
    _, flags, questions, records, authorities, extras = _HEADER.unpack_from(answer)
    if not flags & _QR or questions != 1 or answer[12 : 12 + len(asked)].lower() != asked.lower():
        return None
    rest = answer[12 + len(asked) :]
    if records == 1:
        rest = rest[len(_SINKHOLE) + 4 :] if rest.startswith(_SINKHOLE) else b""
    bare = records <= 1 and authorities == 0 and extras == 1
    return Answer(flags & 15, records, _policy_text(rest) if bare else "")


def _policy_text(opt: bytes) -> str:
    """Of an OPT record whose first option is an Extended DNS Error, as in our refusals (decode/dns_answer.py)."""
    if len(opt) < _OPT_FIXED + 6 or opt[:3] != b"\0\0\x29":
        return ""
    code, length, info = (int.from_bytes(opt[at : at + 2], "big") for at in (11, 13, 15))
    text = opt[17 : 15 + length]
    return text.decode(errors="replace") if code == _EDE and info in _POLICY_CODES else ""


def _blocked(policy: Policy, names: Iterator[HostName], client: Client, at: float) -> HostName | None:
    for _, name in zip(range(LOOKED_AT), names, strict=False):
        if _verdict(policy, name, client, at) is Verdict.BLOCK:
            return name
    return None


def _verdict(policy: Policy, name: HostName, client: Client, at: float) -> Verdict:
    return decide(policy, Observation(how=How.DNS, names=(name,)), client, at).verdict
