"""Weak and well again: what is told of rules that are not in force. tests/lab/test_drift.py has the real kernel."""

import pytest

from enforcer.edge import kernel
from enforcer.edge.guard import Guard
from enforcer.edge.kernel import Kernel
from enforcer.edge.rules import Place, Rules
from enforcer.model.marks import Marks
from enforcer.policy.load import load


def test_a_weakness_lasts_until_the_rules_stand_whoever_put_them_there(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = ""
    monkeypatch.setattr(Guard, "__init__", lambda _self: None)
    monkeypatch.setattr(Guard, "settle", lambda *_: True)
    monkeypatch.setattr(Guard, "wrong", lambda *_: wrong)
    monkeypatch.setattr(kernel, "install", lambda *_, **__: 1)
    monkeypatch.setattr(kernel, "is_off", lambda: True)
    place = Place(
        kernel=Kernel(native_queue=True, nft_version=(1, 0, 6)), marks=Marks(), shift=0.0, lane_numbers=lambda _: {}
    )
    rules = Rules(place)
    rules.install(load({}), 0.0)
    assert (list(rules.mend(1.0)), rules.weakness) == ([], "")
    wrong = "table inet enforcer is gone"
    assert [kind for kind, _ in rules.mend(2.0)] == ["error"]
    assert rules.weakness.startswith("; NOT IN FORCE: the rules were taken out by `enforcer panic-off`")
    assert list(rules.mend(4.0)) == [], "told once"
    wrong = ""
    assert list(rules.mend(5.0)) == [("repair", "the rules are in force again: somebody else put them back")]
    assert (list(rules.mend(6.0)), rules.weakness) == ([], "")
