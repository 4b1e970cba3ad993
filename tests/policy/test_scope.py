"""Every key of a waiver that is given must hold; one that is not given holds for all."""

import pytest
from policy_fixtures import WAIVER, at_address, small

from enforcer.model.names import host_name
from enforcer.model.observation import NOBODY, Client
from enforcer.policy.scope import about, coarse, fine, holding

GROUP = '[[group]]\nname = "lab"\nsubnets = ["10.1.0.0/16"]\n'
UPDATE, STORE, INTEL = "s2.upd.acme.example", "store.acme.example", "intel.acme.example"


@pytest.mark.parametrize(
    ("scope", "update", "store", "unreadable"),
    [
        ('vendors = ["acme"]', True, True, False),
        ('services = ["update", "vpn"]', True, False, False),
        ('vendors = ["acme"]\nservices = ["store"]', False, True, False),
        ('bans = ["xx-steps"]', True, True, True),
        ('clients = ["lab"]', True, True, True),
        ('clients = ["10.0.0.0/8"]', True, True, True),
        ('names = ["acme.example"]', True, True, False),
    ],
)
def test_about(scope: str, update: bool, store: bool, unreadable: bool) -> None:
    policy = small(GROUP + WAIVER + scope)
    (waiver,) = policy.site.waivers
    topics = [match.topic for name in (UPDATE, STORE) if (match := policy.match(host_name(name)))]
    assert [about(waiver, topic) for topic in (*topics, policy.unreadable) if topic] == [update, store, unreadable]


def test_coarse_and_fine_share_the_waivers_out() -> None:
    site = GROUP + WAIVER + 'clients = ["lab"]' + WAIVER.replace("W-1", "W-2") + 'names = ["acme.example"]'
    policy = small(site)
    match = policy.match(host_name(UPDATE))
    assert match is not None
    assert match.topic is not None
    ours, lab = policy.site.groups
    assert [waiver.id for waiver in coarse(policy.site.waivers, match.topic, lab)] == ["W-1"]
    assert [waiver.id for waiver in coarse(policy.site.waivers, match.topic, ours)] == []
    assert [waiver.id for waiver in fine(policy.site.waivers, match.topic)] == ["W-2"]
    assert fine(policy.site.waivers, policy.unreadable) == ()


@pytest.mark.parametrize(
    ("scope", "client", "name", "holds"),
    [
        ('names = ["upd.acme.example"]', NOBODY, UPDATE, True),
        ('names = ["upd.acme.example"]', NOBODY, "upd.acme.example", True),
        ('names = ["upd.acme.example"]', NOBODY, "xupd.acme.example", False),
        ('names = ["s2.upd.acme.example"]', NOBODY, "upd.acme.example", False),
        ('names = ["upd.acme.example"]', NOBODY, None, False),
        ('clients = ["10.2.0.0/16"]', at_address("10.2.3.4"), UPDATE, True),
        ('clients = ["10.2.0.0/16"]', at_address("::ffff:10.2.3.4"), None, True),
        ('clients = ["10.2.0.0/16"]', at_address("10.3.0.0"), UPDATE, False),
        ('clients = ["10.2.0.0/16"]', at_address("fd00::1"), UPDATE, False),
        ('clients = ["10.2.0.0/16"]', NOBODY, UPDATE, False),
        ('clients = ["lab", "10.2.0.0/16"]', at_address("10.1.0.1"), UPDATE, True),
        ('clients = ["lab"]\nnames = ["upd.acme.example"]', at_address("10.1.0.1"), UPDATE, True),
        ('clients = ["lab"]\nnames = ["upd.acme.example"]', at_address("10.2.0.1"), UPDATE, False),
        ('clients = ["lab"]\nnames = ["upd.acme.example"]', at_address("10.1.0.1"), STORE, False),
    ],
)
def test_holding(scope: str, client: Client, name: str | None, holds: bool) -> None:
    policy = small(GROUP + WAIVER + scope)
    found = holding(policy.site.waivers, policy.group(client), client, host_name(name) if name else None)
    assert bool(found) == holds
