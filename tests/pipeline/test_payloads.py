"""Requests and downloads that look like a vendor's updates: findings at hosts of nobody's, and nothing else."""

from dataclasses import replace

import pytest
from acme_fixtures import trap
from hypothesis import given
from hypothesis import strategies as st
from mirror_fixtures import CLIENT, SERVER, tcp
from test_inspector import AFTER, BAN, BEFORE, STAMP, VENDOR, events, segment, syn

from enforcer.model.command import Outcome
from enforcer.model.event import Event
from enforcer.model.marks import READING
from enforcer.pipeline.bursts import FOUND_ALIKE
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.payloads import served, update_body
from enforcer.pipeline.stamp import Arrival
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


BODIES = SHAPES.replace('paths = ["*/index/u####g.xml"]', 'bodies = ["ACME"]')
ANSWER = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nACME\1"


def sent(
    payload: bytes = ANSWER,
    at: float = AFTER,
    site: str = "",
    service: str = "update",
    version: int = 4,
    cut: int = 9999,
) -> Event | None:
    """The finding of a server's packet, of which the log has the beginning."""
    policy = load({"vendors/acme.toml": VENDOR + BODIES.replace("update", service), "acme-2024.toml": BAN}, site)
    packet = bytes(tcp(version, 80, 40000, payload, back=True))[:cut]
    found = served(packet)
    assert found is not None
    stamp = replace(STAMP, group_of=policy.group)
    return update_body(policy, stamp, packet, *found, at, Arrival("02:00:5e:10:00:02", "lan"))


@pytest.mark.parametrize("version", [4, 6])
def test_a_download_that_begins_like_a_vendors_is_a_finding(version: int) -> None:
    event = sent(version=version)
    assert event is not None
    assert (event.kind, event.way, event.verdict, event.action) == ("finding", "update-payload", "flag", "passed")
    assert (event.vendor, event.service, event.pattern) == ("acme", "update", "ACME")
    assert (event.client, event.client_port, event.mac) == (CLIENT[version], 40000, "02:00:5e:10:00:02")
    assert (event.server, event.server_port, event.protocol) == (SERVER[version], 80, "tcp")
    assert (event.how, event.name, event.ban) == ("http", "", "acme-2024")
    assert event.reason.startswith("a download that begins like files of Acme's update (ACME), from a host that is ")
    assert "; confidence medium: " in event.reason
    assert "how a download begins is known when it is under way" in event.reason


def test_the_ban_says_what_a_download_is_worth_at_the_time() -> None:
    before = sent(at=BEFORE)
    assert before is not None
    assert before.verdict == "observe"
    assert sent(at=BEFORE, service="website") is None


@pytest.mark.parametrize("key", ['macs = ["02:00:5e:10:00:02"]', 'interfaces = ["lan"]', 'subnets = ["10.1.0.0/16"]'])
def test_the_clients_group_says_what_it_is_worth_there(key: str) -> None:
    event = sent(site=f'[[group]]\nname = "lab"\nceiling = "observe"\n{key}\n')
    assert event is not None
    assert (event.group, event.verdict) == ("lab", "observe")


def test_the_log_may_cut_off_what_is_not_needed() -> None:
    assert sent(ANSWER + bytes(9000), cut=300) is not None
    assert sent(ANSWER + bytes(9000), cut=60) is None


def test_a_path_and_a_body_of_one_download_are_told_together() -> None:
    """As far as they are one client's and one server's: what makes two findings alike is the same of both."""
    [path], body = events(asked("/index/u0607g.xml", "192.0.2.9")), sent()
    assert body is not None
    ours = [member for member in FOUND_ALIKE if member not in ("client", "mac", "server", "revision")]
    assert [getattr(path, member) for member in ours] == [getattr(body, member) for member in ours]


@given(st.binary(max_size=120))
def test_any_packet_of_the_logs(packet: bytes) -> None:
    found = served(packet)
    assert found is None or found[1] in packet
