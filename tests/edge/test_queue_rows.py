"""Who has a queue and how much waits in it, by the kernel's own table."""

import os
from pathlib import Path

import pytest
from namespace_fixtures import apart

from enforcer.edge import queue_rows
from enforcer.edge.queue import Queue
from enforcer.model.errors import EdgeError
from enforcer.model.marks import Marks

MARKS = Marks()
NUMBER = 4010


@pytest.mark.kernel
def test_the_holder_of_a_taken_number_is_named() -> None:
    def work() -> str:
        Queue(NUMBER, marks=MARKS, fail_open=True)
        first = Queue(NUMBER + 1, marks=MARKS, fail_open=True)
        assert first.number == NUMBER + 1
        taken = Queue(NUMBER + 2, marks=MARKS, fail_open=True)
        try:
            Queue(NUMBER + 2, marks=MARKS, fail_open=True)
        except EdgeError as error:
            return error.why
        finally:
            taken.close()
        return ""

    assert apart(work).startswith("queue 4012 is taken by ")


@pytest.mark.parametrize("text", ["", "4010 7\n", "4010 seven 1 2 65531 0 0 9 1\n", "4009 7 3 2 65531 2 0 9 1\n"])
def test_a_queue_that_is_not_told_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (table := tmp_path / "rows").write_text(text)
    monkeypatch.setattr(queue_rows, "_TABLE", table)
    assert (queue_rows.waiting(4010) or 0, queue_rows.turned_away(4010)) == (0, 0)
    assert queue_rows.holder(4010) == "another program"


def test_what_waits_and_what_was_turned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (table := tmp_path / "rows").write_text("4009 7 9 2 65531 8 0 9 1\n4010 4194999 3 2 65531 2 0 9 1\n")
    monkeypatch.setattr(queue_rows, "_TABLE", table)
    assert (queue_rows.waiting(4010), queue_rows.turned_away(4010)) == (3, 2)
    assert queue_rows.holder(4010) == "another program (netlink port 4194999)"


@pytest.mark.kernel
def test_how_many_wait_is_unknown_to_other_users_and_not_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> tuple[int | None, int | None]:
        seen = queue_rows.waiting(NUMBER)
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
        monkeypatch.setattr(os, "getegid", lambda: 65534)
        return seen, queue_rows.waiting(NUMBER)

    assert apart(work) == (0, None)


def test_a_group_that_root_gave_it_to_may_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (table := tmp_path / "rows").write_text(f"{NUMBER}  813   7 2 65531     0     0       12  1\n")
    os.chown(table, -1, os.getegid())
    monkeypatch.setattr(queue_rows, "_TABLE", table)
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    assert queue_rows.waiting(NUMBER) == 7
