"""Which names, protocols and addresses show a way around DNS, and what the site says of it."""

import pickle
from ipaddress import ip_address

import pytest
from bypass_fixtures import BYPASS, ways
from hypothesis import given
from hypothesis import strategies as st
from policy_fixtures import FILES

from enforcer.edge.files import read_bypass_files, read_policies, shipped_policies
from enforcer.model.names import HostName, parents
from enforcer.model.observation import NOBODY, Client, How
from enforcer.model.verdict import Verdict
from enforcer.model.ways import Treatment, Way
from enforcer.policy.bypass import Bypass, decided
from enforcer.policy.load import load
from enforcer.policy.way_names import Detour

SERVER = ip_address("192.0.2.1")
NAMES = {
    "use-application-dns.net": Way.CANARY,
    "mask.icloud.com": Way.PRIVATE_RELAY,
    "mask.apple-dns.net": Way.PRIVATE_RELAY,
    "_dns.resolver.arpa": Way.DESIGNATED_RESOLVERS,
    "resolver.arpa": Way.DESIGNATED_RESOLVERS,
    "dns.google": Way.DOH,
    "chrome.cloudflare-dns.com": Way.DOH,
    "api.httpdns.acme.test": Way.HTTPDNS,
}
OTHERS = ("google", "www.google", "a.dns.google", "icloud.com", "www.mask.icloud.com", "notcloudflare-dns.com", "")


def bypass(site: str) -> Bypass:
    files = {**FILES, "vendors/acme.toml": FILES["vendors/acme.toml"]}
    return load(files, site, bypass=BYPASS).bypass


def asked(table: Bypass, name: str, client: Client = NOBODY, server: str = "192.0.2.1") -> Detour | None:
    return table.of_names((HostName(name),), client, ip_address(server))


@pytest.mark.parametrize("treatment", ["flag", "block"])
def test_each_name_shows_its_way(treatment: str) -> None:
    table = bypass(ways(treatment))
    for name, way in NAMES.items():
        found = asked(table, name)
        assert found is not None
        assert (found.way, found.treatment) == (way, Treatment(treatment))
        assert found.pattern in parents(HostName(name))
    assert [name for name in OTHERS if asked(table, name)] == []


def test_what_is_allowed_matches_nothing_and_has_no_name_to_look_for() -> None:
    table = bypass(ways("block", "canary"))
    assert [name for name in NAMES if asked(table, name)] == ["use-application-dns.net"]
    assert table.names == ("use-application-dns.net",)
    assert bypass(ways("allow")).names == ()


def test_what_is_uncertain_is_told_and_not_stopped() -> None:
    found = asked(bypass(ways("block")), "doubtful.doh.example")
    assert found is not None
    assert found.treatment is Treatment.FLAG


def test_the_strictest_of_a_chain_counts() -> None:
    table = bypass(ways("block", "doh"))
    names = tuple(map(HostName, ("doubtful.doh.example", "free.test", "dns.google")))
    found = table.of_names(names, NOBODY, SERVER)
    assert found is not None
    assert found.pattern == "dns.google"


def test_exempt_clients_and_excepted_resolvers_are_nobodys_concern() -> None:
    table = bypass(ways("block") + 'except = ["9.9.9.9"]\nexempt_clients = ["10.9.0.0/16"]\n')
    assert asked(table, "dns.google", Client(address=ip_address("10.9.1.1"))) is None
    assert asked(table, "dns.google", Client(address=ip_address("::ffff:10.9.1.1"))) is None
    assert asked(table, "dns.google", Client(address=ip_address("10.8.1.1")))
    assert asked(table, "dns.google", server="9.9.9.9") is None


def test_a_hello_shows_dns_by_its_protocol_whatever_its_name() -> None:
    table = bypass(ways("block"))

    def way(how: How, protocols: tuple[bytes, ...], port: int, name: str = "free.test") -> Way | None:
        found = table.of_hello(how, (HostName(name),), protocols, NOBODY, SERVER, port)
        return found and found.way

    assert way(How.TLS, (b"dot",), 443) is Way.DOT
    assert way(How.TLS, (b"h2", b"dot"), 8443) is Way.DOT
    assert way(How.QUIC, (b"doq",), 443) is Way.DOQ
    assert way(How.QUIC, (b"doq-i02",), 9999) is Way.DOQ
    assert way(How.TLS, (b"h2",), 443) is None
    assert way(How.TLS, (b"doq",), 443) is None
    assert way(How.QUIC, (b"dot", b"h3"), 443) is None
    assert way(How.TLS, (b"h2",), 443, "dns.google") is Way.DOH
    # On their own ports the kernel treats them, by address.
    assert way(How.TLS, (b"dot",), 853, "dns.google") is None
    assert way(How.QUIC, (b"doq",), 853, "dns.google") is None


def test_at_a_mirror_there_is_no_kernel_to_treat_a_port() -> None:
    table = bypass(ways("flag") + '[datapath]\nmode = "tap"\ninterfaces = ["eth1"]\n')
    found = table.of_hello(How.TLS, (HostName("dns.google"),), (), NOBODY, SERVER, 853)
    assert found is not None
    assert found.way is Way.DOT
    table = bypass(ways("flag", "doh") + '[datapath]\nmode = "tap"\ninterfaces = ["eth1"]\n')
    assert table.of_hello(How.TLS, (HostName("dns.google"),), (), NOBODY, SERVER, 853) is None


def test_what_is_allowed_of_a_hello_is_not_looked_at() -> None:
    table = bypass(ways("block", "doh"))
    assert not table.offers(How.TLS, (b"dot",))
    assert bypass(ways("flag", "dot")).offers(How.TLS, (b"dot",))
    assert not bypass(ways("flag", "dot")).offers(How.HTTP, (b"dot",))


def test_the_kernel_gets_the_resolvers_that_are_not_excepted() -> None:
    doors = bypass(ways("flag") + 'except = ["1.1.1.1"]\n').doors
    assert {str(one) for one in doors.resolvers} == {"8.8.8.8", "2001:4860:4860::8888"}


def test_a_finding_accuses_nobody() -> None:
    found = asked(bypass(ways("block")), "dns.google")
    assert found is not None
    decision = decided(found, HostName("dns.google"), "r1")
    assert (decision.verdict, decision.way, decision.pattern) == (Verdict.BLOCK, Way.DOH, "dns.google")
    assert (decision.vendor, decision.ban, decision.citations, decision.lane) == (None, None, (), None)


def test_it_can_be_handed_to_inspectors() -> None:
    table = pickle.loads(pickle.dumps(bypass(ways("block"))))  # noqa: S301 (our own)
    assert asked(table, "dns.google") == asked(bypass(ways("block")), "dns.google")


def test_the_shipped_list_loads_and_each_of_its_names_shows_a_way() -> None:
    folder = shipped_policies()
    table = load(read_policies(folder), ways("flag"), bypass=read_bypass_files(folder)).bypass
    assert len(table.names) > 150
    assert all(table.match(name) for name in table.names)
    assert len(table.doors.resolvers) > 20
    assert [walk.vendor for walk in table.walks] == ["kaspersky"]


@given(st.lists(st.sampled_from([*"ab", "dns", "google", "resolver", "arpa", "cloudflare-dns", "com"]), max_size=6))
def test_the_match_is_that_of_whole_labels(labels: list[str]) -> None:
    """The slow way: every parent, looked up by itself."""
    name = HostName(".".join(labels))
    found = TABLE.match(name)
    exact = {"dns.google", "mask.icloud.com"}
    domains = {"resolver.arpa", "cloudflare-dns.com"}
    wanted = name if name in exact else next((one for one in parents(name) if one in domains), None)
    assert (found.pattern if found else None) == wanted


TABLE = bypass(ways("flag"))
