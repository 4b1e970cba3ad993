"""Messages to the kernel's table of flows (linux/netfilter/nfnetlink_conntrack.h)."""

from __future__ import annotations

from enforcer.plan.netlink import attribute, message, nested, number

_NEW = 1 << 8  # IPCTNL_MSG_CT_NEW; without NLM_F_CREATE it changes what is there
_IPV4, _IPV6 = 2, 10
_TCP, _SYN, _FLAGS_AT = 6, 2, 13
# CTA_*
_ORIGINAL, _ADDRESSES, _PROTOCOL = 1, 1, 2
_MARK, _MARK_MASK = 8, 21


def mark_flow(packet: bytes, bits: int, mask: int) -> bytes | None:
    """Sets the `mask` bits of the conntrack mark of the flow that `packet`, sent by its originator, belongs to.

    None if it is no TCP segment directly behind an IPv4 or IPv6 header, or a SYN: the flow of a first packet is not
    in the table yet.
    """
    found = _ports_at(packet)
    if found is None:
        return None
    family, at = found
    size, source, first = (4, 12, 1) if family == _IPV4 else (16, 8, 3)
    addresses = nested(
        _ADDRESSES,
        attribute(first, packet[source : source + size]),
        attribute(first + 1, packet[source + size : source + 2 * size]),
    )
    ports = (attribute(2, packet[at : at + 2]), attribute(3, packet[at + 2 : at + 4]))
    tuple_ = nested(_ORIGINAL, addresses, nested(_PROTOCOL, attribute(1, bytes((_TCP,))), *ports))
    return message(_NEW, 0, 0, tuple_, number(_MARK, bits), number(_MARK_MASK, mask), family=family)


def _ports_at(packet: bytes) -> tuple[int, int] | None:
    """Family, and where the TCP header begins."""
    version = packet[0] >> 4 if packet else 0
    if version == 4:
        family, protocol_at, at = _IPV4, 9, (packet[0] & 15) * 4
    elif version == 6:
        family, protocol_at, at = _IPV6, 6, 40
    else:
        return None
    if len(packet) <= at + _FLAGS_AT or packet[protocol_at] != _TCP or packet[at + _FLAGS_AT] & _SYN:
        return None
    return family, at
