from pathlib import Path

from event_fixtures import event

from enforcer.edge.chronicle import LATELY, Chronicle
from enforcer.edge.clock import Clock
from enforcer.edge.outputs import Outputs
from enforcer.edge.store import Store
from enforcer.model.event import Event
from enforcer.pipeline.stamp import Stamp

STAMP = Stamp(gateway="gw", mode="inline", simulated=False)


def test_what_happens_is_counted_and_the_last_alerts_are_kept(tmp_path: Path) -> None:
    kept: list[Event] = []
    outputs = Outputs(Clock(), STAMP, Store(tmp_path / "events.sqlite"), None, kept.append)
    chronicle = Chronicle(Clock(), STAMP, outputs, lambda: "r1")
    chronicle.keep([event(verdict="observe", action="passed", count=4)])  # a burst, counted as it happened
    assert not chronicle.alerts
    chronicle.keep([event(name=f"{number}.test") for number in range(LATELY + 2)])
    chronicle.count([event(verdict="observe", action="passed")] * 5)
    assert [alert.name for alert in chronicle.alerts] == [f"{number}.test" for number in range(2, LATELY + 2)]
    chronicle.record("repair", "put right", count=2)
    assert chronicle.judged == {
        ("decision", "observe", "passed", "dns"): 5,
        ("repair", "", "", ""): 2,
    }
    assert (kept[-1].kind, kept[-1].reason, kept[-1].revision, kept[-1].gateway) == ("repair", "put right", "r1", "gw")
    assert len(kept) == LATELY + 4
    outputs.close()
