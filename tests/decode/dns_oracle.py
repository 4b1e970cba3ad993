"""The names of a message as dnspython reads it, in the spelling of a HostName."""

import dns.exception
import dns.message
import dns.name
import dns.opcode
import dns.rdata
import dns.rdatatype

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
            target = TARGETS.get(rrset.rdtype) if not isinstance(rrset[0], dns.rdata.GenericRdata) else None
            if section is message.answer or target:
                found.append(spelled(rrset.name))
            if target:
                name = spelled(getattr(rrset[0], target))
                # RFC 9460 section 2.5: a binding to the root is one to its owner, or to nothing.
                if name or (target and rrset.rdtype in (dns.rdatatype.CNAME, dns.rdatatype.DNAME)):
                    found.append(name)
    return list(dict.fromkeys(found))
