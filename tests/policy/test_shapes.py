"""Shapes of paths: what fits, checked against an oracle; what may be written; and that matching is linear."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.edge.files import read_policies, shipped_policies
from enforcer.policy.load import load
from enforcer.policy.shapes import SHAPE, Shapes, shape_fault
from enforcer.policy.topic import Topics
from enforcer.policy.vendor import Payload, Vendor

GOOD = ["/index/u####g.xml", "*/bases/*.kdc", "*/diffs/bases/*.srf", "/updates/", "/a*b*c*defgh"]


def shapes(*paths: str) -> Shapes:
    rows = (Payload(service="update", paths=paths),)
    return Shapes([Vendor(id="a", title="A", verified_on=date(2026, 6, 30), sources={}, payloads=rows)], Topics())


def oracle(shape: str, path: bytes) -> bool:
    pattern = "".join({"*": "(?s:.*)", "#": "[0-9]"}.get(char, re.escape(char)) for char in shape)
    return re.fullmatch(pattern.encode(), path) is not None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (b"/index/u0607g.xml", "/index/u####g.xml"),
        (b"/relay/index/u0607g.xml", None),
        (b"/index/users.xml", None),
        (b"/index/u0607g.xml.bak", None),
        (b"/bases/av/kdb/i386/base001.kdc", "*/bases/*.kdc"),
        (b"/kl/updates/bases/x.kdc", "*/bases/*.kdc"),
        (b"/bases.kdc", None),
        (b"", None),
    ],
)
def test_whole_paths_are_matched(path: bytes, found: str | None) -> None:
    shaped = shapes(*GOOD[:3]).match(path)
    assert (shaped and shaped.shape) == found


@given(
    st.from_regex(r"\*?/[ab#]{3}(?:\*[ab#]{1,3}){0,3}[ab#]{5}\*?", fullmatch=True),
    st.from_regex(rb"[/ab0]{0,24}", fullmatch=True),
)
def test_agrees_with_a_regular_expression(shape: str, path: bytes) -> None:
    if not shape_fault(shape):
        fitting = shape.replace("*", "ba").replace("#", "0").encode()
        assert shapes(shape).match(fitting)
        for one in (path, fitting + path, fitting[:-1], fitting.replace(b"ba", b"")):
            assert (shapes(shape).match(one) is not None) == oracle(shape, one)


@pytest.mark.parametrize("shape", GOOD)
def test_a_shape(shape: str) -> None:
    assert shape_fault(shape) == ""
    assert re.search(SHAPE, shape)


@pytest.mark.parametrize(
    "shape", ["", "bases/x.kdc/y", "*", "/**/bases/x", "/a*b", "/x*y*z*w*abcdefgh", "/bases/?a=bcd", "*bases/abc"]
)
def test_no_shape(shape: str) -> None:
    assert "is no shape of a path; wanted one like" in shape_fault(shape)
    assert not re.search(SHAPE, shape)


def test_the_shipped_shapes_know_what_they_were_made_of() -> None:
    known = load(read_policies(shipped_policies())).shapes
    for path in (
        b"/index/u0607g.xml",
        b"/index/u1313g.xml",
        b"/bases/av/kdb/i386/kdb-i386-0607g.xml.dif",
        b"/diffs/bases/a/b.srf",
    ):
        shaped = known.match(path)
        assert shaped is not None, path
        assert (shaped.topic.vendor, shaped.topic.service) == ("kaspersky", "update")
    assert known.match(b"/index.html") is None
