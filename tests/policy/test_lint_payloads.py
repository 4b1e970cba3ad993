"""Findings about the shapes of request paths, and about how files begin."""

import pytest
from acme_fixtures import table
from policy_fixtures import changed, small

from enforcer.edge.files import read_policies, shipped_policies
from enforcer.policy.compiled import Policy
from enforcer.policy.lint_payloads import EVERYDAY, lint_payloads
from enforcer.policy.load import load
from enforcer.policy.shapes import within

PATHS = '["/index/u####g.xml", "*/bases/*.kdc"]'


def found(policy: Policy) -> list[tuple[str, str, str]]:
    return [(one.rule, f"{one.file}: {one.path}", one.why) for one in lint_payloads(policy.vendors, policy.bans)]


def with_paths(*paths: str) -> Policy:
    return small(acme=(PATHS, "[" + ", ".join(f'"{path}"' for path in paths) + "]"))


def test_the_small_world_and_the_shipped_policies_have_none() -> None:
    assert found(small()) == []
    assert found(load(read_policies(shipped_policies()))) == []


@pytest.mark.parametrize("shape", ["/index.html", "*/update.xml", "*/update/*.xml", "/debian/*", "*/assets/*.js"])
def test_a_shape_that_everybody_has(shape: str) -> None:
    ((rule, place, why),) = found(with_paths(shape))
    assert (rule, place) == ("everyday-path", "vendors/acme.toml: payload[0].paths[0]")
    assert why.startswith(f"{shape}: such as /")
    assert any(path in why for path in EVERYDAY)


def test_a_shape_within_one_before_it() -> None:
    assert found(with_paths("*/bases/*.kdc", "/kl/bases/av/base###.kdc")) == [
        (
            "redundant-path",
            "vendors/acme.toml: payload[0].paths[1]",
            "/kl/bases/av/base###.kdc: */bases/*.kdc of acme, update, holds it already",
        )
    ]
    assert found(with_paths("/kl/bases/av/base###.kdc", "*/bases/*.kdc")) == []


def test_a_shape_of_another_service_that_is_never_reached() -> None:
    row = table("payload", service='"store"', paths='["/index/u0607g.xml"]', confidence='"low"', sources='["book"]')
    policy = small(acme=('note = "at relays"\n', f'note = "at relays"\n{row}'))
    assert found(policy) == [
        (
            "shadowed-path",
            "vendors/acme.toml: payload[1].paths[0]",
            "/index/u0607g.xml: /index/u####g.xml of acme, update (medium), takes each such path before it",
        )
    ]


def test_a_service_that_only_a_payload_has_and_no_ban_lists() -> None:
    (one,) = found(small(acme=('[[payload]]\nservice = "update"', '[[payload]]\nservice = "vpn"')))
    assert one == (
        "unnamed-service",
        "vendors/acme.toml: payload[0].service",
        "no ban lists vpn of acme: only `otherwise` speaks of it",
    )


def test_of_a_vendor_that_no_ban_names_services_are_not_told() -> None:
    files = {name: text for name, text in changed().items() if name == "vendors/acme.toml"}
    files["vendors/acme.toml"] = files["vendors/acme.toml"].replace(PATHS, '["/index.html"]')
    assert [rule for rule, _, _ in found(load(files))] == ["everyday-path"]


@pytest.mark.parametrize(
    ("inner", "outer", "holds"),
    [
        ("/index/u0607g.xml", "/index/u####g.xml", True),
        ("/index/u####g.xml", "/index/u0607g.xml", False),
        ("/index/u##07g.xml", "/index/u####g.xml", True),
        ("/a/bases/*.kdc", "*/bases/*.kdc", True),
        ("*/bases/*.kdc", "/a/bases/*.kdc", False),
        ("*/bases/*.kdc", "*/bases/*", True),
        ("*/bases/*", "*/bases/*.kdc", False),
        ("*/bases/*.kdc", "*/bases/*.kdc", True),
    ],
)
def test_shapes_within_shapes(inner: str, outer: str, holds: bool) -> None:
    assert within(inner, outer) is holds


def with_bodies(*bodies: str) -> Policy:
    return small(acme=(f"paths = {PATHS}", "bodies = [" + ", ".join(f'"{body}"' for body in bodies) + "]"))


@pytest.mark.parametrize("body", ["RIFF", "%PDF", "<htm", "SQLite"])
def test_a_body_that_everybody_has(body: str) -> None:
    ((rule, place, why),) = found(with_bodies(body))
    assert (rule, place) == ("everyday-body", "vendors/acme.toml: payload[0].bodies[0]")
    assert why.startswith(f"{body}: files that begin like {body}")


@pytest.mark.parametrize("body", ["RIFFACME", "ACME"])
def test_a_body_that_says_more(body: str) -> None:
    assert found(with_bodies(body)) == []


def test_a_body_within_one_before_it() -> None:
    why = "ACMEDB: ACME of acme, update, holds it already"
    assert found(with_bodies("ACME", "ACMEDB")) == [("redundant-body", "vendors/acme.toml: payload[0].bodies[1]", why)]
    assert found(with_bodies("ACMEDB", "ACME")) == []


def test_a_body_of_another_service_that_is_never_reached() -> None:
    row = table("payload", service='"store"', bodies='["ACMEDB"]', confidence='"low"', sources='["book"]')
    policy = small(acme=('note = "at relays"\n', f'note = "at relays"\nbodies = ["ACME"]\n{row}'))
    why = "ACMEDB: ACME of acme, update (medium), takes each such body before it"
    assert found(policy) == [("shadowed-body", "vendors/acme.toml: payload[1].bodies[0]", why)]
