"""The `[policy]` table: what it says, and every way to say it wrong."""

import pytest
from policy_fixtures import faults, small

from enforcer.policy.site_trust import trust_of
from enforcer.policy.trust import STATE, Trust, names_policies

BUNDLE = 'bundle = "/b"\nkeys = ["/k"]\n'


def test_without_it_policies_are_a_folders() -> None:
    assert trust_of("") == trust_of("[policy]") == Trust(bundle="", keys=(), require_signature=False, state=STATE)


def test_every_key_is_read() -> None:
    text = '[policy]\nbundle = "/b"\nkeys = ["/k", "/l"]\nrequire_signature = true\nstate = "/s"\n'
    assert trust_of(text) == Trust(bundle="/b", keys=("/k", "/l"), require_signature=True, state="/s")


def test_the_rest_of_the_site_file_goes_on() -> None:
    assert small(f'[policy]\n{BUNDLE}[site]\nname = "gw"').settings.gateway == "gw"


MISSING = "policy.bundle: is missing: only a bundle is signed, a folder of policies is not"
BROKEN = {
    "misspelt table": ("[polcy]", "polcy: unknown key; did you mean 'policy'?"),
    "misspelt key": ('[policy]\nbundel = "/b"', "policy.bundel: unknown key; did you mean 'bundle'?"),
    "keys without bundle": ('[policy]\nkeys = ["/k"]', MISSING),
    "signature without bundle": ("[policy]\nrequire_signature = true", MISSING),
    "bundle without keys": (
        '[policy]\nbundle = "/b"',
        "policy.keys: is missing: a bundle is used only if one of these keys signed it",
    ),
    "relative bundle": (
        '[policy]\nbundle = "b"\nkeys = ["/k"]',
        "policy.bundle: 'b' is no absolute path: the daemon runs in a folder of its own",
    ),
    "relative key": (
        '[policy]\nbundle = "/b"\nkeys = ["/k", "k"]',
        "policy.keys[1]: 'k' is no absolute path: the daemon runs in a folder of its own",
    ),
    "relative state": (f'[policy]\n{BUNDLE}state = "s"', "policy.state: 's' is no absolute path"),
    "one key without brackets": (
        '[policy]\nbundle = "/b"\nkeys = "/k"',
        "policy.keys: wanted an array, this is a string",
    ),
    "a key twice": ('[policy]\nbundle = "/b"\nkeys = ["/k", "/k"]', "policy.keys[1]: '/k' stands here twice"),
    "too many keys": (
        f'[policy]\nbundle = "/b"\nkeys = {[f"/{n}" for n in range(17)]}',
        "policy.keys: has 17 members, 16 are allowed",
    ),
    "a word for a flag": (
        f'[policy]\n{BUNDLE}require_signature = "yes"',
        "policy.require_signature: wanted true or false, this is a string",
    ),
}


@pytest.mark.parametrize(("site", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(site: str, why: str) -> None:
    assert faults(site)[0].startswith(f"enforcer.toml: {why}")


def test_whether_there_is_such_a_table() -> None:
    assert names_policies("policy = 1")
    assert names_policies("[policy]")
    assert not names_policies("[site]")
    assert not names_policies("")


@pytest.mark.parametrize("odd", ["[policy", "x = " + "9" * 10_000, "x = " + "[" * 100_000, "\udcff"])
def test_what_is_no_toml_names_none(odd: str) -> None:
    assert not names_policies(odd)
