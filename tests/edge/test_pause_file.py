from pathlib import Path

import pytest

from enforcer.edge.pause_file import PauseFile
from enforcer.model.errors import EdgeError
from enforcer.model.members import Instant
from enforcer.model.pause import Pause

PAUSE = Pause(
    id="pause-1",
    reason="a test",
    ticket="",
    asked_by="root (uid 0)",
    since=Instant(1790000000.0),
    until=Instant(1790000600.0),
    clients=("10.1.0.7",),
    vendors=(),
)


def test_what_is_written_is_read_and_none_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "pauses.json"
    file = PauseFile(path)
    assert file.read() == ()
    file.write([PAUSE])
    assert PauseFile(path).read() == (PAUSE,)
    file.write([])
    assert not path.exists()


def test_a_trial_keeps_nothing(tmp_path: Path) -> None:
    PauseFile(None).write([PAUSE])
    assert PauseFile(None).read() == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 2, "pauses": []}', '{"version": 1}', '{"version": 1, "pauses": [5]}', "[" * 100_000]
)
def test_what_is_damaged_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pauses.json"
    path.write_text(text)
    with pytest.raises(EdgeError, match="is damaged"):
        PauseFile(path).read()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="cannot write"):
        PauseFile(tmp_path / "none" / "pauses.json").write([PAUSE])
