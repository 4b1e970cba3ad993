"""What a state says of policy and hour, by the shipped policies."""

from enforcer.audit.standing import boundary_state, lanes_blocked, phase_states, waiver_states
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.instants import parse_instant
from enforcer.model.members import Instant
from enforcer.model.state import BoundaryState
from enforcer.policy.load import load

BAN = "us-commerce-kaspersky-2024"
SITE = f"""
[site]
bans = ["{BAN}"]
[[group]]
name = "lab"
subnets = ["10.9.0.0/16"]
profile = "protective"
[[waiver]]
id = "W-1"
reason = "a test"
ticket = "T-1"
approver = "a"
clients = ["lab", "10.1.0.0/16"]
services = ["update"]
starts = 2025-01-01T00:00:00Z
ends = 2025-02-01T00:00:00Z
softens_to = "flag"
"""
POLICY = load(read_policies(shipped_policies()), SITE)
BEFORE, FULL = parse_instant("2024-08-01"), parse_instant("2024-09-29T04:00:00Z")


def test_the_phases_of_each_group_with_what_they_do() -> None:
    before, of_lab = phase_states(POLICY, BEFORE)
    assert (before.group, of_lab.group, before.ban) == ("", "lab", BAN)
    assert (before.phase, before.until, before.blocks) == ("new-agreements", FULL, ())
    assert "kaspersky/store" in before.flags
    assert "kaspersky/store" in of_lab.blocks
    after = phase_states(POLICY, FULL)[0]
    assert (after.phase, after.since, after.until) == ("full", FULL, None)
    assert "kaspersky/update" in after.blocks
    assert phase_states(POLICY, 0.0)[0].phase is None
    assert phase_states(POLICY, 0.0)[0].until == parse_instant("2024-06-20T04:00:00Z")


def test_the_next_boundary_is_after_the_instant_never_at_it() -> None:
    assert boundary_state(POLICY, FULL - 1) == BoundaryState(at=Instant(FULL), what=f"phase full of {BAN} begins")
    later = boundary_state(POLICY, FULL)
    assert later is not None
    assert later.what == "waiver W-1 begins"
    assert boundary_state(POLICY, parse_instant("2025-02-01")) is None


def test_waivers_in_force_with_their_scope() -> None:
    assert waiver_states(POLICY, FULL) == ()
    [waiver] = waiver_states(POLICY, parse_instant("2025-01-15"), pauses=())
    assert (waiver.id, waiver.pause) == ("W-1", False)
    assert waiver.scope == "groups lab; subnets 10.1.0.0/16; services update"
    assert waiver_states(POLICY, parse_instant("2025-01-15"), {"W-1"})[0].pause
    assert waiver_states(POLICY, parse_instant("2025-02-01")) == ()


def test_lanes_that_the_kernel_stops() -> None:
    assert lanes_blocked(POLICY, 0.0) == 0
    assert 0 < lanes_blocked(POLICY, BEFORE) < lanes_blocked(POLICY, FULL) <= len(POLICY.lanes)
