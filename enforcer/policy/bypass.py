"""Ways around the gateway's DNS as compiled: which names, protocols and addresses show one, and what the site says.

In:  the rows of `bypass/*.toml` and the `[bypass]` table of the site file.
Out: for what was seen, a `Detour` or None: nothing of the kind, or the site allows it.

What is of low confidence is never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from enforcer.model.decision import Decision
from enforcer.model.errors import Fault
from enforcer.model.names import HostName
from enforcer.model.observation import Address, Client, How
from enforcer.model.verdict import Verdict
from enforcer.model.ways import NO_WAYS, Doors, Treatment, Way, Ways
from enforcer.policy.bypass_file import ANSWERS, KINDS, MOST_ADDRESSES, BypassFile, Walk
from enforcer.policy.prefixes import PrefixTable, unmapped
from enforcer.policy.way_names import Detour, WayNames

DOT_PORTS = frozenset({853})
DOQ_PORTS = frozenset({784, 853, 8853})
"""RFC 9250 section 4.1.1, and those of its drafts. Traffic on these ports is the kernel's own to treat."""
TITLES = {
    Way.CANARY: "asks whether DNS may be encrypted",
    Way.PRIVATE_RELAY: "Private Relay hides the whole connection",
    Way.DESIGNATED_RESOLVERS: "asks for an encrypted resolver",
    Way.DOH: "DNS over HTTPS",
    Way.DOT: "DNS over TLS",
    Way.DOQ: "DNS over QUIC",
    Way.HTTPDNS: "an app's own resolver over HTTP",
    Way.RESOLVERS: "plain DNS to a public resolver",
    Way.WALK: "walks the public resolvers that a vendor's product has built in",
}
VERDICTS = {Treatment.FLAG: Verdict.FLAG, Treatment.BLOCK: Verdict.BLOCK, Treatment.REDIRECT: Verdict.FLAG}
_DOT, _DOQ = b"dot", b"doq"


class Bypass:
    """Immutable to its users, and can be pickled."""

    __slots__ = (
        "_exempt",
        "_kernel",
        "_listed",
        "_operators",
        "_shown",
        "doors",
        "match",
        "names",
        "verified",
        "walks",
        "ways",
    )

    def __init__(self, files: Sequence[BypassFile] = (), ways: Ways | None = None, *, kernel: bool = True) -> None:
        """`kernel`: there are doors, so that what shows by its port is not ours to treat."""
        self.ways = ways = ways or Ways()
        self._kernel = kernel
        self.verified = tuple((file.file, file.verified_on) for file in files)
        """Each file, and the day its facts were gathered."""
        self._shown = frozenset(KINDS[row.kind] for file in files for row in file.hosts)
        hosts = [(row, KINDS[row.kind]) for file in files for row in file.hosts]
        self._listed = WayNames((row, way, _at_most(ways.of(way), row.confidence)) for row, way in hosts)
        treated = WayNames(
            (row, way, treatment)
            for row, way in hosts
            if (treatment := _at_most(ways.of(way), row.confidence)) is not Treatment.ALLOW
        )
        self.match: Callable[[str], Detour | None] = treated.match
        """What a name shows that is not simply allowed. Every name that crosses pays for this."""
        rows = [row for file in files for row in file.operated]
        self._operators = {address: row.operator for row in rows for address in row.addresses}
        self._exempt = PrefixTable((subnet, True) for subnet in ways.exempt_clients)
        free = {*ways.excepted, *ways.redirect_to}
        self.doors = Doors(ways=ways, resolvers=tuple(one for one in self._operators if one not in free))
        """What the kernel does by itself."""
        walks = [walk for file in files for walk in file.walks]
        self.walks: tuple[Walk, ...] = () if ways.walk is Treatment.ALLOW else tuple(walks)
        self.names: tuple[str, ...] = treated.patterns
        """Every name or domain that shows a way which is not simply allowed."""

    def shows(self, way: Way) -> bool:
        """Whether any name that is loaded shows it, allowed or not."""
        return way in self._shown

    def listed(self, name: str) -> Detour | None:
        """What a name shows, allowed or not; what is allowed does not stand in front of what is not."""
        return self.match(name) or self._listed.match(name)

    def operator(self, address: Address) -> str:
        """Whose resolver is at an address; empty if that is not known."""
        return self._operators.get(unmapped(address), "")

    def offers(self, how: How | None, protocols: Iterable[bytes]) -> bool:
        """Whether a hello offers to carry DNS, and that is not simply allowed."""
        return self._offered(how, protocols) is not None

    def of_names(self, names: Sequence[HostName], client: Client, server: Address, link: int = 0) -> Detour | None:
        """What the names from `link` on show, the strictest of them."""
        if self._is_free(client, server):
            return None
        found = [one for name in names[link:] if (one := self.match(name)) is not None]
        return max(found, key=lambda one: VERDICTS[one.treatment], default=None)

    def of_hello(
        self,
        how: How,
        names: Sequence[HostName],
        protocols: Iterable[bytes],
        client: Client,
        server: Address,
        port: int,
    ) -> Detour | None:
        """What a first message shows. One on a port of its own is the kernel's to treat, whatever its name."""
        own_port = port in (DOQ_PORTS if how is How.QUIC else DOT_PORTS)
        if (own_port and self._kernel) or self._is_free(client, server):
            return None
        if own_port:
            return self._offered(how, (_DOQ if how is How.QUIC else _DOT,))
        return self._offered(how, protocols) or self.of_names(names, client, server)

    def _offered(self, how: How | None, protocols: Iterable[bytes]) -> Detour | None:
        if how is How.TLS and _DOT in protocols:
            way, pattern = Way.DOT, "alpn dot"
        elif how is How.QUIC and any(one.startswith(_DOQ) for one in protocols):
            way, pattern = Way.DOQ, "alpn doq"
        else:
            return None
        treatment = self.ways.of(way)
        return None if treatment is Treatment.ALLOW else Detour(way, treatment, pattern, ANSWERS[0])

    def _is_free(self, client: Client, server: Address) -> bool:
        """Whether this client, or this resolver, is none of the site's concern."""
        ways = self.ways
        return bool(ways.excepted and unmapped(server) in ways.excepted) or self.exempts(client)

    def exempts(self, client: Client) -> bool:
        """Whether a client may use any way."""
        address = client.address
        return address is not None and self._exempt.match(unmapped(address)) is not None


NO_BYPASS = Bypass((), NO_WAYS)
"""Everything is allowed."""


def decided(detour: Detour, name: HostName | None, revision: str, link: int = 0) -> Decision:
    """The finding: no vendor's, no ban's. `link` is which name of a chain it is."""
    verdict = VERDICTS[detour.treatment]
    return Decision(
        verdict=verdict,
        reason=reason(detour.way, verdict),
        revision=revision,
        name=name,
        link=link,
        pattern=detour.pattern,
        way=detour.way,
    )


def reason(way: Way, verdict: Verdict, what: str = "") -> str:
    """One plain sentence; `what` says more of what was met."""
    state = "is stopped" if verdict is Verdict.BLOCK else "is open"
    return f"a way around the gateway's DNS {state}: {TITLES[way]}{what}"


def bypass_faults(files: Sequence[BypassFile], vendors: Iterable[str]) -> Iterator[Fault]:
    """What only all rows together can tell."""
    known, firsts, count = set(vendors), dict[str, str](), 0
    for file in files:
        for row in file.hosts:
            for key, names in (("names", row.names), ("domains", row.domains)):
                yield from _twice(file.file, f"{row.path}.{key}", (f"{name!r} ({key})" for name in names), firsts)
        for operated in file.operated:
            count += len(operated.addresses)
            yield from _twice(file.file, f"{operated.path}.addresses", map(str, operated.addresses), firsts)
        for walk in file.walks:
            if walk.vendor not in known:
                yield Fault(file=file.file, path=f"{walk.path}.vendor", why=f"there is no vendor {walk.vendor!r}")
    if count > MOST_ADDRESSES:
        yield Fault(file="bypass/", path="", why=f"{count} addresses of resolvers, {MOST_ADDRESSES} are allowed")


def _twice(file: str, path: str, claims: Iterable[str], firsts: dict[str, str]) -> Iterator[Fault]:
    place = f"{file}: {path}"
    for claim in claims:
        if firsts.setdefault(claim, place) != place:
            yield Fault(file=file, path=path, why=f"{claim} stands at {firsts[claim]} already")


def _at_most(treatment: Treatment, confidence: str) -> Treatment:
    return Treatment.FLAG if confidence == "low" and treatment is not Treatment.ALLOW else treatment
