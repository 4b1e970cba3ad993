"""The networks of a policy that are blocked by address."""

from ipaddress import ip_network

from acme_fixtures import HEAD, hosts, network
from export_fixtures import BAN, LATER, acme, addresses, blocks_address, made, waiver
from hypothesis import given
from hypothesis import strategies as st

from enforcer.export.edition import Wishes, edition
from enforcer.policy.load import load


def test_an_address_is_in_a_network_exactly_if_decide_blocks_it() -> None:
    made_ = made(acme())
    for address in addresses():
        listed = any(address in one for one in made_.v4) or any(address in one for one in made_.v6)
        assert listed == blocks_address(acme(), address), address


def test_shared_and_doubtful_networks_are_never_listed() -> None:
    listed = made(acme()).v4
    assert not any(one.overlaps(ip_network("203.0.113.0/24")) for one in listed)
    assert not any(one.overlaps(ip_network("192.0.2.0/24")) for one in listed)


def test_nothing_before_its_day_or_under_a_waiver() -> None:
    assert made(acme(), at=0.0).v4 == made(acme(), at=0.0).v6 == ()
    assert made(acme(waiver("W-1", 'services = ["update"]'))).v4 == ()
    assert made(acme(waiver("W-1", 'names = ["acme.example"]'))).v4 != ()  # no name is known where an address is judged


PREFIXES = ["198.51.0.0/16", "198.51.0.0/17", "198.51.64.0/18", "198.51.64.0/24", "198.51.64.128/25", "198.51.200.0/24"]
rows = st.dictionaries(
    st.sampled_from(PREFIXES), st.tuples(st.sampled_from(["update", "support"]), st.booleans()), min_size=1
)
EDGES = sorted({ip_network(text)[0] for text in PREFIXES} | {ip_network(text)[-1] for text in PREFIXES})


@given(rows)
def test_any_nesting(found: dict[str, tuple[str, bool]]) -> None:
    networks = (network(service, prefix, exclusive=own) for prefix, (service, own) in found.items())
    text = HEAD + hosts("other", ["a.example"]) + "".join(networks)
    policy = load({"vendors/acme.toml": text, "xx/acme.toml": BAN})
    listed = edition(policy, LATER, Wishes()).v4
    for edge in EDGES:
        for address in (edge - 1, edge, edge + 1):
            assert any(address in one for one in listed) == blocks_address(policy, address), address
    assert list(listed) == sorted(listed)


def test_both_versions_apart() -> None:
    assert {one.version for one in made(acme()).v4} == {4}
    assert {one.version for one in made(acme()).v6} == {6}


def test_very_many_holes_are_soon_cut_out() -> None:
    """Each against all that is left takes their square: a minute."""
    holes = [f"10.{n // 128}.{n % 128 * 2}.0/24" for n in range(8_000)]
    acme_ = HEAD + hosts("update", ["a.example"]) + network("update", "10.0.0.0/8") + network("support", *holes)
    listed = made(load({"vendors/acme.toml": acme_, "xx/acme.toml": BAN})).v4
    assert sum(one.num_addresses for one in listed) == 2**24 - 8_000 * 256
