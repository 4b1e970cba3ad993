"""What recorded traffic comes to under a policy: each contact judged at its own time, or all of them at another.

Only what a rule is about is kept; memory is bounded by the rows, whatever the length of the files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from enforcer.audit.contact import Contact, address, port
from enforcer.audit.first_names import FirstNames
from enforcer.model.event import Event
from enforcer.model.event_schema import PASSED, SEEN
from enforcer.model.judgement import judgement
from enforcer.model.observation import Client, How, Observation
from enforcer.model.settings import REPLAY
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

MAX_ROWS = 50_000
MAX_FAULTS = 5
PROTOCOLS = ("udp", "tcp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A record that could not be read."""

    number: int
    """The line or packet, from 1."""
    why: str


@dataclass(slots=True, kw_only=True)
class Row:
    """Contacts of one client with one service that are judged alike."""

    client: str
    group: str
    vendor: str
    service: str
    ban: str
    phase: str
    verdict: Verdict
    reason: str
    would_block_from: float | None
    way: str = ""
    """Of a finding: the way around DNS. Never counted among contacts with a vendor."""
    contacts: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    names: FirstNames = field(default_factory=FirstNames)

    @property
    def key(self) -> tuple[object, ...]:
        return self.way, self.ban, self.phase, self.verdict, self.vendor, self.service, self.client, self.reason

    def add(self, other: Row) -> None:
        self.contacts += other.contacts
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.names.join(other.names)


@dataclass(slots=True, kw_only=True)
class Replayed:
    """One file, or all of them together."""

    path: str
    form: str
    records: int = 0
    """Lines or packets."""
    contacts: int = 0
    """Names and addresses that were read in them; of a capture, the packets that were looked at."""
    first: float = float("inf")
    last: float = float("-inf")
    rows: dict[tuple[object, ...], Row] = field(default_factory=dict)
    beyond: int = 0
    """Contacts that found no row of their own."""
    unread: int = 0
    """Records that could not be read."""
    faults: list[Fault] = field(default_factory=list)
    """The first of these."""
    broken: str = ""
    """Why the file could not be read to its end."""

    def fault(self, why: str) -> None:
        """The record being read cannot be."""
        self.unread += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(number=self.records, why=why))

    def saw(self, at: float) -> None:
        self.contacts += 1
        self.first, self.last = min(self.first, at), max(self.last, at)

    def keep(self, event: Event) -> None:
        self._put(_row(event))

    def add(self, other: Replayed) -> None:
        """Another file's results, into these."""
        self.records += other.records
        self.contacts += other.contacts
        self.beyond += other.beyond
        self.unread += other.unread
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        for row in other.rows.values():
            self._put(row)

    def _put(self, row: Row) -> None:
        known = self.rows.get(row.key)
        if known is not None:
            known.add(row)
        elif len(self.rows) < MAX_ROWS:
            self.rows[row.key] = row
        else:
            self.beyond += row.contacts

    def ordered(self) -> list[Row]:
        """The strictest first, then by ban and phase, then the most frequent; findings last."""
        return sorted(
            self.rows.values(),
            key=lambda row: (
                row.way,
                -row.verdict,
                row.ban,
                row.phase,
                row.vendor,
                -row.contacts,
                row.client,
                row.service,
            ),
        )


def together(files: Iterable[Replayed]) -> Replayed:
    """The sums over all files."""
    whole = Replayed(path="", form="")
    for one in files:
        whole.add(one)
    return whole


def judged(policy: Policy, contact: Contact, gateway: str, *, simulated: bool) -> Event | None:
    """The event of a contact that a rule is about, judged at its own time; None for all others.

    `simulated` says of a policy that stands still at another time (Policy.standing) that it does.
    """
    find = policy.find
    literal = address(contact.server) if contact.how is How.ADDRESS else None
    if literal is None and not any(find(name) for name in contact.names):
        return None
    client = Client(address=address(contact.client))
    seen = Observation(how=contact.how, names=contact.names, address=literal)
    decision = decide(policy, seen, client, contact.at)
    if decision.verdict is Verdict.ALLOW and decision.vendor is None:
        return None
    server = address(contact.server)
    return Event(
        at=contact.at,
        gateway=gateway,
        mode=REPLAY,
        simulated=simulated,
        **judgement(seen, decision),
        action=SEEN if decision.verdict is Verdict.BLOCK else PASSED,
        client="" if client.address is None else str(client.address),
        client_port=port(contact.client_port),
        group=policy.group(client).name,
        server="" if server is None else str(server),
        server_port=port(contact.server_port),
        protocol=contact.protocol if contact.protocol in PROTOCOLS else "",
    )


def _row(event: Event) -> Row:
    return Row(
        client=event.client,
        group=event.group,
        vendor=event.vendor,
        service=event.service,
        ban=event.ban,
        phase=event.phase,
        verdict=Verdict[event.verdict.upper()],
        reason=event.reason,
        would_block_from=event.would_block_from,
        way=event.way,
        contacts=event.count,
        first=event.at,
        last=event.at if event.last is None else event.last,
        names=FirstNames([event.matched or event.name or event.server or event.undecodable]),
    )
