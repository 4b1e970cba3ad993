"""Messages to the kernel's table of flows (linux/netfilter/nfnetlink_conntrack.h)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from enforcer.plan.netlink import ACK, CREATE, Message, attribute, attributes, message, nested, number

_NEW = 1 << 8  # IPCTNL_MSG_CT_NEW; without NLM_F_CREATE it changes what is there
_GET = 1 << 8 | 1  # IPCTNL_MSG_CT_GET
_DELETE = 1 << 8 | 2  # IPCTNL_MSG_CT_DELETE
_IPV4, _IPV6 = 2, 10
_TCP, _SYN, _FLAGS_AT = 6, 2, 13
# CTA_*
_ORIGINAL, _REPLY, _ADDRESSES, _PROTOCOL = 1, 2, 1, 2
_STATUS, _MARK, _MARK_MASK = 3, 8, 21
_SEEN_REPLY = 2  # IPS_SEEN_REPLY (linux/netfilter/nf_conntrack_common.h)
_PROTOCOL_INFO, _OF_TCP, _STATE = 4, 1, 1
_SYN_RECEIVED, _ESTABLISHED = 2, 3  # TCP_CONNTRACK_SYN_RECV, ... (linux/netfilter/nf_conntrack_tcp.h)
_FLAGS_ORIGINAL, _FLAGS_REPLY = 4, 5
_SACK_PERMITTED, _BE_LIBERAL = 2, 8  # IP_CT_TCP_FLAG_SACK_PERM, ...
_LENIENT = bytes((_SACK_PERMITTED | _BE_LIBERAL,)) * 2
"""These flags and their mask: as for a connection that is met in its midst."""
_TIMEOUT, _EXCLUSIVE = 7, 0x200  # NLM_F_EXCL
_CONFIRMED, _ASSURED = 1 << 3, 1 << 2
TAKEN_UP_FOR = 300
"""Seconds, until its next packet gives it conntrack's own time."""


def mark_flow(packet: bytes, bits: int, mask: int) -> bytes | None:
    """Sets the `mask` bits of the conntrack mark of the flow that `packet`, sent by its originator, belongs to.

    None if it is no TCP segment directly behind an IPv4 or IPv6 header, or a SYN: the flow of a first packet is not
    in the table yet.
    """
    found = _ports_at(packet)
    if found is None or packet[found[1] + _FLAGS_AT] & _SYN:
        return None
    family, at = found
    tuple_ = _tuple(_ORIGINAL, family, *_ends(packet, family, at))
    return message(_NEW, 0, 0, tuple_, number(_MARK, bits), number(_MARK_MASK, mask), family=family)


def answered_flows(packet: bytes) -> Iterator[bytes]:
    """Asks for the flow whose originator `packet` is an answer to: by the ends that the originator named, and by those
    that it has where they were translated. Nothing, where it is no TCP segment directly behind an IP header.
    """
    found = _ports_at(packet)
    if found is None:
        return
    family, at = found
    source, destination, source_port, destination_port = _ends(packet, family, at)
    asked = _tuple(_ORIGINAL, family, destination, source, destination_port, source_port)
    translated = _tuple(_REPLY, family, source, destination, source_port, destination_port)
    yield from (message(_GET, ACK, 0, ends, family=family) for ends in (asked, translated))


def is_answered(flow: Message) -> bool:
    """Whether the kernel says of a flow that its server's SYN-ACK is the last that it knows of it."""
    return _of_tcp(attributes(flow.payload[4:])).get(_STATE) == bytes((_SYN_RECEIVED,))


def originator(flow: Message) -> bytes:
    """Addresses and ports of a flow as its originator names them, one behind the other."""
    original = attributes(attributes(flow.payload[4:]).get(_ORIGINAL, b""))
    addresses, ports = attributes(original.get(_ADDRESSES, b"")), attributes(original.get(_PROTOCOL, b""))
    return b"".join((*(addresses[kind] for kind in sorted(addresses)), ports.get(2, b""), ports.get(3, b"")))


def own_flow(flow: bytes) -> bytes:
    """Asks for a flow by addresses and ports as they stand in the packets of one of its ends."""
    family, *ends = _named(flow)
    return message(_GET, ACK, 0, _tuple(_ORIGINAL, family, *ends), family=family)


def forgotten(flow: bytes) -> bytes:
    """Takes the entry out that `own_flow` finds."""
    family, *ends = _named(flow)
    return message(_DELETE, ACK, 0, _tuple(_ORIGINAL, family, *ends), family=family)


def taken_up(flow: bytes) -> bytes:
    """Makes an entry for a flow by its originator's addresses and ports, as the kernel does amid a connection: as
    established, and without a window that is known. Refused where there is one."""
    family, here, there, port, other = _named(flow)
    lenient = attribute(_FLAGS_ORIGINAL, _LENIENT), attribute(_FLAGS_REPLY, _LENIENT)
    state = nested(_PROTOCOL_INFO, nested(_OF_TCP, attribute(_STATE, bytes((_ESTABLISHED,))), *lenient))
    ends = _tuple(_ORIGINAL, family, here, there, port, other), _tuple(_REPLY, family, there, here, other, port)
    known = number(_STATUS, _SEEN_REPLY | _ASSURED | _CONFIRMED), number(_TIMEOUT, TAKEN_UP_FOR)
    return message(_NEW, ACK | CREATE | _EXCLUSIVE, 0, *ends, *known, state, family=family)


def is_heard(flow: Message) -> bool:
    """Whether the kernel has seen something from both sides of a flow, and holds its originator to it: not one that it
    took up in its midst, whose window it does not know. There an acknowledgement of what was never sent is as good."""
    known = attributes(flow.payload[4:])
    is_seen = int.from_bytes(known.get(_STATUS, b""), "big") & _SEEN_REPLY
    return bool(is_seen) and not _of_tcp(known).get(_FLAGS_ORIGINAL, b"\0")[0] & _BE_LIBERAL


def _of_tcp(known: Mapping[int, bytes]) -> Mapping[int, bytes]:
    """What the attributes of a flow say of its TCP."""
    return attributes(attributes(known.get(_PROTOCOL_INFO, b"")).get(_OF_TCP, b""))


def _named(flow: bytes) -> tuple[int, bytes, bytes, bytes, bytes]:
    """Family, addresses and ports, as they stand one behind the other."""
    size = (len(flow) - 4) // 2
    return _IPV4 if size == 4 else _IPV6, flow[:size], flow[size : 2 * size], flow[-4:-2], flow[-2:]


def _ends(packet: bytes, family: int, at: int) -> tuple[bytes, bytes, bytes, bytes]:
    """Addresses and ports of who sends and who receives."""
    size, source = (4, 12) if family == _IPV4 else (16, 8)
    there = source + size
    return packet[source:there], packet[there : there + size], packet[at : at + 2], packet[at + 2 : at + 4]


def _tuple(
    which: int, family: int, source: bytes, destination: bytes, source_port: bytes, destination_port: bytes
) -> bytes:
    first = 1 if family == _IPV4 else 3
    addresses = nested(_ADDRESSES, attribute(first, source), attribute(first + 1, destination))
    ports = (attribute(2, source_port), attribute(3, destination_port))
    return nested(which, addresses, nested(_PROTOCOL, attribute(1, bytes((_TCP,))), *ports))


def _ports_at(packet: bytes) -> tuple[int, int] | None:
    """Family, and where the TCP header begins."""
    version = packet[0] >> 4 if packet else 0
    if version == 4:
        family, protocol_at, at = _IPV4, 9, (packet[0] & 15) * 4
    elif version == 6:
        family, protocol_at, at = _IPV6, 6, 40
    else:
        return None
    if len(packet) <= at + _FLAGS_AT or packet[protocol_at] != _TCP:
        return None
    return family, at
