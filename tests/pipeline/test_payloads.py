"""Requests that look like those for a vendor's updates: findings at hosts of nobody's, and nothing else."""

import pytest
from acme_fixtures import trap
from test_inspector import AFTER, BAN, BEFORE, STAMP, VENDOR, events, segment, syn

from enforcer.model.command import Outcome
from enforcer.model.marks import READING
from enforcer.pipeline.inspector import Inspector
from enforcer.policy.load import load

SHAPES = """
[[payload]]
service = "update"
paths = ["*/index/u####g.xml"]
confidence = "medium"
sources = ["book"]
"""
LOOK_ALIKE = trap("look-alike", domains=["acme-updates.test"], reason="malware")


def asked(target: str, host: str, at: float = AFTER, site: str = "", service: str = "update") -> Outcome:
    shapes = SHAPES.replace("update", service)
    policy = load({"vendors/acme.toml": VENDOR + LOOK_ALIKE + shapes, "acme-2024.toml": BAN}, site)
    inspect = Inspector(policy, STAMP, {})
    inspect.packet(syn(), at)
    return inspect.packet(segment(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()), at)


@pytest.mark.parametrize("host", ["192.0.2.9", "[2001:db8::9]:8060", "relay.intra.test"])
@pytest.mark.parametrize("site", ["", '[datapath]\nhttp = "first"\n'])
def test_at_a_host_of_nobodys_it_is_a_finding_and_passes(host: str, site: str) -> None:
    outcome = asked("/kl/index/u0607g.xml?x=1", host, site=site)
    [event] = events(outcome)
    assert (event.kind, event.way, event.verdict, event.action) == ("finding", "update-payload", "flag", "passed")
    assert (event.vendor, event.service, event.pattern) == ("acme", "update", "*/index/u####g.xml")
    assert (event.ban, event.would_block_from) == ("acme-2024", None)
    assert event.reason.startswith(
        "a request like those for Acme's update at a host that is nobody's; confidence medium: "
    )
    assert outcome.mark == READING or site


def test_the_ban_says_what_it_is_worth_at_the_time() -> None:
    [event] = events(asked("http://192.0.2.9/index/u0607g.xml", "192.0.2.9", BEFORE))
    assert event.verdict == "observe"
    assert events(asked("/index/u0607g.xml", "192.0.2.9", BEFORE, service="website")) == []


@pytest.mark.parametrize("host", ["scr.acme.test", "www.acme-updates.test", "www.acme.test", "s1.upd.acme.test"])
def test_a_host_that_a_rule_knows_is_judged_by_its_name(host: str) -> None:
    assert "finding" not in {event.kind for event in events(asked("/index/u0607g.xml", host))}


@pytest.mark.parametrize(
    "target", ["/index.html", "/index/u0607g.xml/", "/index/users.xml", f"/{'x' * 1024}/index/u0607g.xml"]
)
def test_other_paths_leave_no_trace(target: str) -> None:
    assert asked(target, "192.0.2.9").commands == ()


def test_a_tunnel_has_no_path() -> None:
    request = b"CONNECT 192.0.2.9:80 HTTP/1.1\r\nHost: 192.0.2.9\r\n\r\n"
    policy = load({"vendors/acme.toml": VENDOR + SHAPES, "acme-2024.toml": BAN}, "")
    inspect = Inspector(policy, STAMP, {})
    inspect.packet(syn(), AFTER)
    assert inspect.packet(segment(request), AFTER).commands == ()
