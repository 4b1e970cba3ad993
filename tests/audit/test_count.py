from event_fixtures import CUT_OFF, event

from enforcer.audit.count import Count, tally


def test_tallies_by_fields() -> None:
    kept = [
        event(at=CUT_OFF + 2, client="a"),
        event(at=CUT_OFF + 1, client="b", count=60, last=CUT_OFF + 9),
        event(at=CUT_OFF, client="a"),
    ]
    assert tally(kept, ["service", "client"]) == [
        Count(key=("update", "b"), occurrences=60, records=1, first=CUT_OFF + 1, last=CUT_OFF + 9, number=2),
        Count(key=("update", "a"), occurrences=2, records=2, first=CUT_OFF, last=CUT_OFF + 2, number=3),
    ]
    assert tally([], ["client"]) == []
