"""What conntrack knows of a connection's two ends: whether the server has taken it up, or said something, and which of
them is the client, where it was made to forget that."""

from __future__ import annotations

import contextlib

from enforcer.edge.netfilter import Netfilter
from enforcer.plan.conntrack_messages import (
    answered_flows,
    forgotten,
    is_answered,
    is_heard,
    originator,
    own_flow,
    taken_up,
)
from enforcer.plan.netlink import Message


class Answered:
    """Callable with a SYN-ACK that waits for its verdict."""

    def __init__(self) -> None:
        """Raises EdgeError where the kernel has no netfilter netlink."""
        self._kernel = Netfilter()

    def close(self) -> None:
        self._kernel.close()

    def __call__(self, packet: bytes) -> bytes | None:
        """The flow as its client names it; None if the kernel does not take the packet so, or knows no such flow: that
        is where both its ends are translated, and nobody could tell what the client says. Empty if it cannot be asked.
        """
        try:
            for request in answered_flows(packet):
                flow = self._asked(request)
                if flow is not None:
                    return originator(flow) if is_answered(flow) else None
        except OSError:
            return b""
        return None

    def heard(self, flow: bytes) -> bool:
        """Of a flow by its client's addresses and ports: whether its server has said something since conntrack knows
        it, and that is from its beginning. A flow that is not in the table begins with the packet that waits. True
        where the kernel cannot be asked."""
        try:
            found = self._asked(own_flow(flow))
        except OSError:
            return True
        return found is not None and is_heard(found)

    def take_up(self, flow: bytes) -> None:
        """Has the kernel know a flow by its client's addresses and ports, in place of one that it takes to begin at the
        server. Where it refuses, the client's next packet is to tell it."""
        with contextlib.suppress(OSError):
            known = self._asked(own_flow(flow))
            if known is not None and originator(known) != flow:
                self._asked(forgotten(flow))
                known = None
            if known is None:
                self._asked(taken_up(flow))

    def _asked(self, request: bytes) -> Message | None:
        try:
            return self._kernel.read(request)
        except OSError:
            self._kernel.renew()
            raise
