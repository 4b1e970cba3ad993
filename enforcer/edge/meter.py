"""Measures what each client's packets cost this inspector, and has the kernel hold who used up its share.

Charged is processor time: what else the machine does is nobody's fault. But while thousands wait, the inspector does
not keep up, on however busy a machine, and whoever takes most of it would make others pass unjudged: then the time that
passes is charged. The kernel is told by a thread, since it may be busy with another's transaction; until it knows,
packets are dropped here, unjudged too.

Where a quarter of the socket is full all the same, the senders are too many for shares, and made up for all we know:
then the kernel holds everybody's datagrams for a moment (decision 0530).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from queue import SimpleQueue
from typing import Protocol

from enforcer.edge.netfilter import Netfilter
from enforcer.edge.queue import QueuedPacket
from enforcer.pipeline.shares import BURST, NETWORK, TELL_EVERY, Shares, is_answer, network, receiver, sender
from enforcer.plan.held_clients import hold
from enforcer.plan.shares import DATAGRAMS

BEHIND, SWAMPED = 0.1, 0.25
"""Shares of the queue's socket that waiting packets take. The first is some 2,000 DNS packets, more than a moment's
standstill leaves; what comes while the kernel is told of the second still has room."""
AIR = 1.0
"""Seconds for which datagrams are held then: an inspector reads half a socket meanwhile."""
IPV4 = 4
"""Bytes of an address."""
STALL = 0.02
"""Seconds. A packet does not take longer: then the machine stood still, or we were stopped."""
_PREROUTING, _FORWARD, _OUTPUT = 0, 2, 3  # linux/netfilter.h


class Clocks(Protocol):
    """What is read of edge/clock.py: the time that passes, and the processor time of this thread, in seconds."""

    def monotonic(self) -> float: ...
    def spent(self) -> float: ...


class Meter:
    """For each round: `begin`, then for each packet `refuses`, or `done` when it was judged, and then `settle`."""

    def __init__(self, clock: Clocks, percent: int, *, sieve: bool) -> None:
        """`percent` of the time of this inspector is a client's; 100: nobody is held.

        Datagrams are held only where a `sieve` in the kernel keeps what is nobody's going. Raises EdgeError where the
        kernel has no netfilter netlink.
        """
        self._clock, self._sieve = clock, sieve
        self._air = self._told = float("-inf")
        self.allow(percent)
        self._kernel = Netfilter()
        self._orders: SimpleQueue[tuple[bytes, float]] = SimpleQueue()
        self._took: dict[bytes, float] = {}
        self._counts: dict[bytes, int] = {}
        self._at = self._mark = self._whole = 0.0
        self.dropped = 0
        """Packets of clients that were held, since the start."""
        self.refused = 0
        """Times that the kernel did not take a client into its set: our tables were not there."""
        threading.Thread(target=self._serve, daemon=True).start()

    def allow(self, percent: int) -> None:
        """Another share from now on; every client begins anew."""
        self.percent = percent
        self.skip()
        self._shares, self._networks = Shares(percent / 100), Shares(NETWORK * percent / 100, NETWORK * BURST)

    def skip(self) -> None:
        """What was done since the last round was done for nobody: a tick, another policy."""
        self._spent = self._clock.spent()

    def share_of(self, client: str) -> int:
        """Percent, of one that `settle` told: an address, or a network, whose clients have more together."""
        return min(NETWORK * self.percent, 100) if "/" in client else self.percent

    def begin(self) -> None:
        self._at = self._mark = self._clock.monotonic()
        self._whole = 0.0
        self._took.clear()
        self._counts.clear()

    def refuses(self, packet: QueuedPacket) -> bool:
        """Whether its client is held: then it is dropped, and costs what it cost to come here."""
        client = payer(packet)
        if client is None or not self._is_held(client):
            return False
        self.dropped += 1
        self._add(client, 0.0)
        return True

    def done(self, packet: QueuedPacket) -> None:
        """What passed since the packet before was this one's."""
        before, self._mark = self._mark, self._clock.monotonic()
        self._whole += self._mark - before
        if (client := payer(packet)) is not None:
            self._add(client, min(self._mark - before, STALL))

    def settle(self, packets: int, *, filled: float) -> Iterator[str]:
        """Charges the round of so many packets; who is held from now on, if that is news. `filled`: of the socket.

        The processor's clock is dear to read: it is read once, and divided as the time that passed was, after what
        came before and after the packets is divided by their number.
        """
        if self.percent >= 100 or not packets:
            return
        behind = filled > BEHIND
        before, self._spent = self._spent, self._clock.spent()
        whole = max(self._clock.monotonic() - self._at, 1e-9)
        rate = 1.0 if behind else (self._spent - before) / whole
        common = min((whole - self._whole) / packets, STALL)
        # Who does not keep up cannot wait for three shares to be used up: then a network is one client (decision 0470).
        weight = NETWORK if behind else 1
        nets: dict[bytes, float] = {}
        for client, took in self._took.items():
            cost = rate * (took + common * self._counts[client])
            yield from self._charge(self._shares, client, cost)
            if len(client) > IPV4:
                nets[network(client)] = nets.get(network(client), 0.0) + cost * weight
        for net, cost in nets.items():
            yield from self._charge(self._networks, net, cost)

    def _charge(self, shares: Shares, client: bytes, cost: float) -> Iterator[str]:
        if pause := shares.charge(client, cost, self._at):
            self._orders.put((client, pause))
            if shares.is_news(client, self._at):
                yield f"{ip_address(client)}{'/64' if shares is self._networks else ''}"

    def swamps(self, filled: float) -> bool:
        """Has everybody's datagrams held if the socket is that full, and of many; whether that is to be told."""
        if filled <= SWAMPED or not self._sieve or self.percent >= 100 or self._at < self._air or self._is_ones():
            return False
        self._air = self._at + AIR
        self._orders.put((DATAGRAMS, AIR))
        news = self._at - self._told >= TELL_EVERY
        if news:
            self._told = self._at
        return news

    def _is_ones(self) -> bool:
        """Whether most of this round is one client's, or one network's: its share is the cure."""
        payers = Counter[bytes]()
        for client, count in self._counts.items():
            payers[client if len(client) == IPV4 else network(client)] += count
        return 2 * max(payers.values(), default=0) > payers.total()

    def _is_held(self, client: bytes) -> bool:
        if self._shares.is_held(client, self._at):
            return True
        return len(client) > IPV4 and self._networks.is_held(network(client), self._at)

    def _add(self, client: bytes, took: float) -> None:
        self._took[client] = self._took.get(client, 0.0) + took
        self._counts[client] = self._counts.get(client, 0) + 1

    def _serve(self) -> None:
        while True:
            order = self._orders.get()
            try:
                self._kernel.tell(hold([order]), acknowledgements=1)
            except OSError:
                self.refused += 1
                self._kernel.renew()


def payer(packet: QueuedPacket) -> bytes | None:
    """Whose share it is; None for the gateway's own, through which it asks for everybody."""
    data = packet.payload
    if len(data) < 40 and (not data or data[0] >> 4 != 4):
        return None
    if packet.hook == _PREROUTING:
        return sender(data)
    if packet.hook == _FORWARD or (packet.hook == _OUTPUT and is_answer(data)):
        return receiver(data)
    return None
