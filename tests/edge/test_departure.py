"""What stays in the kernel when the daemon ends, by who runs it, how it fails and what ended it."""

import pytest

from enforcer.edge.departure import Departure
from enforcer.model.settings import Settings


@pytest.mark.parametrize(
    ("fail", "service", "succeeded", "stays"),
    [
        ("open", False, False, False),
        ("open", True, False, False),
        ("open", True, True, True),
        ("closed", False, False, False),
        ("closed", True, False, True),
        ("closed", True, True, True),
    ],
)
def test_who_leaves_the_rules(fail: str, service: bool, succeeded: bool, stays: bool) -> None:
    departure = Departure(Settings(fail=fail), service)
    departure.succeeded = succeeded
    assert departure.stays is stays
    assert departure.told.startswith("rules left in force" if stays else "rules removed")
    assert departure.fail == (fail if stays else "open")
    if stays:
        assert ("passes" if fail == "open" else "is dropped") in departure.told


def test_a_mirror_has_no_rules_to_leave() -> None:
    departure = Departure(Settings(mode="tap", interfaces=("eth1",), fail="closed"), True)
    assert "not watched" in departure.told
    assert departure.fail == ""
