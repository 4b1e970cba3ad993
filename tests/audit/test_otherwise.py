"""The tally of contacts that change."""

from event_fixtures import plain
from pytest import MonkeyPatch

from enforcer.audit import otherwise as module
from enforcer.audit.first_names import MOST
from enforcer.audit.otherwise import Otherwise, otherwise
from enforcer.model.decision import Decision
from enforcer.model.event import Event
from enforcer.model.verdict import Verdict

OBSERVE, BLOCK = Verdict.OBSERVE, Verdict.BLOCK


def said(verdict: Verdict, ban: str | None = "b", service: str = "update") -> Decision:
    return Decision(verdict=verdict, reason="", revision="", vendor="v", service=service, ban=ban, phase="p")


def contact(name: str = "n", client: str = "c", count: int = 1, at: float = 5.0, last: float | None = None) -> Event:
    return plain(at, name=name, client=client, count=count, last=last)


def becomes(*events: Event, before: Decision, after: Decision) -> Otherwise:
    return otherwise(events, lambda _event: (before, after))


def test_contacts_that_change_alike_are_one_row() -> None:
    found = becomes(
        contact("a", count=2, at=5.0, last=9.0), contact("b", at=3.0), before=said(OBSERVE), after=said(BLOCK)
    )
    (row,) = found.rows
    assert (row.client, row.vendor, row.service, row.contacts, row.names.few) == ("c", "v", "update", 3, ["a", "b"])
    assert (row.before, row.after, row.ban, row.phase, row.first, row.last) == (OBSERVE, BLOCK, "b", "p", 3.0, 9.0)
    assert (found.contacts, found.changed_to(BLOCK), found.changed_to(OBSERVE)) == (3, 3, 0)


def test_what_stays_is_counted_by_verdict_and_what_cannot_be_judged_apart() -> None:
    pairs = {"a": (said(OBSERVE), said(OBSERVE)), "b": None}
    found = otherwise([contact("a", count=4), contact("b", count=2)], lambda event: pairs[event.name])
    assert (found.contacts, found.alike, found.unjudged, found.rows) == (6, {OBSERVE: 4}, 2, ())


def test_the_strictest_outcome_comes_first_then_the_most_contacts() -> None:
    pairs = {
        "a": (said(BLOCK), said(OBSERVE)),
        "b": (said(OBSERVE), said(BLOCK)),
        "c": (said(OBSERVE), said(BLOCK, service="store")),
    }
    found = otherwise([contact("a", count=9), contact("b"), contact("c", count=2)], lambda event: pairs[event.name])
    assert [row.names.few for row in found.rows] == [["c"], ["b"], ["a"]]


def test_the_ban_is_the_one_that_decides_afterwards_or_decided_before() -> None:
    assert becomes(contact(), before=said(OBSERVE, "old"), after=said(BLOCK, "new")).rows[0].ban == "new"
    assert becomes(contact(), before=said(BLOCK, "old"), after=said(OBSERVE, None)).rows[0].ban == "old"


def test_a_row_remembers_a_few_names_and_that_there_were_more() -> None:
    many = [contact(f"n{index}") for index in range(MOST + 1)]
    assert becomes(*many[:-1], before=said(OBSERVE), after=said(BLOCK)).rows[0].names.more is False
    (row,) = becomes(*many, *many, before=said(OBSERVE), after=said(BLOCK)).rows
    assert (len(row.names.few), row.names.more, row.contacts) == (MOST, True, 2 * len(many))


def test_rows_are_bounded_and_what_is_beyond_is_counted(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 2)
    contacts = [contact(client=f"c{index % 3}", count=2) for index in range(6)]
    found = becomes(*contacts, before=said(OBSERVE), after=said(BLOCK))
    assert (len(found.rows), found.changed_to(BLOCK), found.beyond, found.contacts) == (2, 8, 4, 12)


def test_the_names_of_a_burst_may_be_judged_differently() -> None:
    pairs = {"a": (said(OBSERVE), said(OBSERVE)), "b": (said(OBSERVE), said(BLOCK))}
    burst = plain(5.0, name="a", client="c", count=7, last=9.0, names=("a", "b"))
    found = otherwise([burst], lambda event: pairs[event.name])
    assert (found.contacts, found.alike, found.changed_to(BLOCK)) == (7, {OBSERVE: 6}, 1)
