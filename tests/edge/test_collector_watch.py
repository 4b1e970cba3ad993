"""When a collector's state is told."""

from enforcer.edge.collector_watch import AGAIN, GRACE, Watch
from enforcer.edge.cursor import Lost
from enforcer.edge.sender import State
from enforcer.model.destination import Destination

TO = Destination(name="siem", transport="udp", host="::1", port=514)
WHERE = "collector siem at udp://[::1]:514"
WELL, AWAY = State(up=True), State(fault="nothing listens there", cure="start it", waiting=3)


def told(watch: Watch, state: State, now: float) -> list[tuple[str, str]]:
    watch.state = state
    return list(watch.changes(now))


def test_an_outage_is_told_once_and_its_end_once() -> None:
    watch = Watch(TO)
    assert told(watch, AWAY, 0.0) == []
    assert told(watch, AWAY, GRACE) == [
        ("error", f"{WHERE}: nothing listens there; 3 records wait for it in the store; start it")
    ]
    assert told(watch, AWAY, 1000.0) == []
    assert told(watch, State(), 1001.0) == []  # not known to be back
    assert told(watch, WELL, 1002.0) == [("repair", f"the {WHERE} takes events again")]
    assert told(watch, WELL, 1003.0) == []


def test_a_restart_of_a_collector_is_no_event() -> None:
    watch = Watch(TO)
    assert [told(watch, state, now) for state, now in ((AWAY, 0.0), (WELL, 1.0), (AWAY, 2.0), (WELL, 3.0))] == [[]] * 4


def test_another_reason_is_told_but_not_all_the_time() -> None:
    watch, other = Watch(TO), State(fault="it does not answer", cure="check it")
    told(watch, AWAY, 0.0)
    assert len(told(watch, AWAY, GRACE)) == 1
    assert told(watch, other, GRACE + AGAIN - 1) == []
    assert "it does not answer" in told(watch, other, GRACE + AGAIN)[0][1]


def test_each_loss_is_given_once_and_confirmed_until_the_sender_knows() -> None:
    watch, first, second = Watch(TO), Lost(3, 1.0, 2.0), Lost(4, 2.0, 3.0)
    watch.state = State(lost=first)
    assert watch.new_loss() == first
    assert watch.new_loss() is None
    assert watch.to_confirm() == (1, first)
    watch.state = State(lost=first.plus(second))  # it has not heard yet
    assert (watch.new_loss(), watch.to_confirm()) == (None, (1, first))
    watch.state = State(lost=second, turn=1)
    assert watch.to_confirm() is None
    assert watch.new_loss() == second
    watch.restarted()
    watch.state = State(lost=second)
    assert watch.new_loss() == second
