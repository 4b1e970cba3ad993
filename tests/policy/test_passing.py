from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.instants import parse_instant
from enforcer.policy.load import load
from enforcer.policy.passing import passing

SITE = """
[[waiver]]
id = "W-1"
reason = "migration"
ticket = "CHG-1"
approver = "CISO"
starts = 2024-09-29T00:00:00-04:00
ends = 2024-12-01T00:00:00-05:00
softens_to = "flag"
vendors = ["kaspersky"]
"""
POLICY = load(read_policies(shipped_policies()), SITE)


def test_each_boundary_says_what_begins_and_ends() -> None:
    assert [passing(POLICY, boundary) for boundary in POLICY.boundaries] == [
        "phase announced of us-commerce-kaspersky-2024 begins",
        "phase new-agreements of us-commerce-kaspersky-2024 begins",
        "phase full of us-commerce-kaspersky-2024 begins; waiver W-1 begins",
        "waiver W-1 ends",
    ]


def test_any_other_instant_is_nothing_in_particular() -> None:
    assert passing(POLICY, parse_instant("2024-09-30")) == "a boundary of the calendar"
