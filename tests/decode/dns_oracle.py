"""The names of a message as dnspython reads it, in the spelling of a HostName."""

import re

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from decode_fixtures import value_or_refusal

from enforcer.decode.dns import decode_links

PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")
TARGETS = {
    dns.rdatatype.CNAME: "target",
    dns.rdatatype.DNAME: "target",
    dns.rdatatype.SVCB: "target",
    dns.rdatatype.HTTPS: "target",
}


def spelled(name: dns.name.Name) -> str:
    labels = [label.lower() for label in name.labels if label]
    return ".".join("".join(chr(c) if c in PLAIN else f"\\{c:03}" for c in label) for label in labels)


def read(wire: bytes) -> dns.message.Message | None:
    """None: dnspython refuses the bytes."""
    try:
        return dns.message.from_wire(wire, ignore_trailing=True, one_rr_per_rrset=True)
    except dns.exception.DNSException:
        return None


def links(message: dns.message.Message) -> list[str]:
    """What decode_links is to return for a response."""
    found = [spelled(rrset.name) for rrset in message.question]
    for section in (message.answer, message.additional):
        for rrset in section:
            target = TARGETS.get(rrset.rdtype)
            if section is message.answer or target:
                found.append(spelled(rrset.name))
            if target:
                name = spelled(getattr(rrset[0], target))
                # RFC 9460 section 2.5: a binding to the root is one to its owner, or to nothing.
                if name or rrset.rdtype in (dns.rdatatype.CNAME, dns.rdatatype.DNAME):
                    found.append(name)
    return list(dict.fromkeys(found))


STRICTER = re.compile(
    r"compression pointer to byte (\d|1[01]) "  # into the header, where no name can be
    r"|more than 32 names"
    r"|\d+ questions"  # RFC 9619: one
)


def has_other_classes(message: dns.message.Message) -> bool:
    """dnspython knows bindings in class IN only and keeps others as bytes; we read them whatever their class."""
    return any(rrset.rdclass != dns.rdataclass.IN for section in message.sections for rrset in section)


def agree(wire: bytes) -> None:
    """Where dnspython reads the message, decode_links reads the same names, or refuses for a reason in STRICTER."""
    oracle = read(wire)
    ours = value_or_refusal(decode_links, wire)
    if oracle is None or oracle.opcode() != dns.opcode.QUERY or has_other_classes(oracle):
        return
    if isinstance(ours, str):
        assert STRICTER.match(ours), ours
    elif oracle.flags & dns.flags.QR:
        assert list(ours) == links(oracle)
    else:
        assert list(ours) == [spelled(rrset.name) for rrset in oracle.question]
