"""Records put before a policy again."""

from dataclasses import replace
from ipaddress import ip_address

from event_fixtures import event, events, plain
from hypothesis import given
from policy_verbs_fixtures import FILES

from enforcer.audit.rejudge import apart, judged, observed, shown, whose
from enforcer.model.event import Event
from enforcer.model.observation import Client, How
from enforcer.model.verdict import Verdict
from enforcer.policy.load import load

FULL = 1593576000.0
"""2020-07-01T00:00:00-04:00"""
GROUP = '[[group]]\nname = "g"\nsubnets = ["10.9.0.0/16"]\ninterfaces = ["wg0"]\nsubjects = ["agency"]\n'
POLICY = load(FILES, GROUP)


def seen(**changes: object) -> Event:
    return replace(event(name="geo.acme.example", at=FULL), **changes)  # type: ignore[arg-type]


def test_the_whole_chain_is_judged_again() -> None:
    policy = load(FILES)
    chain = ("innocent.example", "a.upd.acme.example")
    decision = judged(policy, seen(name=chain[0], chain=chain), FULL)
    assert decision is not None
    assert (decision.verdict, decision.link, decision.name) == (Verdict.BLOCK, 1, chain[1])


def test_at_the_time_asked_and_not_the_records_own() -> None:
    policy = load(FILES)
    for at, verdict in ((FULL - 1, Verdict.OBSERVE), (FULL, Verdict.BLOCK)):
        decision = judged(policy, seen(), at)
        assert decision is not None
        assert decision.verdict is verdict


def test_an_address_is_judged_only_where_it_was_judged_then() -> None:
    by_address = observed(seen(how="address", name="", server="192.0.2.1"))
    assert by_address is not None
    assert (by_address.how, by_address.address, by_address.names) == (How.ADDRESS, ip_address("192.0.2.1"), ())
    by_name = observed(seen(server="192.0.2.1"))
    assert by_name is not None
    assert by_name.address is None


def test_what_could_not_be_read_is_still_that() -> None:
    again = observed(seen(name="", undecodable="two names"))
    assert again is not None
    assert again.undecodable == "two names"


def test_what_tells_too_little_is_not_judged() -> None:
    for one in (plain(FULL, "start"), seen(name=""), seen(how=""), seen(how="address", name="", server="?")):
        assert observed(one) is None
        assert judged(load(FILES), one, FULL) is None


def test_the_client_is_told_by_address_or_mac_and_else_by_the_group_of_the_record() -> None:
    policy = load(FILES, GROUP)
    assert whose(policy, seen(client="10.9.0.1")) == Client(address=ip_address("10.9.0.1"))
    by_group = whose(policy, seen(client="10.1.0.1", group="g"))
    assert policy.group(by_group).name == "g"
    assert policy.group(whose(policy, seen(client="10.1.0.1", group="gone"))).name == ""
    assert whose(policy, seen(client="", mac="02:00:5e:10:00:01")) == Client(mac="02:00:5e:10:00:01")


def test_what_is_shown_of_a_record() -> None:
    assert shown(seen()) == "geo.acme.example"
    assert shown(seen(name="")) == "9.9.9.9"
    assert shown(plain(0.0)) == "?"


@given(events)
def test_no_record_raises(one: Event) -> None:
    decision = judged(POLICY, one, FULL)
    assert decision is None or decision.verdict in Verdict


def test_each_name_of_a_burst_is_put_apart_and_no_occurrence_is_lost() -> None:
    names = ("geo.acme.example", "a.upd.acme.example", "b.upd.acme.example")
    parts = list(apart(seen(names=names, count=60, chain=("geo.acme.example", "x.example"))))
    assert [one.name for one in parts] == list(names)
    assert [one.count for one in parts] == [58, 1, 1]
    assert [one.chain for one in parts] == [("geo.acme.example", "x.example"), (), ()]
    assert list(apart(seen(count=9))) == [seen(count=9)]
