"""The soak's reckoning sees what it is there for: a request that is lost without a word."""

from reckoning_fixtures import LATER, Loss, Reckoning, Request, reckon

PATIENCE = {"dns": 3.0, "tls": 10.0}
DROPPED = "3 packets dropped: their clients had used up their shares (queue 4010)"


def lost(began: float) -> Request:
    return Request("dns", "both", began, began + 120, "lost")


def reckoned(
    *requests: Request, losses: tuple[Loss, ...] = (), gaps: tuple[tuple[float, float], ...] = ()
) -> Reckoning:
    return reckon(requests, losses, gaps, PATIENCE)


def test_what_is_lost_without_a_record_is_untold() -> None:
    assert reckoned(lost(5)).untold == [lost(5)]


def test_a_packet_on_record_explains_one_request_and_no_more() -> None:
    told = reckoned(lost(5), lost(6), lost(7), losses=(Loss(9, 2, DROPPED),))
    assert (told.counted, told.untold) == ([lost(5), lost(6)], [lost(7)])


def test_a_record_of_another_time_explains_nothing() -> None:
    after = 5 + 120 + LATER
    assert reckoned(lost(5), losses=(Loss(4.9, 9, DROPPED), Loss(after + 0.1, 9, DROPPED))).untold == [lost(5)]
    assert reckoned(lost(5), losses=(Loss(after, 1, DROPPED),)).untold == []


def test_a_packet_that_passed_and_an_event_that_did_not_reach_an_output_explain_nothing() -> None:
    reasons = (
        "9 packets passed unjudged: the inspector did not keep up (queue 4010)",
        "9 events from A to B did not reach syslog at /run/lab/log.sock",
        "9 times answers went on before the kernel had confirmed their addresses (queue 4010)",
        "10.77.1.2 has used up its share, 20 % of the time: what has to be judged of it is dropped until it uses less",
    )
    assert reckoned(lost(5), losses=tuple(Loss(6, 9, reason) for reason in reasons)).untold == [lost(5)]


def test_each_kind_of_packet_that_is_dropped_explains_one() -> None:
    reasons = (
        "9 packets dropped unjudged: the inspector did not keep up (queue 4010)",
        "9 packets dropped: the queue was full (queue 4010)",
        "9 packets reached no inspector: they passed unjudged, or were dropped with what waited for one that ended",
        "9 verdicts came too late for their packets (queue 4010)",
        "9 answers and resets of ours were not sent: the kernel did not take them (queue 4010)",
        "9 packets of new connections were dropped by the kernel, whose table is full (9 of 9: nf_conntrack_max)",
        "9 packets were dropped by the kernel: their clients had used up their shares (client_share)",
    )
    for reason in reasons:
        assert reckoned(lost(5), losses=(Loss(6, 1, reason),)).untold == [], reason


def test_what_was_asked_in_a_gap_or_waited_for_who_was_killed_is_apart() -> None:
    told = reckoned(lost(80), lost(90), lost(101), lost(103), gaps=((100, 102),))
    assert (told.in_gaps, told.untold) == ([lost(90), lost(101)], [lost(80), lost(103)])
    told = reckoned(lost(101), losses=(Loss(102, 1, DROPPED),), gaps=((100, 102),))
    assert (told.counted, told.in_gaps) == ([lost(101)], []), "what the record explains needs no excuse"


def test_what_is_answered_late_is_apart_from_what_is_lost() -> None:
    in_time, late = Request("dns", "both", 1, 3.9, "blocked"), Request("dns", "both", 1, 4.1, "blocked")
    patient = Request("tls", "both", 1, 4.1, "blocked")
    told = reckoned(in_time, late, patient)
    assert (told.answered, told.late, told.untold) == (2, [late], [])
