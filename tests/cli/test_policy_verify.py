"""`enforcer policy verify`: good, or why not."""

import json
from pathlib import Path

import pytest
from policy_verbs_fixtures import as_json, run, told, written
from signing_fixtures import KeyPair, key_pair

from enforcer.edge.signatures import read_public_key, read_signing_key
from enforcer.policy.bundle import pack


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyPair, KeyPair]:
    folder = tmp_path_factory.mktemp("keys")
    return key_pair(folder, "one"), key_pair(folder, "two")


@pytest.fixture
def bundle(tmp_path: Path, keys: tuple[KeyPair, KeyPair]) -> Path:
    path, folder = tmp_path / "x.bundle", written(tmp_path / "set")
    told("bundle", "--policies", folder, "--key", keys[0].private, "--output", path, "--serial", 7)
    return path


def test_a_good_one(bundle: Path, keys: tuple[KeyPair, KeyPair]) -> None:
    one, two = keys
    first, second, third = told("verify", bundle, "--key", two.public, "--key", one.public).splitlines()
    fingerprint = read_public_key(one.public).fingerprint
    assert first == f"{bundle}: good, signed by {one.public} (key {fingerprint[:16]})"
    assert second.startswith("serial 7, made 20")
    assert third == "without fault; bans: 2, vendors: 1, files: 3"


def test_for_a_program(bundle: Path, keys: tuple[KeyPair, KeyPair]) -> None:
    told_ = as_json("verify", bundle, "--key", keys[0].public)
    assert told_["serial"] == 7
    assert told_["fingerprint"] == read_public_key(keys[0].public).fingerprint
    assert sorted(told_["files"]) == ["vendors/acme.toml", "xx/agency.toml", "xx/steps.toml"]
    assert sorted(told_) == ["bundle", "created", "files", "fingerprint", "key", "lists", "revision", "serial"]


def test_another_key(bundle: Path, keys: tuple[KeyPair, KeyPair]) -> None:
    done = run("verify", bundle, "--key", keys[1].public)
    assert (done.exit_code, done.stdout) == (3, "")
    assert f"{bundle}: manifest.sig: is by none of the keys that are trusted here" in done.stderr


def test_a_changed_one(bundle: Path, keys: tuple[KeyPair, KeyPair]) -> None:
    bundle.write_bytes(bundle.read_bytes().replace(b"upd.acme.example", b"upd.acme.exampel"))
    done = run("verify", bundle, "--key", keys[0].public, "--json")
    assert (done.exit_code, done.stdout) == (3, "")
    assert f"{bundle}: vendors/acme.toml: was changed after the bundle was signed" in done.stderr


def test_a_signed_one_with_faults(tmp_path: Path, keys: tuple[KeyPair, KeyPair]) -> None:
    sign = read_signing_key(keys[0].private, str).sign
    path = tmp_path / "x.bundle"
    path.write_bytes(b"".join(pack({"xx/bad.toml": b'bna = "x"'}, serial=1, created=0.0, sign=sign)))
    done = run("verify", path, "--key", keys[0].public)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "xx/bad.toml: bna: unknown key" in done.stderr


def test_what_cannot_be_read(bundle: Path, keys: tuple[KeyPair, KeyPair], tmp_path: Path) -> None:
    assert run("verify", tmp_path / "none", "--key", keys[0].public).exit_code == 1
    assert run("verify", tmp_path, "--key", keys[0].public).exit_code == 1
    assert run("verify", bundle, "--key", tmp_path / "none").exit_code == 1
    assert run("verify", bundle).exit_code == 2
    bundle.write_text(json.dumps({}))
    assert "is no policy bundle" in run("verify", bundle, "--key", keys[0].public).stderr
