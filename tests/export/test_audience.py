"""For whom an export speaks, and that it is never harsher than decide() for any of them."""

from ipaddress import ip_address

import pytest
from export_fixtures import FULL, LATER, acme, blocks, made, waiver
from hypothesis import given
from hypothesis import strategies as st

from enforcer.export.audience import audience, group_named
from enforcer.export.refusal import ExportRefused
from enforcer.export.text import common_notes
from enforcer.model.names import host_name
from enforcer.model.observation import NOBODY, Client
from enforcer.model.verdict import Verdict

GROUPS = """
[[group]]
name = "phones"
subnets = ["10.1.0.0/16"]
[[group]]
name = "lab"
subnets = ["10.1.2.0/24"]
macs = ["02:00:5e:10:00:01"]
[[group]]
name = "guests"
interfaces = ["wlan1"]
"""
PARTIAL = waiver("W-PART", 'clients = ["10.1.5.0/24", "10.1.2.0/25"]\nservices = ["update"]')
WHOLE = waiver("W-WHOLE", 'clients = ["10.0.0.0/8"]\nservices = ["store"]')
NAME = host_name("www.acme.example")


def verdict(site: str, group: str, name: str = NAME, at: float = LATER) -> Verdict:
    policy = acme(site)
    return audience(policy, group_named(policy, group), at).named(host_name(name)).verdict


def test_without_waivers_one_client_stands_for_all() -> None:
    for group in ("", "phones", "lab", "guests"):
        whom = audience(acme(GROUPS), group_named(acme(GROUPS), group), LATER)
        assert len(whom.clients) == 1
        assert whom.partial == ()
        assert acme(GROUPS).group(whom.clients[0]).name == group


def test_a_waiver_for_some_clients_counts_for_the_group() -> None:
    assert verdict(GROUPS + PARTIAL, "phones") is Verdict.FLAG
    assert verdict(GROUPS + PARTIAL, "lab") is Verdict.FLAG
    assert verdict(GROUPS + PARTIAL, "") is Verdict.BLOCK
    assert made(acme(GROUPS + PARTIAL), group="phones").partial == ("W-PART",)
    assert made(acme(GROUPS + PARTIAL)).partial == ()


def test_a_waiver_for_every_client_of_the_group_is_not_partial() -> None:
    assert verdict(GROUPS + WHOLE, "phones", "shop.example") is Verdict.FLAG
    assert made(acme(GROUPS + WHOLE), group="phones").partial == ()


def test_devices_and_interfaces_may_have_any_address() -> None:
    assert verdict(GROUPS + PARTIAL, "guests") is Verdict.BLOCK  # phones and lab take both subnets of the waiver
    assert made(acme(GROUPS + WHOLE), group="guests").partial == ("W-WHOLE",)
    assert made(acme(GROUPS + WHOLE), group="lab").partial == ("W-WHOLE",)  # its device may be anywhere


def test_waivers_count_from_their_start() -> None:
    assert verdict(GROUPS + PARTIAL, "phones", at=FULL) is Verdict.BLOCK


def test_the_header_names_the_waivers_that_count_for_all() -> None:
    notes = [note for note in _notes(GROUPS + PARTIAL, "phones") if "W-PART" in note]
    assert len(notes) == 1
    assert _notes(GROUPS, "phones") != []
    assert not any("waivers" in note for note in _notes(GROUPS, "phones"))


def _notes(site: str, group: str) -> list[str]:
    return list(common_notes(made(acme(site), group=group)))


SUBNETS = ["10.1.0.0/16", "10.1.2.0/24", "10.1.2.128/25", "10.1.5.0/24", "10.2.0.0/15", "0.0.0.0/0", "fd00::/8"]
some_subnets = st.lists(st.sampled_from(SUBNETS), min_size=1, max_size=3, unique=True)
some_addresses = st.sampled_from(["10.1.0.1", "10.1.2.3", "10.1.2.200", "10.1.5.9", "10.3.0.1", "192.0.2.1", "fd00::1"])


@given(some_subnets, some_subnets, some_subnets, some_addresses, st.booleans())
def test_never_harsher_than_decide_for_anyone(
    ours: list[str], first: list[str], second: list[str], address: str, device: bool
) -> None:
    mac = "02:00:5e:10:00:01"
    group = f'[[group]]\nname = "ours"\nsubnets = {ours}\nmacs = ["{mac}"]\n'
    waivers = waiver("W-1", f'clients = {first}\nservices = ["update"]') + waiver("W-2", f"clients = {second}")
    policy = acme((group + waivers).replace("'", '"'))
    client = Client(address=ip_address(address), mac=mac if device else None)
    exported = audience(policy, policy.group(client), LATER).named(NAME)
    assert exported.verdict is not Verdict.BLOCK or blocks(policy, NAME, client=client)


def test_a_group_that_nobody_can_be_in_is_refused() -> None:
    taken = '[[group]]\nname = "none"\nsubnets = ["10.1.0.0/24"]\n'
    taken += '[[group]]\nname = "all"\nsubnets = ["10.1.0.0/25", "10.1.0.128/25"]\n'
    with pytest.raises(ExportRefused, match="no client can be in group 'none'"):
        made(acme(taken), group="none")


def test_an_unknown_group_is_refused_with_the_nearest() -> None:
    with pytest.raises(ExportRefused, match="there is no group 'phone'; did you mean 'phones'") as refused:
        group_named(acme(GROUPS), "phone")
    assert "the groups are: phones, lab, guests" in refused.value.cure
    with pytest.raises(ExportRefused) as refused:
        group_named(acme(), "phone")
    assert "the site file has no groups" in refused.value.cure


def test_the_site_itself_is_the_group_without_a_name() -> None:
    assert group_named(acme(GROUPS), "").name == ""
    assert audience(acme(), group_named(acme(), ""), LATER).clients == (NOBODY,)
