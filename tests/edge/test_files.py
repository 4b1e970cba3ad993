"""Reading a policy set: by path within it, bounded, and never stuck on what is no plain file."""

import errno
import os
import sys
from pathlib import Path

import pytest

from enforcer.edge import files
from enforcer.edge.files import read_bypass_files, read_plain, read_policies, read_set, read_site, shipped_policies
from enforcer.model.errors import EdgeError
from enforcer.policy.policy_set import MAX_DEPTH, MAX_FILE


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")


def test_each_file_by_its_path_within_the_set(tmp_path: Path) -> None:
    put(tmp_path, "vendors/acme.toml", "us/a.toml", "us/deep/b.toml", "c.toml")
    assert read_policies(tmp_path) == {
        name: f"# {name}\n" for name in ("c.toml", "us/a.toml", "us/deep/b.toml", "vendors/acme.toml")
    }


def test_what_is_no_policy_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "a.toml", "tests/a.toml", "us/README.md", ".hidden.toml", ".git/x.toml", "us/a.toml~")
    assert list(read_policies(tmp_path)) == ["a.toml"]


def test_the_files_of_ways_around_dns_stand_apart(tmp_path: Path) -> None:
    put(tmp_path, "a.toml", "bypass/b.toml", "bypass/README.md")
    assert read_bypass_files(tmp_path) == {"bypass/b.toml": "# bypass/b.toml\n"}
    assert list(read_policies(tmp_path)) == ["a.toml"]
    assert read_bypass_files(tmp_path / "bypass") == {}


def test_the_whole_set_has_the_parts_that_are_no_policy_too(tmp_path: Path) -> None:
    put(
        tmp_path, "a.toml", "tests/a.toml", "bypass/r.toml", "subjects.toml", "README.md", ".hidden.toml", ".git/x.toml"
    )
    assert read_set(tmp_path) == {
        name: f"# {name}\n".encode() for name in ("a.toml", "subjects.toml", "bypass/r.toml", "tests/a.toml")
    }


def test_the_whole_set_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_MEMBERS", 2)
    put(tmp_path, "a.toml", "tests/a.toml")
    assert len(read_set(tmp_path)) == 2
    put(tmp_path, "subjects.toml")
    with pytest.raises(EdgeError, match="more than 2 files"):
        read_set(tmp_path)


def test_a_plain_file_up_to_its_bound(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_plain(tmp_path / "a", 5, cure="") == b"12345"
    with pytest.raises(EdgeError, match="more than 4 bytes") as caught:
        read_plain(tmp_path / "a", 4, cure="cut it")
    assert caught.value.cure == "cut it"


def test_bytes_that_are_no_utf8_are_handed_on_for_loading_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"x = '\xff'")
    assert read_policies(tmp_path) == {"a.toml": "x = '\udcff'"}


def refusal(folder: Path) -> EdgeError:
    with pytest.raises(EdgeError) as caught:
        read_policies(folder)
    assert caught.value.cure
    return caught.value


def test_a_folder_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none").why == f"{tmp_path}/none is no folder"
    put(tmp_path, "README.md")
    assert refusal(tmp_path).why == f"{tmp_path} holds no policy file (.toml)"


def test_too_large_a_file_is_refused_and_the_largest_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"#" * MAX_FILE)
    assert len(read_policies(tmp_path)["a.toml"]) == MAX_FILE
    (tmp_path / "a.toml").write_bytes(b"#" * (MAX_FILE + 1))
    assert "has more than" in refusal(tmp_path).why


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 3)
    put(tmp_path, "a.toml", "b.toml", "c.toml")
    assert len(read_policies(tmp_path)) == 3
    put(tmp_path, "d.toml")
    assert "more than 3 policy files" in refusal(tmp_path).why


def test_folders_that_lie_too_deep_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "/".join("x" * MAX_DEPTH) + "/a.toml")
    assert len(read_policies(tmp_path)) == 1
    put(tmp_path, "/".join("x" * (MAX_DEPTH + 1)) + "/a.toml")
    assert "lies too deep" in refusal(tmp_path).why


def test_a_loop_of_links_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "us/a.toml")
    (tmp_path / "us/again").symlink_to(tmp_path)
    assert list(read_policies(tmp_path)) == ["us/a.toml"]


def test_a_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.toml")
    assert refusal(tmp_path).why == f"{tmp_path}/a.toml is no plain file"


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").symlink_to(tmp_path / "none")
    assert refusal(tmp_path).why == f"cannot read {tmp_path}/a.toml: No such file or directory"


def test_the_default_site_file_need_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = tmp_path / "enforcer.toml"
    monkeypatch.setattr(files, "SITE_FILE", default)
    assert read_site(None) == ("", str(default))
    default.write_text("[site]\n")
    assert read_site(None) == ("[site]\n", str(default))


def test_a_site_file_in_a_folder_that_we_may_not_enter_is_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "stat", refused)
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(EdgeError, match=r"cannot read /etc/enforcer/enforcer\.toml: Permission denied"):
        read_site(None)


def test_a_site_file_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(EdgeError) as caught:
        read_site(tmp_path / "none.toml")
    assert caught.value.why == f"cannot read {tmp_path}/none.toml: No such file or directory"


def test_the_shipped_policies_are_those_of_the_checkout() -> None:
    assert (shipped_policies() / "us/commerce-kaspersky-2024.toml").is_file()


def test_an_installed_program_finds_them_below_its_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "__file__", str(tmp_path / "lib/enforcer/edge/files.py"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert shipped_policies() == tmp_path / "share/enforcer/policies"
