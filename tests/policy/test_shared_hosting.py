"""What lies in shared hosting: whatever is below a domain of that kind, also where a vendor's own rule is longer."""

import pytest
from policy_fixtures import ACME, changed

from enforcer.model.names import host_name
from enforcer.policy.load import load
from enforcer.policy.shared_hosting import SharedHosting

TRAP = """
[[trap]]
kind = "shared"
domains = ["content.example"]
names = ["one.other.example"]
reason = "everybody's"
confidence = "high"
sources = ["book"]
[[hosts]]
service = "update"
names = ["acme.content.example"]
confidence = "high"
sources = ["book"]
"""


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("content.example", True),
        ("a.b.content.example", True),
        ("acme.content.example", True),
        ("one.other.example", True),
        ("two.other.example", False),
        ("notcontent.example", False),
        ("upd.acme.example", False),
        ("scr.upd.acme.example", False),
    ],
)
def test_what_is_held(name: str, held: bool) -> None:
    policy = load({**changed(), "vendors/acme.toml": ACME + TRAP})
    assert SharedHosting(policy.vendors).holds(host_name(name)) is held
