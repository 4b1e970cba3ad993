"""The serials of accepted bundles: grown only, per key, over restarts; what is damaged is never taken for empty."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.edge.serials import Serials
from enforcer.model.errors import EdgeError

OLD, NEW, OTHER = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lib/bundles.json"


def refusal(serials: Serials, serial: int, manifest: str = "m", trusted: tuple[str, ...] = (OLD,)) -> EdgeError:
    with pytest.raises(EdgeError) as caught:
        serials.refuse_older(serial, manifest, trusted)
    return caught.value


def accepted(path: Path, *serials: int, key: str = OLD) -> Serials:
    remembered = Serials(path)
    for serial in serials:
        remembered.refuse_older(serial, f"m{serial}", (key,))
        remembered.accept(serial, f"m{serial}", key)
    return Serials(path)


def test_an_older_one_is_refused_after_a_restart(path: Path) -> None:
    again = accepted(path, 5, 7)
    error = refusal(again, 6)
    assert error.why == "the bundle is an older one: it has serial 6, and 7 by key aaaaaaaaaaaaaaaa was in force here"
    assert "sign the older policies with a serial above 7" in error.cure
    again.refuse_older(8, "m8", (OLD,))


def test_the_same_one_is_accepted_again_and_another_of_its_serial_is_not(path: Path) -> None:
    again = accepted(path, 7)
    again.refuse_older(7, "m7", (OLD,))
    assert refusal(again, 7, "forged").why == "another bundle with serial 7 was in force here"


def test_only_what_was_accepted_is_remembered(path: Path) -> None:
    serials = accepted(path, 5)
    serials.refuse_older(9, "m9", (OLD,))
    serials.refuse_older(6, "m6", (OLD,))


def test_a_bundle_of_the_old_key_does_not_undo_one_of_the_new(path: Path) -> None:
    accepted(path, 7)
    serials = accepted(path, 8, key=NEW)
    assert "8 by key bbbb" in refusal(serials, 7, "m7", (OLD, NEW)).why


def test_a_key_that_is_trusted_no_more_holds_nobody_up(path: Path) -> None:
    serials = accepted(path, 2**53 - 1)
    serials.refuse_older(1, "m1", (NEW,))


def test_the_same_bundle_may_be_signed_anew_by_another_key(path: Path) -> None:
    accepted(path, 7).refuse_older(7, "m7", (OLD, NEW))


def test_it_knows_whose_bundle_is_the_first(path: Path) -> None:
    serials = accepted(path, 7)
    serials.refuse_older(8, "m8", (OLD, NEW))
    assert (serials.known(OLD), serials.known(NEW)) == (True, False)


def test_a_running_daemon_forgets_nothing_when_the_file_is_taken_away(path: Path) -> None:
    serials = Serials(path)
    serials.accept(7, "m7", OLD)
    path.unlink()
    assert refusal(serials, 6)
    serials.accept(8, "m8", OLD)
    assert refusal(Serials(path), 7)


def test_another_daemon_on_the_same_file_is_heard(path: Path) -> None:
    mine, other = accepted(path, 5), Serials(path)
    other.accept(9, "m9", OTHER)
    mine.accept(6, "m6", OLD)
    assert refusal(Serials(path), 8, trusted=(OTHER,))
    assert refusal(Serials(path), 5, trusted=(OLD,))


def test_the_same_again_writes_nothing(path: Path) -> None:
    serials = accepted(path, 7)
    before = path.stat()
    serials.accept(7, "m7", OLD)
    assert path.stat().st_ino == before.st_ino


def test_the_folder_is_made_for_its_owner(path: Path) -> None:
    accepted(path, 7)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == [path.name]


DAMAGED = (
    *(b"", b"{", b"[]", b"7", b"null", b"\xff", b'{"accepted": {}}', b'{"version": 2, "accepted": {}}', b"[" * 100_000),
    *(b'{"version": 1, "accepted": []}', b'{"version": 1, "accepted": {"k": 7}}', b'{"version": 1}'),
    b'{"version": 1, "accepted": {"k": {"serial": "7", "manifest": "m"}}}',
    b'{"version": 1, "accepted": {"k": {"serial": true, "manifest": "m"}}}',
    b'{"version": 1, "accepted": {"k": {"serial": 7}}}',
    b'{"version": 1, "accepted": {"k": {"serial": 7, "manifest": "m", "more": 1}}}',
    b'{"version": 1, "accepted": {"k": {"serial": ' + b"9" * 10_000 + b', "manifest": "m"}}}',
)


@pytest.mark.parametrize("data", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "b.json").write_bytes(data)
    error = refusal(Serials(tmp_path / "b.json"), 7)
    assert error.why == f"{tmp_path}/b.json is damaged: it does not say which bundles were accepted"
    assert "restore it" in error.cure


@settings(deadline=None, max_examples=40)
@given(values=st.recursive(st.integers() | st.text() | st.none(), lambda inner: st.lists(inner)))
def test_no_json_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, values: object) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps({"version": 1, "accepted": values}))
    assert refusal(Serials(path), 7)


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "Not a directory" in refusal(Serials(tmp_path / "file/b.json"), 7).why
    assert f"{tmp_path} is no plain file" in refusal(Serials(tmp_path), 7).why
    with pytest.raises(EdgeError, match="No such file or directory"):
        Serials(tmp_path / "no/such/b.json").accept(7, "m", OLD)
