"""The `[bypass]` table of site files."""

from ipaddress import ip_address, ip_network

import pytest
from policy_fixtures import faults, small

from enforcer.model.ways import Treatment, Way, Ways

BROKEN = {
    "misspelt": ('[bypass]\ndott = "flag"', "bypass.dott: unknown key; did you mean 'dot'?"),
    "DoH cannot be redirected": ('[bypass]\ndoh = "redirect"', "bypass.doh: 'redirect' is none of allow, flag, block"),
    "a walk cannot be blocked": ('[bypass]\nwalk = "block"', "bypass.walk: 'block' is none of allow, flag"),
    "redirect to nowhere": (
        '[bypass]\nresolvers = "redirect"',
        'bypass.redirect_to: names no resolver, and `resolvers = "redirect"` needs one',
    ),
    "two resolvers of one kind": (
        '[bypass]\nredirect_to = ["192.0.2.53", "192.0.2.54"]',
        "bypass.redirect_to: has two addresses of one kind; wanted at most one of IPv4 and one of IPv6",
    ),
    "a name for an address": (
        '[bypass]\nexcept = ["dns.google"]',
        "bypass.except[0]: 'dns.google' is no address; wanted one like 192.0.2.53 or fd00::53",
    ),
    "an address that none would have": (
        '[bypass]\nexcept = ["::ffff:192.0.2.53"]',
        "bypass.except[0]: '::ffff:192.0.2.53' is not the normal form; write '192.0.2.53'",
    ),
    "host bits": ('[bypass]\nexempt_clients = ["10.1.0.1/16"]', "write '10.1.0.0/16'"),
}


@pytest.mark.parametrize(("site", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(site: str, why: str) -> None:
    told = faults(site=site)
    assert len(told) == 1
    assert why in told[0]


def test_an_absent_table_has_the_defaults() -> None:
    assert small().settings.bypass == small(site="[bypass]\n").settings.bypass == Ways()


def test_reads_all_keys() -> None:
    site = '[bypass]\nresolvers = "redirect"\nredirect_to = ["10.0.0.53", "fd00::53"]\nexcept = ["9.9.9.9"]\n'
    site += 'exempt_clients = ["10.9.0.0/16"]\nany_resolver = true\ngateway = true\ncanary = "block"\nwalk = "allow"\n'
    ways = small(site=site).settings.bypass
    assert ways.redirect_to == (ip_address("10.0.0.53"), ip_address("fd00::53"))
    assert ways.excepted == (ip_address("9.9.9.9"),)
    assert ways.exempt_clients == (ip_network("10.9.0.0/16"),)
    assert (ways.any_resolver, ways.gateway) == (True, True)
    assert ways.of(Way.RESOLVERS) is Treatment.REDIRECT
    assert (ways.of(Way.CANARY), ways.of(Way.WALK)) == (Treatment.BLOCK, Treatment.ALLOW)
