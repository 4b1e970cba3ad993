"""Flows that pass for good, handed over to a flowtable: the kernel forwards them past every chain, ours and others'.

Only what nobody judges any more goes there: the conntrack mark PASS, which no later word but a stricter one changes
(decision 0254), both directions seen. What is undecided, read on, in a lane, rejected or silent has another mark and
stays in sight. So does UDP that passes, on which another connection may begin (decision 0620), and DNS, which is judged
message by message, and what a door (plan/doors.py) may meet, which is told as long as it lasts.

A flow is added late, by a packet that all other chains of the forward hook have let pass: what the site's own firewall
drops is not offloaded by us. And by its client, whose packets alone doors are about.

Of the conditions none is a set that a reload empties: a packet that misses it for a moment would take its flow out of
sight for good (decision 0255).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from enforcer.plan.chains import base_chain, chain
from enforcer.plan.masked import Masked

FLOWTABLE = "passed"
CONDITIONS = "to_flowtable"
"""The chain that says what stays in sight."""
_DNS = (
    *("th dport 53", "th sport 53"),
    # Asked at that port and sent on to another one.
    *(f"meta l4proto {protocol} ct original proto-dst 53" for protocol in ("tcp", "udp")),
)


def flowtables(devices: Sequence[str]) -> list[str]:
    """The flowtable over these interfaces, in software; none without any. Counted for who accounts by conntrack."""
    if not devices:
        return []
    quoted = ", ".join(f'"{name}"' for name in devices)
    lines = ("hook ingress priority filter", f"devices = {{ {quoted} }}", "counter")
    return [f"\tflowtable {FLOWTABLE} {{\n" + "".join(f"\t\t{line}\n" for line in lines) + "\t}\n"]


def offload_chains(m: Masked, devices: Sequence[str], in_sight: Iterable[str]) -> Iterable[str]:
    """`in_sight`: matches of a client's packets whose flows stay with us."""
    if not devices:
        return
    decided = f"{m.bulk} ct state established ct direction original goto {CONDITIONS}"
    yield base_chain("offload_forward", "forward", "filter + 200", [decided])
    stays = (f"{match} return" for match in (*_DNS, *in_sight))
    yield chain(CONDITIONS, ["meta l4proto != { tcp, udp } return", *stays, f"flow add @{FLOWTABLE}"])
