"""LEEF 2.0, read back by a reader written from IBM's description: six fields, a delimiter, pairs."""

import re

import pytest
from event_fixtures import BLOCKED, HOSTILE, event, events, plain
from hypothesis import given, settings

from enforcer.audit.alert import CUT, members
from enforcer.audit.leef import leef
from enforcer.model.event import Event

HEAD = re.compile(r"LEEF:2\.0\|([^|]+)\|([^|]+)\|([^|]+)\|([^|]+)\|(?P<delimiter>[^|])\|")


def read(line: str) -> tuple[re.Match[str], dict[str, str]]:
    head = HEAD.match(line)
    assert head, line
    pairs: dict[str, str] = {}
    for pair in line[head.end() :].split(head["delimiter"]):
        key, equals, value = pair.partition("=")
        assert equals
        assert re.fullmatch(r"[A-Za-z_]+", key), pair
        assert key not in pairs
        pairs[key] = value
    return head, pairs


def restored(value: str) -> str:
    """As it was before its escapes. What had the text of an escape in it by itself cannot be told from one."""
    escapes = {"\\x5e": "^", "\\x3d": "="}
    value = re.sub(r"\\x5e|\\x3d", lambda escape: escapes[escape[0]], value)
    return re.sub(r"^( *)\\x(22|27)", lambda quote: quote[1] + chr(int(quote[2], 16)), value)


def test_the_usual_alert() -> None:
    assert leef(BLOCKED, record=1204) == (
        "LEEF:2.0|egress-enforcer|enforcer|0.1.0|block|^|record=1204^devTime=1727582405250^sev=7^version=1"
        "^at=2024-09-29T04:00:05.250000Z^cat=decision^gateway=gw.example^mode=inline^simulated=false^verdict=block"
        "^action=answered^how=dns^name=s07.upd.kaspersky.com^src=10.1.0.2^srcPort=33000^dst=9.9.9.9^dstPort=53"
        "^proto=udp^vendor=kaspersky^service=update^pattern=*.upd.kaspersky.com^policy=us-commerce-kaspersky-2024"
        "^phase=full^citations=89 FR 52434; 15 CFR 791.109"
        "^reason=update host of Kaspersky: block from 2024-09-29T04:00:00Z^revision=0123456789abcdef^count=1"
        "^msg=block s07.upd.kaspersky.com for 10.1.0.2 (dns, answered):"
        " update host of Kaspersky: block from 2024-09-29T04:00:00Z"
    )


@given(events)
@settings(max_examples=50)
def test_every_member_arrives_whole_or_is_named(one: Event) -> None:
    _, pairs = read(leef(one))
    kept = members(one, 2048)
    cut = set(kept.pop(CUT, [])) | set(pairs.get("cut", "").split())
    values = list(pairs.values())
    for name, value in kept.items():
        text = ("; " if name == "citations" else " ").join(value) if isinstance(value, list) else str(value)
        text = text.lower() if isinstance(value, bool) else text
        assert name in cut or text in map(restored, values), name


@pytest.mark.parametrize(
    "text", [*HOSTILE, "x^action=passed^policy=other", "a|b|^|action=passed", "\t", "=", "^", '"x', " 'x"]
)
@pytest.mark.parametrize("field", ["name", "reason", "gateway", "client", "mac", "way", "chain"])
def test_hostile_text_forges_no_field(text: str, field: str) -> None:
    head, pairs = read(leef(event(**{field: (text, text) if field == "chain" else text})))
    assert pairs.keys() <= read(leef(BLOCKED))[1].keys() | {field}
    assert pairs["action"] == "answered"
    assert pairs["policy"] == "us-commerce-kaspersky-2024"
    assert head[4] == "block"
    assert all("=" not in value and not value.lstrip().startswith(("'", '"')) for value in pairs.values())


def test_what_is_no_address_stands_under_its_own_name() -> None:
    _, pairs = read(leef(event(client="nobody", mac="none")))
    assert "src" not in pairs
    assert (pairs["client"], pairs["mac"]) == ("nobody", "none")
    _, pairs = read(leef(event(client="fd00::2", mac="00:00:5e:00:53:01")))
    assert (pairs["src"], pairs["srcMAC"]) == ("fd00::2", "00:00:5e:00:53:01")


@pytest.mark.parametrize(
    ("one", "number"),
    [(event(), "7"), (event(verdict="flag"), "5"), (plain(1, "loss"), "8"), (event(verdict="observe"), "1")],
)
def test_severity_is_between_1_and_10(one: Event, number: str) -> None:
    assert read(leef(one))[1]["sev"] == number
