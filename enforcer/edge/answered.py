"""Whether conntrack takes a server's SYN-ACK for the beginning of the connection that it answers."""

from __future__ import annotations

from enforcer.edge.netfilter import Netfilter
from enforcer.plan.conntrack_messages import answered_flow, is_answered


class Answered:
    """Callable with a SYN-ACK that waits for its verdict."""

    def __init__(self) -> None:
        """Raises EdgeError where the kernel has no netfilter netlink."""
        self._kernel = Netfilter()

    def close(self) -> None:
        self._kernel.close()

    def __call__(self, packet: bytes) -> bool:
        """True also where the kernel cannot tell: where addresses are translated, the packet names no flow."""
        request = answered_flow(packet)
        if request is None:
            return True
        try:
            flow = self._kernel.read(request)
        except OSError:
            self._kernel.renew()
            return True
        return flow is None or is_answered(flow)
