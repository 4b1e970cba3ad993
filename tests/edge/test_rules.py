"""Weak and well again: what is told of rules that are not in force. tests/lab/test_drift.py has the real kernel."""

from typing import Any

import pytest
from namespace_fixtures import apart

from enforcer.edge import kernel
from enforcer.edge.guard import Guard
from enforcer.edge.kernel import Kernel
from enforcer.edge.rules import Place, Rules
from enforcer.model.errors import EdgeError
from enforcer.model.marks import Marks
from enforcer.policy.load import load


def test_a_weakness_lasts_until_the_rules_stand_whoever_put_them_there(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = ""
    monkeypatch.setattr(Guard, "__init__", lambda _self: None)
    monkeypatch.setattr(Guard, "settle", lambda *_: True)
    monkeypatch.setattr(Guard, "wrong", lambda *_: wrong)
    monkeypatch.setattr(kernel, "install", lambda *_, **__: 1)
    off = False
    monkeypatch.setattr(kernel, "is_off", lambda: off)
    place = Place(
        kernel=Kernel(native_queue=True, nft_version=(1, 0, 6)), marks=Marks(), shift=0.0, lane_numbers=lambda _: {}
    )
    rules = Rules(place)
    rules.install(load({}), 0.0)
    assert (list(rules.mend(1.0)), rules.weakness) == ([], "")
    wrong, off = "table inet enforcer is gone", True
    assert [kind for kind, _ in rules.mend(2.0)] == ["off"]
    assert rules.weakness.startswith("; NOT IN FORCE: the rules were taken out by `enforcer panic-off`")
    assert list(rules.mend(4.0)) == [], "told once"
    wrong = ""
    assert list(rules.mend(5.0)) == [("repair", "the rules are in force again: somebody else put them back")]
    assert (list(rules.mend(6.0)), rules.weakness) == ([], "")


@pytest.mark.kernel
def test_a_panic_that_comes_while_rules_are_put_in_place_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The panic comes just after the rules were put, as another process would do it: at a start, a reload, a repair."""

    def work() -> list[str]:
        found, policy = kernel.Kernel(native_queue=False, nft_version=()), load({})
        rules = Rules(Place(kernel=found, marks=Marks(), shift=0.0, lane_numbers=lambda _: {}))
        rules.install(policy, 0.0, anew=True)
        told = [str(bool(kernel.standing()))]
        put = kernel.install

        def panics(*words: Any, **more: Any) -> int:
            done = put(*words, **more)
            kernel.uninstall(stay_off=True)
            put(*words, **{**more, "stands": ""})  # and what the daemon put came last of all
            return done

        monkeypatch.setattr(kernel, "install", panics)
        for anew in (True, False):
            try:
                rules.install(policy, 1.0, anew=anew)
            except EdgeError as error:
                told.append(error.why)
            told.append(str(kernel.standing()))
        monkeypatch.setattr(kernel, "install", put)
        told += [kind for kind, _ in rules.mend(100.0)]
        told.append(str(kernel.standing()))
        rules.install(policy, 200.0, anew=True)
        told += [str(bool(kernel.standing())), str(kernel.is_off())]
        rules.close()
        return told

    off = "the rules were taken out by `enforcer panic-off`"
    assert apart(work) == [
        *("True", f"{off} while others were put in place", "()"),
        *(f"{off}: nothing is judged", "()"),
        *("off", "()"),
        *("True", "False"),
    ]
