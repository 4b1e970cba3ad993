"""Weak and well again: what is told of rules that are not in force. tests/lab/test_drift.py has the real kernel."""

from typing import Any

import pytest
from namespace_fixtures import apart

from enforcer.edge import kernel, offload
from enforcer.edge.guard import Guard
from enforcer.edge.kernel import Kernel
from enforcer.edge.rules import NOT_STRIPPED, Place, Rules
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


def test_rules_that_are_not_taken_with_a_flowtable_are_put_in_force_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only makes traffic faster keeps nothing from being judged. It is told once, and tried with others again."""
    known, stands, put = {"lan", "wan"}, frozenset[str](), list[str]()

    def install(_kernel: Kernel, text: str, *_: Any, **__: Any) -> int:
        if "flowtable" in text and "lan2" not in known:
            raise EdgeError("nft refuses the rules: Operation not supported", cure="")
        put.append("with" if "flowtable" in text else "without")
        return 1

    monkeypatch.setattr(Guard, "__init__", lambda _self: None)
    monkeypatch.setattr(Guard, "settle", lambda *_: True)
    monkeypatch.setattr(Guard, "wrong", lambda *_: "")
    monkeypatch.setattr(kernel, "install", install)
    monkeypatch.setattr(kernel, "is_off", lambda: False)
    for name, stand_in in (
        ("can_offload", lambda: True),
        ("known_interfaces", lambda: frozenset(known)),
        ("standing", lambda: stands),
    ):
        monkeypatch.setattr(offload, name, stand_in)
    found = Kernel(native_queue=True, nft_version=(1, 0, 6))
    rules = Rules(Place(kernel=found, marks=Marks(), shift=0.0, lane_numbers=lambda _: {}))
    rules.install(load({}, '[datapath]\nflowtable = ["lan", "lan2"]\n'), 0.0)
    assert (put, rules.fault) == (["without"], "")
    [(kind, told)] = rules.mend_offload(1.0)
    assert kind == "error"
    assert told.startswith("flows that pass are not offloaded as `flowtable` asks: nft refuses the rules")
    assert (list(rules.mend_offload(3.0)), put) == ([], ["without"]), "told once, and not tried again"
    known.add("lan2")
    assert [kind for kind, _ in rules.mend_offload(5.0)] == ["repair"]
    assert (put, rules.offload.interfaces) == (["without", "with"], ("lan", "lan2"))
    stands = frozenset({"lan", "lan2"})
    assert (list(rules.mend_offload(7.0)), put) == ([], ["without", "with"])
    known.remove("lan2")
    assert [told for _, told in rules.mend_offload(9.0)] == [
        "flows that pass are not offloaded as `flowtable` asks: there is no interface lan2; all is judged as without it"
    ]


def test_a_kernel_that_cannot_turn_multipath_tcp_to_plain_tcp_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All else is in force. It is told anew where a reload asks for it again."""
    put = list[str]()

    def install(_kernel: Kernel, text: str, *_: Any, **__: Any) -> int:
        put.append(text)
        return 1

    monkeypatch.setattr(Guard, "__init__", lambda _self: None)
    monkeypatch.setattr(Guard, "settle", lambda *_: True)
    monkeypatch.setattr(Guard, "wrong", lambda *_: "")
    monkeypatch.setattr(kernel, "install", install)
    monkeypatch.setattr(kernel, "is_off", lambda: False)

    def told(multipath: bool, *sites: str) -> list[list[str]]:
        found = Kernel(native_queue=True, nft_version=(1, 0, 6), multipath=multipath)
        rules = Rules(Place(kernel=found, marks=Marks(), shift=0.0, lane_numbers=lambda _: {}))
        words = []
        for site in sites:
            rules.install(load({}, site), 0.0)
            words.append([f"{kind}: {why}" for at in (1.0, 2.0) for kind, why in rules.mend(at)])
            assert bool(rules.unheeded) is ("reset tcp option" not in put[-1] and "pass" not in site)
        return words

    passes = '[datapath]\nmptcp = "pass"\n'
    word = f"error: {NOT_STRIPPED}"
    assert told(False, "", passes, "") == [[word], [], [word]]
    assert told(True, "", passes) == [[], []]


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
