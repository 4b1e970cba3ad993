"""Whether the kernel looks at checksums before we judge: a segment with a wrong one is read by no server."""

from __future__ import annotations

from pathlib import Path

SWITCH = Path("/proc/sys/net/netfilter/nf_conntrack_checksum")


def weakness() -> str:
    """What to tell the operator; empty where conntrack looks, which is the kernel's default."""
    try:
        looks = SWITCH.read_text().strip() != "0"
    except OSError:
        return ""  # no conntrack yet, or no such switch: then the default stands
    return (
        "" if looks else f"{SWITCH} is 0: a client can show us a name in a packet that no server takes; write 1 to it"
    )
