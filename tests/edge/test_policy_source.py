"""Whose policies are loaded, and what the daemon refuses: with keys that openssl made."""

from pathlib import Path

import pytest
from policy_verbs_fixtures import FILES, changed, written
from signing_fixtures import KeyPair, key_pair

from enforcer.edge.policy_source import Intake, read_bundle, read_source
from enforcer.edge.signatures import read_public_key, read_signing_key
from enforcer.model.errors import EdgeError, PolicyError
from enforcer.policy.bundle import pack

SET = {path: text.encode() for path, text in FILES.items()}
NEXT = {path: text.encode() for path, text in changed("steps.toml", "The ban in steps", "The ban, again").items()}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyPair, KeyPair]:
    folder = tmp_path_factory.mktemp("keys")
    return key_pair(folder, "old"), key_pair(folder, "new")


class Site:
    """A site file that names a bundle, and the bundle."""

    def __init__(self, folder: Path, keys: tuple[KeyPair, KeyPair]) -> None:
        self.file, self.bundle, self.state = folder / "site.toml", folder / "x.bundle", folder / "lib/state.json"
        self.old, self.new = keys
        self.trust(self.old)

    def trust(self, *keys: KeyPair, more: str = "require_signature = true\n") -> None:
        paths = [str(key.public) for key in keys]
        table = f'[policy]\nbundle = "{self.bundle}"\nkeys = {paths}\nstate = "{self.state}"\n{more}'
        self.file.write_text(table)

    def put(self, serial: int, key: KeyPair | None = None, files: dict[str, bytes] = SET) -> None:
        sign = read_signing_key((key or self.old).private, str).sign
        self.bundle.write_bytes(b"".join(pack(files, serial=serial, created=0.0, sign=sign)))

    def taken(self, intake: Intake | None = None) -> str:
        """What a daemon that starts, or this one at a reload, says of what it took in."""
        intake = intake or Intake(None, self.file)
        intake.load()
        return intake.accept()

    def refusal(self, intake: Intake | None = None) -> str:
        with pytest.raises((EdgeError, PolicyError)) as caught:
            (intake or Intake(None, self.file)).load()
        return str(caught.value)


@pytest.fixture
def site(tmp_path: Path, keys: tuple[KeyPair, KeyPair]) -> Site:
    return Site(tmp_path, keys)


def short(key: KeyPair) -> str:
    return read_public_key(key.public).fingerprint[:16]


def test_ways_around_dns_come_from_where_the_policies_do(site: Site) -> None:
    shipped = read_source(None, None)
    assert "bypass/resolvers.toml" in shipped.bypass
    assert shipped.load().bypass.names
    site.put(1)
    assert read_source(None, site.file).load().bypass.names == ()


def test_the_policies_of_the_bundle_are_loaded(site: Site) -> None:
    site.put(7)
    policy = Intake(None, site.file).load()
    assert [ban.id for ban in policy.bans] == ["xx-agency", "xx-steps"]
    assert [ban.id for ban in read_source(None, site.file).load().bans] == ["xx-agency", "xx-steps"]


def test_the_record_says_which_bundle_and_whose(site: Site) -> None:
    site.put(7)
    assert site.taken() == f" from bundle serial 7, key {short(site.old)}, the first by it here"
    assert site.taken() == f" from bundle serial 7, key {short(site.old)}"


def test_without_the_table_nothing_is_said_and_nothing_kept(site: Site) -> None:
    site.file.write_text("")
    assert site.taken() == ""
    assert not site.state.exists()


def test_an_older_bundle_is_refused_over_restarts_and_at_a_reload(site: Site) -> None:
    site.put(7)
    running = Intake(None, site.file)
    site.taken(running)
    site.put(6)
    for daemon in (running, None):
        assert f"it has serial 6, and 7 by key {short(site.old)} was in force here" in site.refusal(daemon)
    site.put(7, files=NEXT)
    assert "another bundle with serial 7 was in force here" in site.refusal()
    site.put(8, files=NEXT)
    assert "serial 8" in site.taken(running)


def test_a_bundle_that_was_not_put_in_force_keeps_nobody_out(site: Site) -> None:
    site.put(7)
    running = Intake(None, site.file)
    site.taken(running)
    site.put(9)
    running.load()  # the kernel refused it, say
    site.put(8)
    assert "serial 8" in site.taken(running)


def test_a_broken_newer_bundle_keeps_nobody_out_either(site: Site) -> None:
    site.put(7)
    running = Intake(None, site.file)
    site.taken(running)
    site.put(9, files={"xx/steps.toml": b"ban = 1\n"})
    assert "ban: wanted a string" in site.refusal(running)
    site.put(8)
    assert "serial 8" in site.taken(running)


def test_only_a_configured_key_counts(site: Site) -> None:
    site.put(7, site.new)
    assert "manifest.sig: is by none of the keys" in site.refusal()
    site.trust(site.old, site.new)
    assert short(site.new) in site.taken()


def test_keys_are_changed_without_a_way_back(site: Site) -> None:
    site.put(7)
    site.taken()
    site.trust(site.old, site.new)
    site.put(8, site.new)
    site.taken()
    site.put(7)
    assert f"8 by key {short(site.new)}" in site.refusal()
    site.trust(site.new)
    assert "is by none of the keys" in site.refusal()


def test_the_state_is_asked_before_anything_is_compiled(site: Site) -> None:
    site.put(7)
    site.taken()
    site.state.write_text("{")
    assert "is damaged" in site.refusal()


def test_a_missing_bundle_or_key_is_refused(site: Site) -> None:
    assert f"cannot read {site.bundle}" in site.refusal()
    site.put(7)
    site.file.write_text(site.file.read_text().replace("old.pub", "gone.pub"))
    assert "gone.pub: No such file" in site.refusal()


def test_a_folder_is_refused_where_signatures_are_required(site: Site, tmp_path: Path) -> None:
    site.put(7)
    folder = written(tmp_path / "set")
    daemon = Intake(folder, site.file)
    assert site.refusal(daemon) == f"{site.file} asks for signed policies, and {folder} is a folder"
    assert read_source(folder, site.file).bundle is None  # whoever only looks may look at any set


def test_a_folder_is_used_and_said_where_they_are_not(site: Site, tmp_path: Path) -> None:
    site.trust(site.old, more="")
    daemon = Intake(written(tmp_path / "set"), site.file)
    assert site.taken(daemon) == " from a folder, unsigned"


def test_readers_need_no_state(site: Site) -> None:
    site.put(7)
    site.taken()
    site.put(6)
    assert read_source(None, site.file).bundle is not None
    assert site.state.read_text().count('"serial": 7') == 1


def test_a_state_that_cannot_be_written_is_told(site: Site) -> None:
    site.put(7)
    daemon = Intake(None, site.file)
    daemon.load()
    site.state.parent.symlink_to("nowhere")
    with pytest.raises(EdgeError) as caught:
        daemon.accept()
    assert caught.value.why.startswith(
        f"bundle serial 7, key {short(site.old)}, the first by it here: its serial is not"
    )


def test_faults_of_the_table_are_told_before_anything_is_read(site: Site) -> None:
    site.trust(site.old, more="require_signatures = true\n")
    assert "did you mean 'require_signature'?" in site.refusal()


def test_a_bundle_is_read_whole_or_not_at_all(site: Site) -> None:
    site.put(7)
    data = site.bundle.read_bytes()
    key = read_public_key(site.old.public)
    assert read_bundle(site.bundle, [key]).signer == key.fingerprint
    for at in range(0, len(data), 97):
        site.bundle.write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
        with pytest.raises(PolicyError):
            read_bundle(site.bundle, [key])
