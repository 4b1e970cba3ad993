"""Headers, comments and numbers that all files share."""

from dataclasses import replace

import pytest
from export_fixtures import LATER, acme, made
from hypothesis import given
from hypothesis import strategies as st

from enforcer.export.edition import Edition
from enforcer.export.text import assembled, counted, header, serial


@given(st.text())
def test_hostile_words_of_a_policy_stay_on_their_lines(text: str) -> None:
    edition = made(acme())
    group = replace(edition.group, name=text, subjects=(text,))
    hostile = replace(edition, group=group, revision=text, bans=(text,), partial=(text,))
    lines = assembled("x", "#", "What.", hostile, [text], []).text.split("\n")
    assert all(line.startswith("#") and line.isascii() for line in lines if line)


def test_the_header_of_a_group() -> None:
    site = '[[group]]\nname = "phones"\nsubnets = ["10.1.0.0/16"]\nprofile = "protective"\n'
    lines = list(header("#", "What.", made(acme(site), group="phones"), ["Mind this."]))
    assert lines[0] == "# What."
    assert "# for              client group phones; subjects us-person" in lines
    assert "# profile          protective" in lines
    assert "# valid until      no later change is known" in lines
    assert lines[-2:] == ["#", "# Note: Mind this."]


def test_long_notes_are_wrapped() -> None:
    lines = list(header("#", "What.", made(acme()), ["word " * 100]))
    assert max(map(len, lines)) <= 112
    assert sum(line.count("word") for line in lines) == 100


def edition_at(at: float, revision: str = "0123456789abcdef") -> Edition:
    return replace(made(acme()), at=at, revision=revision)


def test_serials_grow_with_the_instant() -> None:
    instants = [LATER + 16 * step for step in range(50)]
    serials = [serial(edition_at(at, f"{step:016x}")) for step, at in enumerate(instants)]
    assert serials == sorted(set(serials))


def test_serials_show_another_policy_at_the_same_instant() -> None:
    assert len({serial(edition_at(LATER, f"{number:016x}")) for number in range(100)}) == 16
    assert serial(edition_at(LATER)) == serial(edition_at(LATER + 0.5))


@pytest.mark.parametrize("at", [0.0, 1.0, LATER, 2.0**32 - 1, 2.0**32, 253402300799.0])
def test_serials_have_32_bits(at: float) -> None:
    assert 0 <= serial(edition_at(at)) < 2**32


def test_counted() -> None:
    assert [counted(number, "name") for number in (0, 1, 2)] == ["0 names", "1 name", "2 names"]
