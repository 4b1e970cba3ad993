"""A snapshot of a service at work: real parts, and rules that are as a test says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from event_fixtures import event

from enforcer.edge.charge import Charge
from enforcer.edge.chronicle import Chronicle
from enforcer.edge.clock import Clock
from enforcer.edge.crew import Crew
from enforcer.edge.outputs import Outputs
from enforcer.edge.rules import Rules
from enforcer.edge.snapshot import RECENT, Snapshots
from enforcer.edge.store import Store
from enforcer.edge.succession import Succession
from enforcer.model.offload import OffloadState
from enforcer.model.state import Standing, State
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.load import load

STAMP = Stamp(gateway="gw", mode="inline", simulated=False)


@dataclass
class Parts:
    outputs: Outputs
    chronicle: Chronicle
    snapshots: Snapshots

    def take(self, fault: str = "", slow: str = "", unheeded: str = "") -> State:
        offload = OffloadState(asked=("lan",), fault=slow)
        told = {"fault": fault, "repaired": 2, "offload": offload, "unheeded": unheeded}
        rules: Any = type("TheRules", (), told)
        return self.snapshots.take(cast("Rules", rules))


@pytest.fixture
def site() -> str:
    return '[datapath]\nfail = "closed"\n'


@pytest.fixture
def parts(tmp_path: Path, site: str) -> Iterator[Parts]:
    clock, policy = Clock(), load({}, site)
    outputs = Outputs(clock, STAMP, Store(tmp_path / "events.sqlite"), None, lambda _event: None)
    chronicle = Chronicle(clock, STAMP, outputs, lambda: policy.revision)
    charge = Charge(load=lambda: policy, accept=str, clock=clock, gateway="gw", lane_numbers=lambda _keys: {})
    crew = Crew()
    yield Parts(outputs, chronicle, Snapshots(charge, Succession(charge, policy, crew, chronicle), crew, chronicle))
    outputs.close()


def test_it_tells_what_its_parts_tell_and_is_json_both_ways(parts: Parts) -> None:
    seen = [event(), event(action="reset", count=2)]
    parts.chronicle.count(seen)
    parts.chronicle.keep(seen)
    state = parts.take()
    assert State.from_dict(state.as_dict()) == State.from_dict(State.from_dict(state.as_dict()).as_dict())
    assert (state.gateway, state.fail, state.standing, state.repairs) == ("gw", "closed", Standing.IN_FORCE, 2)
    assert [(one.action, one.count) for one in state.counts] == [("answered", 1), ("reset", 2)]
    assert [one.name for one in state.alerts] == [event().name] * 2
    assert (state.store.stored, state.store.waiting) == (2, 0)
    assert state.since <= state.at
    assert state.doubts == ("no alerts are sent: no collector is set",)


def test_rules_that_are_not_in_force_come_first(parts: Parts) -> None:
    parts.snapshots.lasting.append("checksums are not looked at")
    state = parts.take("somebody took them")
    assert state.standing == Standing.NOT_IN_FORCE
    assert state.doubts[0] == "the rules are not in force: somebody took them"
    assert state.doubts[-1] == "checksums are not looked at"


def test_a_flowtable_that_is_not_as_asked_is_the_mildest_doubt(parts: Parts) -> None:
    state = parts.take(slow="there is no interface lan")
    assert state.standing == Standing.IN_FORCE
    assert state.doubts[-1] == "flows that pass are not offloaded as `flowtable` asks: there is no interface lan"
    assert state.offload.asked == ("lan",)


def test_what_the_kernel_cannot_do_of_what_was_asked_is_a_doubt(parts: Parts) -> None:
    assert parts.take(unheeded="Multipath TCP passes").doubts[-1] == "Multipath TCP passes"


def test_a_loss_is_a_doubt_for_a_while(parts: Parts) -> None:
    now = parts.take().at
    lost = event(kind="loss", reason="3 packets passed unjudged", at=now - 100, count=3)
    parts.chronicle.count([lost])
    assert any("3 packets passed unjudged" in doubt for doubt in parts.take().doubts)
    parts.chronicle.count([event(kind="loss", reason="3 packets passed unjudged", at=now - RECENT - 100)])
    assert not any("unjudged" in doubt for doubt in parts.take().doubts)


@pytest.mark.parametrize("site", ['[site]\nceiling = "observe"\n'])
def test_a_site_that_holds_itself_back_is_a_doubt(parts: Parts) -> None:
    assert parts.take().doubts[0] == "NOT BLOCKING: `ceiling` is observe for the site"
