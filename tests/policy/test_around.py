"""What the site does about ways around DNS, asked beforehand."""

from ipaddress import ip_address

import pytest
from bypass_fixtures import AROUND, BYPASS, ways
from policy_fixtures import FILES

from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import NOBODY, Client
from enforcer.model.verdict import Verdict
from enforcer.model.ways import Way
from enforcer.policy.around import Around, around, judged
from enforcer.policy.bypass import decided
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

ALLOW, OBSERVE, FLAG, BLOCK = Verdict


def policy(site: str) -> Policy:
    return load(FILES, site, bypass=BYPASS)


def of_name(site: str, name: str, client: Client = NOBODY) -> Around:
    (one,) = around(policy(site), HostName(name), client)
    return one


def of_address(site: str, address: str, client: Client = NOBODY) -> dict[Way, tuple[Verdict, str]]:
    found = around(policy(site), ip_address(address), client)
    return {one.way: (one.verdict, one.done) for one in found}


def test_a_name_that_shows_nothing() -> None:
    assert around(policy(""), HostName("example.org"), NOBODY) == ()
    assert around(policy(""), ip_address("192.0.2.1"), NOBODY) == ()


@pytest.mark.parametrize(
    ("name", "way", "treatment", "verdict", "done"),
    [
        ("dns.google", Way.DOH, "allow", ALLOW, "passes, nothing is recorded"),
        ("dns.google", Way.DOH, "flag", FLAG, "passes, and is recorded as a finding"),
        (
            "dns.google",
            Way.DOH,
            "block",
            BLOCK,
            "stopped, and recorded as a finding: a question gets NXDOMAIN, "
            "a connection that names it is reset or rejected",
        ),
        (
            "x.resolver.arpa",
            Way.DESIGNATED_RESOLVERS,
            "block",
            BLOCK,
            "stopped, and recorded as a finding: a question gets an empty answer, "
            "a connection that names it is reset or rejected",
        ),
        (
            "doubtful.doh.example",
            Way.DOH,
            "block",
            FLAG,
            "passes, and is recorded as a finding; not stopped, because the confidence in this name is low",
        ),
    ],
)
def test_of_a_name(name: str, way: Way, treatment: str, verdict: Verdict, done: str) -> None:
    one = of_name(ways(treatment), name)
    assert (one.way, one.treatment, one.verdict, one.done) == (way, treatment, verdict, done)
    assert one.key == f"bypass.{way.value}"
    assert one.is_default is (treatment == ("flag" if way is Way.DOH else "allow"))


def test_a_question_is_answered_as_the_site_blocks_names() -> None:
    refused = f'[datapath]\nblocked_dns = "refused"\n{ways("block")}'
    assert "a question gets REFUSED" in of_name(refused, "dns.google").done
    assert "a question gets NXDOMAIN" in of_name(refused, "mask.icloud.com").done
    sinkhole = f'[datapath]\nblocked_dns = "sinkhole"\nsinkhole = ["192.0.2.7"]\n{ways("block")}'
    assert "a question gets NXDOMAIN" in of_name(sinkhole, "dns.google").done


def test_at_a_mirror_nothing_is_stopped() -> None:
    tap = f'[datapath]\nmode = "tap"\ninterfaces = ["eth1"]\n{ways("block")}'
    assert of_name(tap, "dns.google").done == "recorded as what would be stopped; at a mirror nothing is"
    assert of_address(tap, "8.8.8.8")[Way.RESOLVERS] == (ALLOW, "port 53: passes; at a mirror it is not seen")


def test_a_client_that_may_use_any() -> None:
    site = f'{ways("block")}exempt_clients = ["10.9.0.0/16"]\n'
    free, other = Client(address=ip_address("10.9.1.1")), Client(address=ip_address("10.8.1.1"))
    assert of_name(site, "dns.google", free).verdict is ALLOW
    assert "`exempt_clients`" in of_name(site, "dns.google", free).done
    assert of_name(site, "dns.google", other).verdict is BLOCK
    assert {verdict for verdict, _ in of_address(site, "1.1.1.1", free).values()} == {ALLOW}


def test_of_an_address_each_way_by_its_port() -> None:
    assert of_address(ways("block"), "8.8.8.8") == {
        Way.RESOLVERS: (BLOCK, "port 53: stopped, and recorded as a finding"),
        Way.DOT: (BLOCK, "TCP port 853: stopped, and recorded as a finding"),
        Way.DOQ: (BLOCK, "UDP ports 853, 784 and 8853: stopped, and recorded as a finding"),
        Way.DOH: (BLOCK, "port 443, as a suspicion: stopped, and recorded as a finding"),
    }
    assert of_address("", "8.8.8.8")[Way.RESOLVERS] == (
        ALLOW,
        "port 53: passes, nothing is recorded; its questions are read and judged as any others",
    )


def test_a_resolver_that_everybody_may_use() -> None:
    found = of_address(f'{ways("block")}except = ["8.8.8.8"]\n', "8.8.8.8")
    assert {verdict for verdict, _ in found.values()} == {ALLOW}
    assert "`except` in [bypass]" in found[Way.DOT][1]


def test_where_plain_dns_is_sent() -> None:
    site = f'{ways("redirect", "resolvers")}redirect_to = ["10.0.0.53"]\n'
    read = "; its questions are read and judged as any others"
    assert of_address(site, "8.8.8.8")[Way.RESOLVERS] == (
        FLAG,
        f"port 53: sent to 10.0.0.53 instead, and recorded as a finding{read}",
    )
    assert "no address of this family" in of_address(site, "2001:4860:4860::8888")[Way.RESOLVERS][1]
    assert (
        "mode host redirects nothing" in of_address(f'[datapath]\nmode = "host"\n{site}', "8.8.8.8")[Way.RESOLVERS][1]
    )


def test_the_stricter_of_a_vendors_word_and_a_way_decides() -> None:
    world = policy(ways("block"))
    (way,) = around(world, HostName("dns.google"), NOBODY)
    detour = world.bypass.match("dns.google")
    assert detour is not None
    told = judged(world.nothing, (way,))
    assert told == decided(detour, None, world.revision)
    flagged = Decision(verdict=FLAG, reason="a vendor's", vendor="acme")
    assert judged(flagged, (way,)) == flagged._replace(verdict=BLOCK)
    assert judged(flagged._replace(verdict=BLOCK), (way,)).reason == "a vendor's"
    assert judged(flagged, ()) == flagged


def test_each_name_of_the_list_is_told_as_it_is_treated() -> None:
    """What is told beforehand is what a packet meets: the same names, the same verdicts."""
    world = policy(ways("block"))
    for name in world.bypass.names:
        detour = world.bypass.match(name)
        assert detour is not None
        (one,) = around(world, HostName(name), NOBODY)
        assert (one.verdict, one.way) == (decided(detour, None, "").verdict, detour.way)
    assert AROUND.count("[[host]]") == 7


def test_an_allowed_name_below_one_that_is_treated_is_told_as_packets_meet_it() -> None:
    nested = {file: text.replace("httpdns.acme.test", "apps.cloudflare-dns.com") for file, text in BYPASS.items()}
    world = load(FILES, ways("flag", "doh"), bypass=nested)
    (one,) = around(world, HostName("x.apps.cloudflare-dns.com"), NOBODY)
    assert (one.way, one.verdict) == (Way.DOH, FLAG)
    (other,) = around(load(FILES, ways("flag", "httpdns"), bypass=nested), HostName("x.cloudflare-dns.com"), NOBODY)
    assert (other.way, other.verdict) == (Way.DOH, ALLOW)
