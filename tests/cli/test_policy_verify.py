"""`enforcer policy verify`: good, or why not."""

import json
import re
from pathlib import Path

import pytest
from bypass_fixtures import BYPASS
from policy_verbs_fixtures import FILES, as_json, run, site_file, told, written
from signing_fixtures import KeyPair, key_pair

from enforcer.edge.policy_source import Intake
from enforcer.edge.signatures import read_public_key, read_signing_key
from enforcer.policy.bundle import pack

CASES = {
    "tests/xx-agency.toml": """
[[case]]
bans = ["xx-agency"]
subjects = ["agency"]
ban = "xx-agency"
names = ["geo.acme.example"]
at = 2021-01-01T00:00:00Z
verdict = "block"
"""
}


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


def test_every_verb_gives_a_set_the_same_revision(tmp_path: Path, keys: tuple[KeyPair, KeyPair]) -> None:
    """Also what tells ways around DNS decides what is blocked: it is signed, loaded and hashed like the rest."""
    folder, empty, path = (
        written(tmp_path / "set", {**FILES, **BYPASS, **CASES}),
        tmp_path / "site.toml",
        tmp_path / "x.bundle",
    )
    empty.write_text("")
    made = told("bundle", "--policies", folder, "--key", keys[0].private, "--output", path)
    seen = {
        re.findall("revision ([0-9a-f]{16})", said)[-1]
        for said in (made, told("verify", path, "--key", keys[0].public))
    }
    seen.add(as_json("verify", path, "--key", keys[0].public)["revision"])
    seen.add(as_json("validate", "--policies", folder, "--config", empty)["revision"])
    seen.add(as_json("list", "--policies", folder, "--config", empty)["revision"])
    seen.add(as_json("lint", "--policies", folder, "--config", empty)["revision"])
    seen.add(as_json("test", "--policies", folder)["revision"])
    seen.add(as_json("diff", folder, folder, "--config", empty)["new"])
    seen.add(Intake(folder, empty).load().revision)
    assert len(seen) == 1
    written(folder, {path: text.replace("8.8.8.8", "8.8.4.4") for path, text in BYPASS.items()})
    assert as_json("validate", "--policies", folder, "--config", empty)["revision"] not in seen


def test_verbs_look_at_the_bundle_that_the_site_loads(tmp_path: Path, keys: tuple[KeyPair, KeyPair]) -> None:
    """Not at the shipped policies, which are not in force there."""
    subjects = '[subject.us-person]\ntitle = "one of them"\n'
    folder, path = written(tmp_path / "set", {**FILES, "subjects.toml": subjects}), tmp_path / "x.bundle"
    told("bundle", "--policies", folder, "--key", keys[0].private, "--output", path)
    site = site_file(tmp_path, f'[policy]\nbundle = "{path}"\nkeys = ["{keys[0].public}"]\n')
    found = json.loads(run("lint", "--config", site, "--json").stdout)["findings"]
    assert {(one["file"], one["rule"]) for one in found} >= {("xx/agency.toml", "unknown-subject")}
    assert {one["file"] for one in found} <= {*FILES, str(site)}
    rows = as_json("list", "--subjects", "--config", site)["subjects"]
    assert {row["subject"]: row["title"] for row in rows} == {"agency": "", "us-person": "one of them"}


def test_a_fault_in_the_ways_around_is_told_before_signing(tmp_path: Path, keys: tuple[KeyPair, KeyPair]) -> None:
    faulty = {path: text.replace('"canary"', '"canari"') for path, text in BYPASS.items()}
    folder = written(tmp_path / "set", {**FILES, **faulty})
    for words in (
        ("bundle", "--policies", folder, "--key", keys[0].private, "--output", tmp_path / "x.bundle"),
        ("validate", "--policies", folder),
        ("lint", "--policies", folder),
        ("test", "--policies", folder),
        ("diff", folder, folder),
    ):
        done = run(*words)
        assert done.exit_code == 3, words
        assert "bypass/around.toml: host[0].kind: 'canari'" in done.stderr
    assert not (tmp_path / "x.bundle").exists()


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
