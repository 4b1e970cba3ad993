"""Lists from a folder: in chunks, plain files only; the daemon's are remembered from one reload to the next."""

import os
from pathlib import Path

import pytest
from policy_verbs_fixtures import FILES, changed, written

from enforcer.edge import list_files
from enforcer.edge.list_files import open_list, opened_in
from enforcer.edge.policy_source import Intake, read_source
from enforcer.model.errors import EdgeError, PolicyError

MANY = "".join(f"h{number}.example\n" for number in range(100))


def test_a_file_comes_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_files, "CHUNK", 4)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/a.txt").write_bytes(b"123456789")
    size, chunks = opened_in(tmp_path)("lists/a.txt")
    assert (size, [*chunks]) == (9, [b"1234", b"5678", b"9"])


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    for path in (tmp_path / "a.txt", tmp_path):
        with pytest.raises(EdgeError, match="is no plain file"):
            open_list(path)
    with pytest.raises(EdgeError, match=r"cannot read .*No such file"):
        open_list(tmp_path / "b.txt")


def test_a_file_that_vanishes_meanwhile_is_told_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a.b\n")
    chunks = open_list(tmp_path / "a.txt").chunks
    (tmp_path / "a.txt").unlink()
    with pytest.raises(EdgeError, match="cannot read"):
        list(chunks)


class Set:
    """A policy set with a list, and a site file."""

    def __init__(self, folder: Path) -> None:
        keys = 'names = ["store.acme.example"]'
        files = changed("acme.toml", keys, f'{keys}\ndomains_list = "lists/a.txt"')
        self.folder, self.site = written(folder / "set", files), folder / "site.toml"
        (self.folder / "lists").mkdir()
        self.put(MANY)
        self.allow("")

    def put(self, text: str) -> None:
        (self.folder / "lists/a.txt").write_text(text)

    def allow(self, site: str) -> None:
        self.site.write_text(site)


@pytest.fixture
def policies(tmp_path: Path) -> Set:
    return Set(tmp_path)


def refusal(intake: Intake) -> str:
    with pytest.raises(PolicyError) as caught:
        intake.load()
    return str(caught.value)


def test_whoever_only_looks_reads_lists_too(policies: Set) -> None:
    policy = read_source(policies.folder, policies.site).load()
    assert policy.patterns.listed == {"lists/a.txt": 100}


def test_a_list_that_lost_half_is_refused_at_a_reload_until_it_is_allowed(policies: Set) -> None:
    intake = Intake(policies.folder, policies.site)
    first = intake.load()
    intake.accept()
    policies.put("h1.example\n")
    assert "lists/a.txt: has 1 patterns, and 100 are in force" in refusal(intake)
    assert "has 1 patterns, and 100 are in force" in refusal(intake), "a refusal makes nothing of it in force"
    policies.put("")
    assert "lists/a.txt: is empty" in refusal(intake)
    policies.put("h1.example\n")
    policies.allow("[policy]\nallow_shrink = true\n")
    second = intake.load()
    intake.accept()
    assert (second.patterns.listed, second.revision != first.revision) == ({"lists/a.txt": 1}, True)
    policies.allow("")
    assert intake.load().patterns.listed == {"lists/a.txt": 1}


def test_what_the_kernel_refused_was_never_in_force(policies: Set) -> None:
    intake = Intake(policies.folder, policies.site)
    intake.load()
    intake.accept()
    policies.put(MANY + "".join(f"x{number}.example\n" for number in range(900)))
    intake.load()
    policies.put(MANY)
    assert intake.load().patterns.listed == {"lists/a.txt": 100}


def test_a_first_load_takes_any_size(policies: Set) -> None:
    policies.put("h1.example\n")
    assert Intake(policies.folder, policies.site).load().patterns.listed == {"lists/a.txt": 1}
    assert set(FILES) <= {path.relative_to(policies.folder).as_posix() for path in policies.folder.rglob("*.toml")}
