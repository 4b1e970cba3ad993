"""One enforcer for each network namespace; who only looks takes nothing."""

import threading

import pytest
from namespace_fixtures import apart

from enforcer.edge import sole
from enforcer.model.errors import EdgeError

pytestmark = pytest.mark.kernel


def test_a_second_one_is_refused_until_the_first_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sole, "PATIENCE", 0.1)

    def work() -> list[object]:
        told: list[object] = [sole.is_claimed()]
        with sole.claim():
            told.append(sole.is_claimed())
            try:
                sole.claim()
            except EdgeError as error:
                told.append(error.code)
        return [*told, sole.is_claimed()]

    assert apart(work) == [False, True, sole.TAKEN, False]


def test_whoever_looks_without_a_pause_holds_up_nobody_who_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sole, "PATIENCE", 0.0)

    def work() -> int:
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                sole.is_claimed()

        watching = [threading.Thread(target=look) for _ in range(2)]
        for one in watching:
            one.start()
        for _ in range(300):
            sole.claim().close()
        over.set()
        for one in watching:
            one.join()
        return 300

    assert apart(work) == 300
