"""`enforcer policy bundle`: what it writes, openssl and tar can check; what it cannot, it tells."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from policy_verbs_fixtures import FILES, as_json, run, told, written
from signing_fixtures import KeyPair, key_pair, openssl

from enforcer.cli.main import main
from enforcer.edge.clock import Clock
from enforcer.edge.policy_source import Intake
from enforcer.edge.signatures import read_public_key
from enforcer.model.names import HostName


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return key_pair(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return written(tmp_path / "set", {**FILES, "tests/steps.toml": "# cases\n", "subjects.toml": "# words\n"})


def test_it_says_what_it_wrote(key: KeyPair, policies: Path, tmp_path: Path) -> None:
    output = tmp_path / "x.bundle"
    said = told("bundle", "--policies", policies, "--key", key.private, "--output", output, "--serial", 42)
    fingerprint, data = read_public_key(key.public).fingerprint, output.read_bytes()
    assert re.sub("revision [0-9a-f]{16}", "revision R", said) == (
        f"{output}: serial 42, key {fingerprint[:16]}, revision R\n"
        f"5 files, {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}\n"
    )


def test_for_a_program(key: KeyPair, policies: Path, tmp_path: Path) -> None:
    output = tmp_path / "x.bundle"
    made = as_json("bundle", "--policies", policies, "--key", key.private, "--output", output, "--serial", 42)
    data = output.read_bytes()
    assert (made.pop("bundle"), made.pop("sha256")) == (str(output), hashlib.sha256(data).hexdigest())
    assert made.pop("revision") == as_json("verify", output, "--key", key.public)["revision"]
    fingerprint = read_public_key(key.public).fingerprint
    assert made == {"serial": 42, "fingerprint": fingerprint, "files": 5, "lists": 0, "size": len(data)}


def test_other_programs_verify_it(key: KeyPair, policies: Path, tmp_path: Path) -> None:
    """The whole check of docs/bundles.md without a line of ours: signature by openssl, files by sha256sum."""
    output, folder = tmp_path / "x.bundle", tmp_path / "unpacked"
    told("bundle", "--policies", policies, "--key", key.private, "--output", output)
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder, "-f", output], check=True)
    what = ("-rawin", "-in", folder / "manifest.json", "-sigfile", folder / "manifest.sig")
    assert b"Signature Verified Successfully" in openssl("pkeyutl", "-verify", "-pubin", "-inkey", key.public, *what)
    manifest = json.loads((folder / "manifest.json").read_text())
    sums = "".join(f"{one['sha256']}  policies/{one['path']}\n" for one in manifest["files"])
    subprocess.run(["sha256sum", "--check", "--strict"], input=sums, text=True, cwd=folder, check=True)
    assert {one["path"] for one in manifest["files"]} == {
        path.relative_to(policies).as_posix() for path in policies.rglob("*.toml")
    }


def test_without_a_serial_the_time_is_one(key: KeyPair, policies: Path, tmp_path: Path) -> None:
    before = int(Clock().now())
    output = tmp_path / "x.bundle"
    said = told("bundle", "--policies", policies, "--key", key.private, "--output", output)
    serial = re.search(r"serial (\d+),", said)
    assert serial
    assert before <= int(serial[1]) <= Clock().now()


def test_a_passphrase_is_asked_for(policies: Path, tmp_path: Path) -> None:
    locked = key_pair(tmp_path, "locked", "-aes-256-cbc", "-pass", "pass:horse")
    words = ["policy", "bundle", "--policies", policies, "--key", locked.private, "--output", tmp_path / "x.bundle"]
    done = CliRunner().invoke(main, list(map(str, words)), input="horse\n")
    assert done.exit_code == 0
    assert "horse" not in done.output
    done = CliRunner().invoke(main, list(map(str, words)), input="cow\n")
    assert done.exit_code == 1
    assert "cannot be decrypted with this passphrase" in done.stderr


def test_a_set_with_faults_is_not_signed(key: KeyPair, tmp_path: Path) -> None:
    folder = written(tmp_path / "set", {**FILES, "xx/bad.toml": 'bna = "x"\n'})
    done = run("bundle", "--policies", folder, "--key", key.private, "--output", tmp_path / "x.bundle")
    assert done.exit_code == 3
    assert "xx/bad.toml: bna: unknown key; did you mean 'ban'?" in done.stderr
    assert not (tmp_path / "x.bundle").exists()


def test_a_set_without_policies_is_not_signed(key: KeyPair, tmp_path: Path) -> None:
    folder = written(tmp_path / "set", {"subjects.toml": "# words\n"})
    done = run("bundle", "--policies", folder, "--key", key.private, "--output", tmp_path / "x.bundle")
    assert done.exit_code == 1
    assert f"{folder} holds no policy file" in done.stderr
    assert not (tmp_path / "x.bundle").exists()


def test_a_path_that_no_bundle_takes_is_told(key: KeyPair, tmp_path: Path) -> None:
    folder = written(tmp_path / "set", {**FILES, "tests/two words.toml": ""})
    done = run("bundle", "--policies", folder, "--key", key.private, "--output", tmp_path / "x.bundle")
    assert done.exit_code == 3
    assert "'tests/two words.toml' is no path for a bundle" in done.stderr


@pytest.mark.parametrize("serial", ["0", "-1", "1.5", str(2**53)])
def test_an_odd_serial_is_a_fault_of_the_command_line(key: KeyPair, tmp_path: Path, serial: str) -> None:
    done = run("bundle", "--key", key.private, "--output", tmp_path / "x", "--serial", serial)
    assert done.exit_code == 2


@pytest.mark.parametrize("output", ["no/such/x.bundle", ".", "/"])
def test_an_output_that_cannot_be_written_is_told(key: KeyPair, policies: Path, tmp_path: Path, output: str) -> None:
    done = run("bundle", "--policies", policies, "--key", key.private, "--output", tmp_path / output)
    assert done.exit_code == 1
    assert done.stderr.startswith("enforcer: cannot write ")


def test_the_public_key_signs_nothing(key: KeyPair, policies: Path, tmp_path: Path) -> None:
    done = run("bundle", "--policies", policies, "--key", key.public, "--output", tmp_path / "x.bundle")
    assert done.exit_code == 1
    assert "is no private key" in done.stderr


def test_lists_go_into_it_and_are_in_force_from_it(key: KeyPair, policies: Path, tmp_path: Path) -> None:
    acme, output, site = policies / "vendors/acme.toml", tmp_path / "x.bundle", tmp_path / "site.toml"
    keys = 'names = ["store.acme.example"]'
    acme.write_text(acme.read_text().replace(keys, f'{keys}\ndomains_list = "lists/a.txt"'))
    (policies / "lists").mkdir()
    (policies / "lists/a.txt").write_text("# a feed\nreseller.example\n")
    (policies / "lists/not-named.txt").write_text("other.example\n")
    said = told("bundle", "--policies", policies, "--key", key.private, "--output", output, "--serial", 1)
    assert "\n5 files, lists: 1, " in said
    said = told("verify", output, "--key", key.public)
    assert said.endswith("files: 5, lists: 1\n")
    state = tmp_path / "state.json"
    site.write_text(f'[policy]\nbundle = "{output}"\nkeys = ["{key.public}"]\nstate = "{state}"\n')
    policy = Intake(None, site).load()
    assert policy.patterns.listed == {"lists/a.txt": 1}
    match = policy.match(HostName("www.reseller.example"))
    assert match is not None
    assert match.pattern == "reseller.example"
    output.write_bytes(output.read_bytes().replace(b"reseller.example", b"resseler.example"))
    done = run("verify", output, "--key", key.public)
    assert done.exit_code == 3
    assert "lists/a.txt: was changed after the bundle was signed" in done.stderr


def test_an_empty_list_is_not_signed(key: KeyPair, policies: Path, tmp_path: Path) -> None:
    acme, keys = policies / "vendors/acme.toml", 'names = ["store.acme.example"]'
    acme.write_text(acme.read_text().replace(keys, f'{keys}\ndomains_list = "lists/a.txt"'))
    (policies / "lists").mkdir()
    (policies / "lists/a.txt").write_text("# nothing\n")
    done = run("bundle", "--policies", policies, "--key", key.private, "--output", tmp_path / "x.bundle")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "lists/a.txt: is empty" in done.stderr


def test_standard_output_is_not_where_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run("bundle", "--key", "none.pem", "--output", "-")
    assert refused.exit_code == 2
    assert "name a file" in refused.stderr
    assert list(tmp_path.iterdir()) == []
