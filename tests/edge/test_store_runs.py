"""What a store says of the run before."""

from pathlib import Path

from event_fixtures import event, plain

from enforcer.edge.store import Store
from enforcer.edge.store_runs import Run


def test_the_mode_of_the_run_before(tmp_path: Path) -> None:
    with Store(tmp_path / "events.sqlite") as store:
        assert store.last_run(simulated=False) == Run()
        store.append([(plain(1.0, "start", mode="tap"), 1.0), (plain(2.0, "start", mode="host", simulated=True), 2.0)])
        store.append([(event(mode="inline"), 3.0)])
        assert store.last_run(simulated=False).mode == "tap"
        assert store.last_run(simulated=True).mode == "host"


def test_a_rotation_says_it_where_the_start_is_in_another_file(tmp_path: Path) -> None:
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(plain(1.0, "start", mode="tap", fail="open"), 1.0)])
        assert store.rotate(2.0) is not None
        assert store.last_run(simulated=False) == Run(), "nothing is in the new file yet"
        store.append([(plain(2.0, "rotation", mode="tap", fail="open", revision="ab", ceiling="flag"), 2.0)])
        assert store.last_run(simulated=False) == Run("tap", "ab", "open", "flag")
