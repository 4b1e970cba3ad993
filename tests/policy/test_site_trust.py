"""Whose policies to load, and when a site file's faults are told."""

import pytest

from enforcer.model.errors import PolicyError
from enforcer.policy.site_trust import trust_of
from enforcer.policy.trust import Trust

TABLE = '[policy]\nbundle = "/b"\nkeys = ["/k"]\n'


def test_it_is_read_without_any_policy() -> None:
    assert trust_of('[site]\nbans = ["xx-steps"]\n' + TABLE) == Trust(bundle="/b", keys=("/k",))


def test_with_the_table_all_faults_of_the_site_file_are_told() -> None:
    with pytest.raises(PolicyError) as caught:
        trust_of('[policy]\nbundle = "/b"\nkey = ["/k"]\n[site]\nprofil = ""\n', "/etc/x.toml")
    assert [str(fault) for fault in caught.value.faults] == [
        "/etc/x.toml: site.profil: unknown key; did you mean 'profile'?",
        "/etc/x.toml: policy.keys: is missing: a bundle is used only if one of these keys signed it",
        "/etc/x.toml: policy.key: unknown key; did you mean 'keys'?",
    ]


@pytest.mark.parametrize("site", ["[site", '[site]\nprofil = ""', "[polcy]"])
def test_without_it_they_wait_for_the_policies(site: str) -> None:
    assert trust_of(site) == Trust()
