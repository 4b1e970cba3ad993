"""What only all files together can tell."""

import pytest
from policy_fixtures import ACME, AGENCY, FILES, STEPS, WAIVER, faults, faults_of

BODIES = '[[payload]]\nservice = "update"\nbodies = [{}]\nconfidence = "low"\nsources = ["book"]\n'
GROUPS = """
[[group]]
name = "lab"
subnets = ["10.1.0.0/16"]
macs = ["02:00:5e:10:00:01"]
interfaces = ["eth1"]
[[group]]
name = "{name}"
{key}
"""
SITE = {
    "unknown subject": (
        '[site]\nsubjects = ["agancy"]',
        "site.subjects: no loaded ban binds 'agancy'; did you mean 'agency'?",
    ),
    "unknown ban": ('[site]\nbans = ["xx-step"]', "site.bans: no ban 'xx-step' is loaded; did you mean 'xx-steps'?"),
    "adopted ban that binds another": (
        '[site]\nbans = ["xx-agency"]',
        "site.bans: 'xx-agency' binds agency; our subjects are us-person, so it would never apply",
    ),
    "unknown ban of a group": (
        '[[group]]\nname = "lab"\nmacs = ["02:00:5e:10:00:01"]\nbans = ["xx"]',
        "group[0].bans: no ban 'xx' is loaded",
    ),
    "group name twice": (
        GROUPS.format(name="lab", key='interfaces = ["eth2"]'),
        "group[1].name: 'lab' stands at group[0].name",
    ),
    "subnet in two groups": (
        GROUPS.format(name="b", key='subnets = ["10.1.0.0/16"]'),
        "group[1].subnets: '10.1.0.0/16' stands at group[0].subnets already",
    ),
    "MAC in two groups": (
        GROUPS.format(name="b", key='macs = ["02:00:5e:10:00:01"]'),
        "group[1].macs: '02:00:5e:10:00:01' stands at group[0].macs already",
    ),
    "interface in two groups": (
        GROUPS.format(name="b", key='interfaces = ["eth1"]'),
        "group[1].interfaces: 'eth1' stands at group[0].interfaces already",
    ),
    "waiver for an unknown group": (
        WAIVER + 'clients = ["lba"]' + GROUPS.format(name="b", key='macs = ["02:00:5e:10:00:02"]'),
        "waiver[0].clients: no group 'lba' is loaded; did you mean 'lab'?",
    ),
    "waiver for an unknown vendor": (
        WAIVER + 'vendors = ["acne"]',
        "waiver[0].vendors: no vendor 'acne' is loaded; did you",
    ),
    "waiver for an unknown ban": (
        WAIVER + 'bans = ["xx-stepz"]',
        "waiver[0].bans: no ban 'xx-stepz' is loaded; did you",
    ),
    "waiver id twice": (
        WAIVER + 'vendors = ["acme"]' + WAIVER + 'vendors = ["acme"]',
        "waiver[1].id: 'W-1' stands at waiver[0].id already",
    ),
}


@pytest.mark.parametrize(("site", "why"), SITE.values(), ids=SITE.keys())
def test_tells_the_fault_of_a_site(site: str, why: str) -> None:
    told = faults(site)
    assert len(told) == 1
    assert told[0].startswith(f"enforcer.toml: {why}")


def test_a_larger_and_a_smaller_subnet_may_belong_to_two_groups() -> None:
    assert faults(GROUPS.format(name="b", key='subnets = ["10.1.2.0/24"]')) == []


def test_a_ban_about_an_unknown_vendor() -> None:
    told = faults(steps=('vendors = ["acme"]', 'vendors = ["acne"]'))
    assert told == ["xx/steps.toml: vendors: no vendor 'acne' is loaded; did you mean 'acme'?"]


def test_a_ban_in_two_files() -> None:
    told = faults_of({**FILES, "yy/steps.toml": STEPS})
    assert told == ["yy/steps.toml: ban: 'xx-steps' stands at xx/steps.toml: ban already"]


def test_a_pattern_twice_in_one_vendor() -> None:
    told = faults(acme=('names = ["store.acme.example"]', 'names = ["geo.acme.example"]'))
    assert told == ["vendors/acme.toml: hosts[2].names: 'geo.acme.example' stands at hosts[1].names already"]


def test_a_pattern_as_host_and_as_trap() -> None:
    told = faults(acme=('names = ["acme-update.example"]', 'names = ["geo.acme.example"]'))
    assert told == ["vendors/acme.toml: trap[1].names: 'geo.acme.example' stands at hosts[1].names already"]


def test_a_name_and_a_domain_of_the_same_spelling_are_two_patterns() -> None:
    assert faults(acme=('names = ["store.acme.example"]', 'names = ["upd.acme.example"]')) == []


def test_a_pattern_in_two_vendors() -> None:
    other = (
        ACME.replace('vendor = "acme"', 'vendor = "zeta"').replace("192.0.2", "203.0.113").replace("51.100", "51.99")
    )
    other = other.replace("2001:db8::/32", "2001:db9::/32").replace("acme.example", "zeta.example")
    other = other.replace('["store.zeta.example"]', '["store.acme.example"]').replace("acme-update", "zeta-update")
    told = faults_of({**FILES, "vendors/zeta.toml": other})
    assert told == [
        "vendors/zeta.toml: hosts[2].names: 'store.acme.example' stands at vendors/acme.toml: hosts[2].names already"
    ]


def test_a_network_twice() -> None:
    told = faults(acme=('"198.51.100.0/24"', '"192.0.2.0/24"'))
    assert told == ["vendors/acme.toml: network[2].prefixes: '192.0.2.0/24' stands at network[0].prefixes already"]


def test_the_default_subject_need_not_be_known() -> None:
    assert faults_of({"vendors/acme.toml": ACME, "xx/agency.toml": AGENCY}) == []


@pytest.mark.parametrize(("count", "too_many"), [(64, []), (65, ["payload[2]"]), (70, ["payload[2]"])])
def test_the_bodies_of_the_whole_set_are_bounded(count: int, too_many: list[str]) -> None:
    """Each counts once, and the row that is too much is told once."""
    bodies = [f'"ACME{number:02}"' for number in range(count)]
    rows = BODIES.format(", ".join(bodies[:60])) + BODIES.format(", ".join(bodies[59:])) + BODIES.format(bodies[-1])
    told = faults_of({**FILES, "vendors/acme.toml": ACME + rows})
    assert told == [
        f"vendors/acme.toml: {row}.bodies: more than 64 different bodies in the whole set" for row in too_many
    ]
