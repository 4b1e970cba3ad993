"""Pauses are held until their end, over restarts, and never longer."""

from pathlib import Path

import pytest

from enforcer.edge.pause_file import PauseFile
from enforcer.edge.pauses import MOST, Pauses
from enforcer.edge.peers import Peer
from enforcer.model import request
from enforcer.model.errors import EdgeError
from enforcer.model.pause import Pause

NOW, RUNNING, LONGEST = 1790000000.25, 5000.0, 3600
ALICE = Peer(pid=1, uid=0, groups=frozenset())


def asked(seconds: int = 600) -> request.Pause:
    return request.Pause(seconds=seconds, reason="a test", ticket="", clients=(), vendors=())


def begun(pauses: Pauses, seconds: int = 600, now: float = NOW) -> Pause:
    pause = pauses.begin(asked(seconds), ALICE, now, LONGEST)
    pauses.hold(pause, now, RUNNING)
    return pause


def test_it_begins_at_once_and_lasts_as_long_as_asked_in_whole_seconds() -> None:
    pause = begun(Pauses(PauseFile(None)))
    assert (pause.since, pause.until) == (1790000000.0, 1790000601.0)
    assert (pause.id, pause.asked_by) == ("pause-20260921T141320Z", "root (uid 0)")


def test_two_of_one_second_have_names_of_their_own() -> None:
    pauses = Pauses(PauseFile(None))
    assert len({begun(pauses).id for _ in range(MOST)}) == MOST
    with pytest.raises(EdgeError, match="16 pauses are in force"):
        begun(pauses)


@pytest.mark.parametrize(("longest", "why"), [(599, "9 min 59 s are allowed"), (0, "the site allows no pause")])
def test_a_long_one_is_refused(longest: int, why: str) -> None:
    with pytest.raises(EdgeError, match=why):
        Pauses(PauseFile(None)).begin(asked(), ALICE, NOW, longest)


def test_it_is_over_at_its_end_or_when_so_much_time_has_gone_whatever_the_clock_says() -> None:
    pauses = Pauses(PauseFile(None))
    pause = begun(pauses)
    assert pauses.over(pause.until - 0.01, RUNNING + 1) == set()
    assert pauses.over(pause.until, RUNNING + 1) == {pause.id}
    assert pauses.over(NOW - 86_400, RUNNING + 601) == {pause.id}, "the clock was set back"


def test_a_restart_takes_it_up_until_its_end(tmp_path: Path) -> None:
    file = PauseFile(tmp_path / "pauses.json")
    pause = begun(Pauses(file))
    later = Pauses(file)
    assert list(later.restore(NOW + 100, 7.0, LONGEST)) == []
    assert later.held == (pause,)
    assert later.over(NOW + 200, 7.0 + 502) == {pause.id}
    over = Pauses(file)
    assert list(over.restore(pause.until, 7.0, LONGEST)) == []
    assert over.held == ()
    later.release({pause.id})
    assert not (tmp_path / "pauses.json").exists()


@pytest.mark.parametrize("later", [0.0, 0.25, 0.5])
def test_the_longest_there_is_outlives_a_restart_at_once(tmp_path: Path, later: float) -> None:
    path = tmp_path / "pauses.json"
    pause = begun(Pauses(PauseFile(path)), LONGEST)
    taken_up = Pauses(PauseFile(path))
    assert list(taken_up.restore(NOW + later, RUNNING, LONGEST)) == []
    assert taken_up.held == (pause,)


@pytest.mark.parametrize(("now", "longest"), [(NOW - 3600, LONGEST), (NOW, 60)], ids=["clock set back", "now too long"])
def test_what_the_clock_or_the_site_denies_is_told_and_not_taken_up(tmp_path: Path, now: float, longest: int) -> None:
    file = PauseFile(tmp_path / "pauses.json")
    begun(Pauses(file))
    later = Pauses(file)
    [told] = later.restore(now, 7.0, longest)
    assert "is not taken up" in told
    assert later.held == ()


def test_a_damaged_file_is_told_and_nothing_is_paused(tmp_path: Path) -> None:
    path = tmp_path / "pauses.json"
    path.write_text('{"version": 1, "pauses": [{"id": "x"}]}')
    [told] = Pauses(PauseFile(path)).restore(NOW, RUNNING, LONGEST)
    assert "is damaged" in told
