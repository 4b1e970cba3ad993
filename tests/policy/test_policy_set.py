"""Paths of a policy set: which are policy, and which may stand in a bundle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.edge.files import read_set, shipped_policies
from enforcer.policy.policy_set import MAX_DEPTH, MAX_PATH, is_policy, path_fault


@pytest.mark.parametrize("path", ["a.toml", "vendors/acme.toml", "us/deep/b.toml", "us/my-tests.toml"])
def test_a_vendor_or_a_ban_is_policy(path: str) -> None:
    assert is_policy(path)


@pytest.mark.parametrize("path", ["subjects.toml", "tests/a.toml", "us/tests/a.toml", "bypass/resolvers.toml"])
def test_the_rest_of_a_set_is_not(path: str) -> None:
    assert not is_policy(path)


GOOD = ("a.toml", "us/x.toml", "a/b-c_d.e/1.toml", "x/" * MAX_DEPTH + "a.toml", "x" * (MAX_PATH - 5) + ".toml")
ODD = (
    *("", "/etc/a.toml", "../a.toml", "us/../a.toml", "us/./a.toml", "us//a.toml", "./a.toml", "a.toml/", "us\\a.toml"),
    *(".toml", ".a.toml", "us/.git/a.toml", "a.TOML", "a.toml\n", "a\0.toml", "ü.toml", "a b.toml", "a.tom", "a.json"),
    *("x" * (MAX_PATH - 4) + ".toml", "x/" * (MAX_DEPTH + 1) + "a.toml"),
)


@pytest.mark.parametrize("path", GOOD)
def test_a_path_in_normal_form_may_stand_in_a_bundle(path: str) -> None:
    assert path_fault(path) == ""


@pytest.mark.parametrize("path", ODD)
def test_any_other_may_not(path: str) -> None:
    assert path_fault(path)


@settings(deadline=None)
@given(path=st.text(alphabet="ab./\\.\0\n-", max_size=30))
def test_no_path_that_may_leads_out_of_its_folder(path: str) -> None:
    if not path_fault(path):
        assert all(part not in ("", ".", "..") for part in path.split("/"))


def test_every_shipped_path_may() -> None:
    assert [path for path in read_set(shipped_policies()) if path_fault(path)] == []
