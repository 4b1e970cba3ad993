"""How files begin: what may be written, and whose a body is."""

import pickle
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from policy_fixtures import small

from enforcer.edge.files import read_policies, shipped_policies
from enforcer.policy.bodies import BODY, body_fault
from enforcer.policy.load import load
from enforcer.policy.shapes import Shaped
from enforcer.policy.topic import Standing


@pytest.mark.parametrize("text", ["KLZF", "KLD2", "!<arch>", "SIXTEEN-LETTERS!"])
def test_what_may_be_written(text: str) -> None:
    assert body_fault(text) == ""


@pytest.mark.parametrize(
    "text", ["", "KLZ", "SEVENTEEN-LETTERS", "KLZF\n", "KL ZF", "KLZ\u0142", "HTTP/", "HTTP/1.1", "K\0ZF"]
)
def test_what_may_not(text: str) -> None:
    assert body_fault(text).startswith(f"{text!r} is no beginning of a file; wanted one like KLZF: 4 to 16 printable ")


@given(st.text(max_size=20))
@example("KLZF\n")
def test_the_schema_says_the_same(text: str) -> None:
    assert (re.search(BODY, text, re.ASCII) is not None and not text.endswith("\n")) == (body_fault(text) == "")


def test_whose_a_body_is() -> None:
    rows = 'bodies = ["ACME", "ACMEDB"]\npaths = ['
    bodies = small(acme=("paths = [", rows)).bodies
    found = bodies.match(b"ACMEDB\0\1")
    assert isinstance(found, Shaped)
    assert (found.shape, found.confidence, found.topic.service) == ("ACME", "medium", "update")
    assert found.topic.standing is Standing.BODY
    assert [bodies.match(one) for one in (b"", b"ACM", b"acme", b"xACME")] == [None] * 4
    assert bodies.topic("ACMEDB") is found.topic
    assert bodies.topic("OTHER") is None
    assert bodies.beginnings == (b"ACME", b"ACMEDB")
    assert bodies.shows == {b"HTTP", b"ACME"}


def test_a_policy_without_any_looks_for_nothing() -> None:
    bodies = small().bodies
    assert (bodies.beginnings, bodies.shows, bodies.match(b"KLZF")) == ((), frozenset(), None)


def test_the_shipped_policies_know_kasperskys() -> None:
    policy = load(read_policies(shipped_policies()))
    assert policy.bodies.beginnings == (b"KLZF", b"KLD2")
    again = pickle.loads(pickle.dumps(policy.bodies))  # noqa: S301 (our own)
    assert again.beginnings == policy.bodies.beginnings
    assert again.match(b"KLD2\0").topic.vendor == "kaspersky"
