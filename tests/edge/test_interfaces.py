"""Interfaces that are there, and names that nobody has."""

import pytest

from enforcer.edge import interfaces
from enforcer.model.errors import EdgeError


def test_what_is_there_is_taken() -> None:
    interfaces.require(["lo"])
    interfaces.require([])


def test_a_name_that_nobody_has_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(EdgeError, match=r"^there is no interface lan9, lan8$") as refusal:
        interfaces.require(["lo", "lan9", "lan8"])
    assert "lo" in refusal.value.cure


def test_a_service_starts_before_its_interfaces_and_says_so() -> None:
    assert interfaces.require(["lo"], may_come_late=True) == ""
    assert interfaces.require(["lo", "lan9"], may_come_late=True).startswith("there is no interface lan9 yet")
