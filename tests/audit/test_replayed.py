import pytest
from event_fixtures import CUT_OFF, event

from enforcer.audit.contact import Contact
from enforcer.audit.first_names import MOST
from enforcer.audit.replayed import MAX_FAULTS, Replayed, judged, together
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.names import HostName
from enforcer.model.observation import How
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

SITE = """
[site]
bans = ["us-commerce-kaspersky-2024"]
[[group]]
name = "phones"
subnets = ["10.2.0.0/16"]
"""
UPDATE = HostName("s07.upd.kaspersky.com")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(read_policies(shipped_policies()), SITE)


def contact(
    at: float = CUT_OFF, *names: str, client: str = "10.1.0.2", how: How = How.DNS, server: str = ""
) -> Contact:
    return Contact(at, how, tuple(HostName(name) for name in names or (UPDATE,)), client, "33000", server, "x", "udp")


@pytest.mark.parametrize(("at", "word"), [(CUT_OFF - 1, "observe"), (CUT_OFF, "block")])
def test_a_contact_is_judged_at_its_own_time(policy: Policy, at: float, word: str) -> None:
    one = judged(policy, contact(at), "gw", simulated=False)
    assert one is not None
    assert (one.at, one.verdict, one.simulated, one.mode) == (at, word, False, "replay")
    assert (one.gateway, one.client, one.client_port, one.server_port) == ("gw", "10.1.0.2", 33000, None)


def test_or_all_at_another_and_then_it_is_a_trial(policy: Policy) -> None:
    one = judged(policy.standing(CUT_OFF), contact(CUT_OFF - 1e6), "", simulated=True)
    assert one is not None
    assert (one.at, one.verdict, one.simulated) == (CUT_OFF - 1e6, "block", True)


@pytest.mark.parametrize("names", [("www.example.com",), ("scr.kaspersky-labs.com",)])
def test_nobodys_contacts_and_traps_are_no_events(policy: Policy, names: tuple[str, ...]) -> None:
    assert judged(policy, contact(CUT_OFF, *names), "", simulated=False) is None


def test_a_later_link_decides_and_the_group_is_told(policy: Policy) -> None:
    one = judged(policy, contact(CUT_OFF, "www.example.com", UPDATE, client="10.2.0.9"), "", simulated=False)
    assert one is not None
    assert (one.name, one.matched, one.group) == ("www.example.com", UPDATE, "phones")


@pytest.mark.parametrize("odd", ["", "-", "not an address", "10.1.0.2 "])
def test_a_client_that_is_no_address_is_nobody(policy: Policy, odd: str) -> None:
    one = judged(policy, contact(client=odd), "", simulated=False)
    assert one is not None
    assert one.client == ""


def test_an_address_in_place_of_a_name_is_judged_as_one(policy: Policy) -> None:
    by_address = Contact(CUT_OFF, How.ADDRESS, (), "10.1.0.2", None, "77.74.181.1", 443, "tcp")
    one = judged(policy, by_address, "", simulated=False)
    assert one is not None
    assert (one.how, one.server, one.verdict) == ("address", "77.74.181.1", "observe")
    assert judged(policy, by_address._replace(server="192.0.2.1"), "", simulated=False) is None


def test_rows_gather_what_is_alike() -> None:
    one = Replayed(path="a", form="zeek")
    for n in range(MOST + 3):
        one.saw(CUT_OFF + n)
        one.keep(event(at=CUT_OFF + n, name=f"s{n:02}.upd.kaspersky.com"))
    one.keep(event(client="10.1.0.9", verdict="flag"))
    first, second = one.ordered()
    assert (first.verdict, first.contacts, first.first, first.last) == (Verdict.BLOCK, 8, CUT_OFF, CUT_OFF + 7)
    assert (len(first.names.few), first.names.more) == (MOST, True)
    assert (second.verdict, second.contacts) == (Verdict.FLAG, 1)


def test_files_together() -> None:
    files = [Replayed(path=name, form="bind", records=2, contacts=1, first=n, last=n) for n, name in enumerate("ab")]
    for one in files:
        one.keep(event())
        one.fault("odd")
    whole = together(files)
    assert (whole.records, whole.contacts, whole.unread, whole.first, whole.last) == (4, 2, 2, 0, 1)
    assert [row.contacts for row in whole.ordered()] == [2]


def test_faults_are_counted_beyond_those_that_are_kept() -> None:
    one = Replayed(path="a", form="zeek")
    for one.records in range(1, 20):
        one.fault("odd")
    assert one.unread == 19
    assert [fault.number for fault in one.faults] == list(range(1, MAX_FAULTS + 1))


def test_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enforcer.audit.replayed.MAX_ROWS", 2)
    one = Replayed(path="a", form="zeek")
    for n in range(5):
        one.keep(event(client=f"10.1.0.{n}", count=2))
    assert (len(one.rows), one.beyond) == (2, 6)


def test_a_finding_is_no_contact_and_stands_apart() -> None:
    whole = Replayed(path="", form="")
    for one in (
        event(kind="finding", way="doh", ban="", phase=""),
        event(),
        event(kind="finding", way="doh", ban="", phase=""),
    ):
        whole.keep(one)
    assert [(row.way, row.contacts) for row in whole.ordered()] == [("", 1), ("doh", 2)]
