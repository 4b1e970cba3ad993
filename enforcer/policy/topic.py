"""What is judged: a vendor's service, and how sure it is that the thing seen is that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from enforcer.model.verdict import Verdict
from enforcer.policy.vendor import Hosts, Network, Vendor


class Standing(Enum):
    """As what a thing stands before the bans."""

    HOST = auto()
    DOUBTFUL_HOST = auto()
    NETWORK = auto()
    DOUBTFUL_NETWORK = auto()
    SHARED_NETWORK = auto()
    PAYLOAD = auto()
    BODY = auto()
    UNREADABLE = auto()


CEILINGS = {
    Standing.DOUBTFUL_HOST: (Verdict.FLAG, "the confidence in this host is low"),
    Standing.DOUBTFUL_NETWORK: (Verdict.FLAG, "the confidence in this network is low"),
    Standing.SHARED_NETWORK: (Verdict.OBSERVE, "an address in this network is weak evidence"),
    Standing.PAYLOAD: (Verdict.FLAG, "the path of a request is weak evidence"),
    Standing.BODY: (Verdict.FLAG, "how a download begins is known when it is under way"),
}
"""How far a ban may go against each, and why no further. The rest have no ceiling."""


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """Compared by identity: within one policy there is one object for each vendor, service and standing."""

    vendor: str
    """Its id; empty for what cannot be read, which is nobody's."""
    title: str
    service: str
    standing: Standing

    @property
    def ceiling(self) -> tuple[Verdict, str]:
        return CEILINGS.get(self.standing, (Verdict.BLOCK, ""))


class Topics:
    """Makes each topic once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, Standing], Topic] = {}
        self.unreadable = Topic("", "", "", Standing.UNREADABLE)

    def __iter__(self) -> Iterator[Topic]:
        yield from self._known.values()
        yield self.unreadable

    def of_hosts(self, vendor: Vendor, hosts: Hosts) -> Topic:
        doubtful = hosts.confidence == "low"
        return self.of(vendor, hosts.service, Standing.DOUBTFUL_HOST if doubtful else Standing.HOST)

    def of_network(self, vendor: Vendor, network: Network) -> Topic:
        if not network.exclusive:
            return self.of(vendor, network.service, Standing.SHARED_NETWORK)
        doubtful = network.confidence == "low"
        return self.of(vendor, network.service, Standing.DOUBTFUL_NETWORK if doubtful else Standing.NETWORK)

    def of(self, vendor: Vendor, service: str, standing: Standing) -> Topic:
        key = (vendor.id, service, standing)
        if key not in self._known:
            self._known[key] = Topic(vendor.id, vendor.title, service, standing)
        return self._known[key]
