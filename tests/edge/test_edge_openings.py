"""The kernel's memory of connections; the classifier's side of it is in tests/plan/test_classifier_tcp.py."""

from collections.abc import Iterator

import pytest
from classifier_fixtures import permitted

from enforcer.edge.openings import Openings
from enforcer.pipeline.openings import UNKNOWN, Opening
from enforcer.plan.classifier_tcp import MAX_AGE

pytestmark = pytest.mark.kernel
FLOW, FLOW6 = b"aaaabbbbcdef", bytes(range(36))


class Hours:
    """A clock that the test sets."""

    now = 1000.0


@pytest.fixture
def openings() -> Iterator[Openings]:
    with permitted():
        made = Openings(lambda: Hours.now, 64)
    Hours.now = 1000.0
    yield made
    made.close()


@pytest.mark.parametrize("flow", [FLOW, FLOW6])
def test_what_was_noted_is_found_until_it_is_forgotten(openings: Openings, flow: bytes) -> None:
    assert openings.find(flow) == UNKNOWN
    assert openings.note(flow, 0xFFFFFFFF) == Opening(0xFFFFFFFF)
    assert openings.note(flow, 0xFFFFFFFF) == openings.find(flow) == Opening(0xFFFFFFFF)
    openings.forget(flow)
    openings.forget(flow)
    assert openings.find(flow) == UNKNOWN


def test_two_numbers_are_ambiguous_for_good(openings: Openings) -> None:
    openings.note(FLOW, 1)
    assert openings.note(FLOW, 2) == openings.note(FLOW, 1) == openings.find(FLOW) == Opening(None, True)


def test_after_a_while_without_news_the_ports_are_anothers(openings: Openings) -> None:
    openings.note(FLOW, 1)
    Hours.now += MAX_AGE - 1
    assert openings.note(FLOW, 2).ambiguous
    Hours.now += MAX_AGE + 1
    assert openings.note(FLOW, 3) == openings.find(FLOW) == Opening(3)
