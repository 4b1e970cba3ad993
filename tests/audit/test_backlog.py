from event_fixtures import CUT_OFF, event, plain

from enforcer.audit.backlog import Backlog


def filled(count: int, limit: int) -> Backlog[int]:
    backlog: Backlog[int] = Backlog(limit)
    backlog.extend((event(at=CUT_OFF + n), n) for n in range(count))
    return backlog


def test_keeps_the_order() -> None:
    backlog = filled(4, 10)
    assert [n for _, n in backlog] == [0, 1, 2, 3]
    assert backlog.take() == event(at=CUT_OFF)
    backlog.delivered(2)
    assert [n for _, n in backlog] == [3]
    assert backlog.take() == event(at=CUT_OFF + 3)
    assert backlog.take() is None


def test_above_the_limit_the_oldest_goes_and_is_counted() -> None:
    backlog = filled(5, 3)
    assert (len(backlog), backlog.lost) == (5, 0)
    backlog.trim()
    assert [n for _, n in backlog] == [2, 3, 4]
    assert backlog.lost == 2


def test_a_loss_tells_how_much_and_from_when_to_when() -> None:
    backlog = filled(5, 3)
    assert backlog.loss("the store") is None
    backlog.trim()
    assert backlog.loss("the store") == plain(
        CUT_OFF,
        "loss",
        last=CUT_OFF + 1,
        gateway="gw.example",
        mode="inline",
        count=2,
        reason="2 events from 2024-09-29T04:00:00Z to 2024-09-29T04:00:01Z did not reach the store",
    )
    backlog.reported()
    assert backlog.loss("the store") is None
    assert backlog.lost == 0


def test_a_burst_that_is_lost_counts_as_many() -> None:
    backlog: Backlog[None] = Backlog(0)
    backlog.extend([(event(count=60, last=CUT_OFF + 900), None), (event(at=CUT_OFF + 9), None)])
    backlog.trim()
    assert backlog.lost == 61
    loss = backlog.loss("the store")
    assert loss is not None
    assert loss.last == CUT_OFF + 900


def test_one_lost_event_is_one() -> None:
    backlog = filled(1, 0)
    backlog.trim()
    loss = backlog.loss("syslog at /dev/log")
    assert loss is not None
    assert loss.reason == "1 event from 2024-09-29T04:00:00Z to 2024-09-29T04:00:00Z did not reach syslog at /dev/log"
