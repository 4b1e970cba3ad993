import pickle
import socket

from enforcer.edge import reports
from enforcer.edge.reports import MAX_BACKLOG, Reporter
from enforcer.model.event import Event


def event(number: int) -> Event:
    return Event(at=float(number), reason=f"{number:1000}")


def drained(reader: socket.socket, reporter: Reporter) -> list[float]:
    seen: list[float] = []
    while True:
        came = reports.receive(reader)
        seen += [one.at for one in came]
        reporter.flush()
        if not came:
            return seen


def test_events_arrive_in_order() -> None:
    reader, writer = reports.pair()
    with reader, writer:
        reporter = Reporter(writer)
        reporter.report([event(n) for n in range(150)])
        assert drained(reader, reporter) == [float(n) for n in range(150)]
        assert reports.receive(reader) == []


def test_a_reader_that_does_not_read_costs_no_waiting_and_what_is_lost_is_counted() -> None:
    reader, writer = reports.pair()
    with reader, writer:
        reporter = Reporter(writer)
        sent = MAX_BACKLOG + 10_000
        for start in range(0, sent, 1000):
            reporter.report([event(n) for n in range(start, start + 1000)])
        lost = reporter.take_lost()
        assert lost > 0
        assert reporter.take_lost() == 0
        seen = drained(reader, reporter)
        assert len(seen) == sent - lost
        assert seen == sorted(seen)


def test_a_writer_that_has_gone_reads_as_nothing() -> None:
    reader, writer = reports.pair()
    with reader:
        writer.send(pickle.dumps([event(1)]))
        writer.close()
        assert [one.at for one in reports.receive(reader)] == [1.0]
        assert reports.receive(reader) == []
