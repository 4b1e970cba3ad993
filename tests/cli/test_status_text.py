"""The state for a person: what stands there, what is told first, and that no name in it can act."""

from dataclasses import replace

import click
import pytest
from state_fixtures import NOW, STATE, state

from enforcer.cli.status_text import status_text
from enforcer.model.members import Instant
from enforcer.model.offload import OffloadState
from enforcer.model.state import ShareState, Standing, State, WaiverState


def shown(one: State, before: State | None = None) -> str:
    return click.unstyle("\n".join(status_text(one, before)))


USUAL = """\
gw: in force
  mode inline, fail open; policy 0123456789abcdef
  at 2026-09-21T14:13:20Z, running since 2026-09-20T13:13:20Z (1 d 1 h), process 812, 0.1
us-acme-2024: phase full since 2024-09-29T04:00:00Z
  block   acme/update, acme/reputation
  flag    acme/website
Next boundary: 2026-09-22T14:13:20Z, in 1 d: phase full of us-acme-2024 ends
Waiver lab until 2026-09-22T14:13:20Z, 1 d more: group lab; tests (approved by CISO)
Inspectors
  queue  process  waiting  judged  a second  stopped  unseen  flows  learned
  4010   813      0        1,000   0         7        0       2      5
Records: 9 written, 0 waiting, 0 lost, in /var/lib/enforcer/events.sqlite
Alerts: 0 waiting, 0 lost, to /dev/log
Shares: a client may use 20 % of an inspector (client_share); none is held now; dropped 0 packets of
  such, 0 that nobody asked for
The kernel stops 2 of 15 vendor services by itself; rules put right never, inspectors started again never
Last alerts
  block     2026-09-21T14:12:20Z  10.1.0.2 update.acme.test answered"""


def test_the_usual_state() -> None:
    assert shown(STATE) == USUAL


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (Standing.PAUSED, "gw: PAUSED: what the policy blocks is flagged and passes"),
        (Standing.NOT_IN_FORCE, "gw: NOT IN FORCE: what the policy blocks passes"),
        (Standing.SEEN_ONLY, "gw: seen only: nothing is stopped in mode tap"),
    ],
)
def test_what_is_not_enforced_is_told_in_the_first_line(standing: Standing, told: str) -> None:
    lines = shown(state(standing=standing))
    assert lines.splitlines()[0] == told
    assert "The kernel stops" not in lines or standing is Standing.PAUSED


def test_a_pause_says_for_whom_until_when_and_who_asked() -> None:
    pause = WaiverState(
        id="pause-1",
        pause=True,
        reason="is it us?",
        ticket="",
        approver="alice (uid 1000)",
        scope="",
        since=Instant(NOW),
        until=Instant(NOW + 90),
    )
    text = " ".join(shown(state(waivers=(pause,))).split())
    until = "until 2026-09-21T14:14:50Z, 1 min 30 s more"
    assert f"Pause pause-1 {until}: everybody and everything; is it us? (asked for by alice (uid 1000))" in text


def test_rates_are_told_between_two_looks() -> None:
    [inspector] = STATE.inspectors
    later = state(at=Instant(NOW + 2), inspectors=(replace(inspector, packets=3000),))
    assert "3,000   1,000 " in shown(later, STATE)


def test_what_the_service_may_not_see_is_unknown_and_not_nothing() -> None:
    [inspector] = STATE.inspectors
    text = shown(state(inspectors=(replace(inspector, depth=None),)))
    assert "  4010   813      unknown  1,000 " in text


def test_a_phase_to_come_an_ended_one_and_no_ban_at_all() -> None:
    [phase] = STATE.phases
    ahead = replace(phase, phase=None, since=None, until=Instant(NOW + 60))
    assert "us-acme-2024: not in force, begins 2026-09-21T14:14:20Z" in shown(state(phases=(ahead,)))
    assert "us-acme-2024: not in force, ended" in shown(state(phases=(replace(ahead, until=None),)))
    assert "No adopted ban binds this site" in shown(state(phases=(), boundary=None))
    assert "Next boundary: none is known" in shown(state(boundary=None))


def test_doubts_are_told_and_nothing_in_the_state_can_act() -> None:
    [alert] = STATE.alerts
    hostile = replace(alert, name="a\x1b[31m\n.test")
    text = shown(state(doubts=("lost\x07 something",), alerts=(hostile,), gateway="g\nw", simulated=True))
    assert "Doubt: lost\\x07 something" in text
    assert "a\\x1b[31m\\x0a.test" in text
    assert text.startswith("g\\x0aw: in force\n  SIMULATED")


def told_of_shares(percent: int, held: int, *clients: str) -> str:
    shares = ShareState(percent=percent, held=held, clients=clients, dropped=12_345, unasked=6)
    text = shown(state(shares=shares))
    return " ".join(text[text.index("Shares: ") : text.index("The kernel stops")].split())


def test_who_is_held_is_named() -> None:
    assert told_of_shares(5, 2, "10.0.0.9", "2001:db8::/64") == (
        "Shares: a client may use 5 % of an inspector (client_share); 2 held now: 10.0.0.9, 2001:db8::/64; "
        "dropped 12,345 packets of such, 6 that nobody asked for"
    )
    assert "; 30 held now: 10.0.0.9 and 29 more; " in told_of_shares(5, 30, "10.0.0.9")


def told_of_offload(*interfaces: str, fault: str = "") -> str:
    text = shown(state(offload=OffloadState(asked=("lan", "wan"), interfaces=interfaces, fault=fault)))
    return " ".join(text[text.index("Flowtable: ") : text.index("The kernel stops")].split())


def test_where_flows_are_offloaded_is_told_where_it_is_asked_for() -> None:
    usual, asked = "what passes for good goes past all chains between", "; asked for between lan, wan"
    assert told_of_offload("lan", "wan") == f"Flowtable: {usual} lan, wan"
    assert told_of_offload("wan", fault="there is no interface lan") == f"Flowtable: {usual} wan{asked}"
    assert told_of_offload(fault="this kernel has none") == f"Flowtable: nothing goes past the chains{asked}"
    assert "Flowtable" not in shown(STATE)


def test_without_shares_that_is_said() -> None:
    assert told_of_shares(100, 0) == "Shares: any client may use all of an inspector (client_share)"
