from ipaddress import ip_network

import pytest
from event_fixtures import event, events, plain
from hypothesis import given

from enforcer.audit.selection import Selection
from enforcer.model.event import Event
from enforcer.model.names import HostName

HELD = [
    Selection(verdicts=("flag", "block")),
    Selection(kinds=("decision",)),
    Selection(vendors=("kaspersky",), services=("update",), bans=("us-commerce-kaspersky-2024",)),
    Selection(clients=(ip_network("fd00::/8"), ip_network("10.1.0.0/16"))),
    Selection(names=(HostName("kaspersky.com"),)),
    Selection(names=(HostName("s07.upd.kaspersky.com"),)),
]
NOT_HELD = [
    Selection(verdicts=("flag",)),
    Selection(kinds=("start",)),
    Selection(vendors=("acronis",)),
    Selection(services=("store",)),
    Selection(bans=("other",)),
    Selection(clients=(ip_network("10.2.0.0/16"),)),
    Selection(names=(HostName("spersky.com"),)),
    Selection(verdicts=("block",), services=("store",)),
]


@pytest.mark.parametrize("selection", HELD)
def test_it_holds_what_meets_every_member(selection: Selection) -> None:
    assert selection.holds(event())


@pytest.mark.parametrize("selection", NOT_HELD)
def test_one_member_that_is_not_met_is_enough(selection: Selection) -> None:
    assert not selection.holds(event())


def test_any_link_of_a_chain_is_a_name() -> None:
    led = event(name="www.example.com", chain=("www.example.com", "cdn.kaspersky.com"))
    assert Selection(names=(HostName("kaspersky.com"),)).holds(led)


def test_any_name_of_a_burst_is_a_name() -> None:
    one = event(names=("a.example", "b.kaspersky.example"))
    assert Selection(names=(HostName("kaspersky.example"),)).holds(one)
    assert not Selection(names=(HostName("kaspersky.test"),)).holds(one)


def test_what_has_no_client_is_no_clients() -> None:
    assert not Selection(clients=(ip_network("0.0.0.0/0"),)).holds(plain(1.0, "start"))


@given(events)
def test_nothing_chosen_holds_everything(one: Event) -> None:
    assert Selection().holds(one)


@given(events)
def test_no_record_makes_it_fail(one: Event) -> None:
    Selection(clients=(ip_network("::/0"),), names=(HostName("a.b"),)).holds(one)
