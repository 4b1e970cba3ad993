import click
import pytest
from event_fixtures import CUT_OFF, event, events, plain
from hypothesis import given

from enforcer.audit.visible import visible
from enforcer.cli.event_line import event_line
from enforcer.model.event import Event


def line(one: Event, *, dated: bool = False) -> str:
    return click.unstyle(event_line(one, dated=dated))


def test_a_decision() -> None:
    assert line(event()) == (
        "04:00:05  block    dns   s07.upd.kaspersky.com  10.1.0.2 answered  update  us-commerce-kaspersky-2024/full"
    )
    assert line(event(), dated=True).startswith("2024-09-29T04:00:05Z  block ")


@pytest.mark.parametrize(
    ("one", "part"),
    [
        (event(matched="cdn.kaspersky.com"), "(by cdn.kaspersky.com)"),
        (event(count=12), "12 times"),
        (event(count=12, names=("a.example", "b.example")), "12 times, 2 names"),
        (event(name="", how="address"), "9.9.9.9"),
        (event(ban="", reason="look-alike"), "look-alike"),
    ],
)
def test_what_stands_out_is_told(one: Event, part: str) -> None:
    assert part in line(one)


def test_what_the_service_did() -> None:
    assert line(plain(CUT_OFF, "loss", reason="3 events were lost")) == "04:00:00  loss: 3 events were lost"


def test_a_trial_is_called_one_where_it_stands_among_facts() -> None:
    assert " trial " in line(event(simulated=True), dated=True)
    assert "trial" not in line(event(simulated=True))


@given(events)
def test_it_is_one_line_that_acts_on_nothing(one: Event) -> None:
    said = line(one, dated=True)
    assert said == visible(said)
