"""CEF, read back by a reader written from the text of the standard: head, extension, two escapes."""

import re

import pytest
from event_fixtures import BLOCKED, CUT_OFF, HOSTILE, event, events, plain
from hypothesis import given, settings

from enforcer.audit.alert import CUT, members
from enforcer.audit.cef import cef
from enforcer.model.event import Event

LENGTHS = {"act": 63, "app": 31, "proto": 31, "dvchost": 100, "cat": 1023, "reason": 1023, "msg": 1023, "dhost": 1023}
LENGTHS |= {f"cs{n}": 4000 for n in range(1, 7)}
HEAD = re.compile(r"CEF:0" + r"\|((?:[^|\\]|\\[|\\])*)" * 6 + r"\|")
# A value goes on until the next key; an equals sign in it has a backslash before it, and so has each backslash.
PAIR = re.compile(r"(?P<key>[A-Za-z0-9]+)=(?P<value>(?:[^=\\]|\\[=\\])*?)(?= [A-Za-z0-9]+=|$)")


def read(line: str) -> tuple[list[str], dict[str, str]]:
    """The head's six fields, and the extension. Fails unless every character has its place."""
    head = HEAD.match(line)
    assert head, line
    pairs: dict[str, str] = {}
    at = head.end()
    while at < len(line):
        pair = PAIR.match(line, at)
        assert pair, line[at:]
        assert pair["key"] not in pairs
        pairs[pair["key"]] = re.sub(r"\\([=\\])", r"\1", pair["value"])
        at = pair.end() + 1
    return [re.sub(r"\\([|\\])", r"\1", field) for field in head.groups()], pairs


def told(pairs: dict[str, str]) -> dict[str, str]:
    """By what each value is called: our label for `cs1` and the like, the key itself for the rest."""
    return {
        pairs.get(f"{key}Label", key): value
        for key, value in pairs.items()
        if not re.fullmatch(r"(cs|c6a)[1-6]Label", key)
    }


def test_the_usual_alert() -> None:
    assert cef(BLOCKED, record=1204) == (
        "CEF:0|egress-enforcer|enforcer|0.1.0|block|Blocked contact with a restricted vendor|7|externalId=1204"
        " rt=1727582405250 enforcerVersion=1 enforcerAt=2024-09-29T04:00:05.250000Z cat=decision dvchost=gw.example"
        " enforcerMode=inline enforcerSimulated=false enforcerVerdict=block act=answered app=dns"
        " cs1=s07.upd.kaspersky.com cs1Label=name src=10.1.0.2 spt=33000 dst=9.9.9.9 dpt=53 proto=udp cs2=kaspersky"
        " cs2Label=vendor cs3=update cs3Label=service enforcerPattern=*.upd.kaspersky.com"
        " cs4=us-commerce-kaspersky-2024 cs4Label=ban cs5=full cs5Label=phase"
        " enforcerCitations=89 FR 52434; 15 CFR 791.109"
        " reason=update host of Kaspersky: block from 2024-09-29T04:00:00Z enforcerRevision=0123456789abcdef cnt=1"
        " msg=block s07.upd.kaspersky.com for 10.1.0.2 (dns, answered):"
        " update host of Kaspersky: block from 2024-09-29T04:00:00Z"
    )


@given(events)
@settings(max_examples=50)
def test_every_member_arrives_whole_or_is_named(one: Event) -> None:
    _, pairs = read(cef(one))
    values = list(pairs.values())
    kept = members(one, 2048)
    cut = set(pairs.get("enforcerCut", "").split())
    assert set(kept.pop(CUT, [])) <= cut
    for name, value in kept.items():
        separator = "; " if name == "citations" else " "
        text = separator.join(value) if isinstance(value, list) else str(value)
        assert name in cut or (text.lower() if isinstance(value, bool) else text) in values, name


@given(events)
@settings(max_examples=50)
def test_no_value_is_longer_than_the_dictionary_allows(one: Event) -> None:
    _, pairs = read(cef(one))
    assert all(len(pairs.get(key, "").encode()) <= most for key, most in LENGTHS.items())


@pytest.mark.parametrize("text", [*HOSTILE, "x act=passed cs4=other", "x\\= act\\=passed", "a|b|9|act=passed", " "])
@pytest.mark.parametrize("field", ["name", "reason", "gateway", "client", "mac", "way", "action"])
def test_hostile_text_forges_no_field(text: str, field: str) -> None:
    head, pairs = read(cef(event(**{field: text})))
    usual = set(read(cef(BLOCKED))[1])
    own = {"client": "enforcerClient", "mac": "enforcerMac", "way": "enforcerWay"}
    assert pairs.keys() <= usual | {own.get(field, "act"), "enforcerCut"}
    assert pairs["cs4"] == "us-commerce-kaspersky-2024"
    assert pairs["enforcerVerdict"] == "block"
    assert head[:3] == ["egress-enforcer", "enforcer", "0.1.0"]


def test_addresses_of_ipv6_have_keys_of_their_own() -> None:
    _, pairs = read(cef(event(client="fd00::2", server="2620:fe::fe", mac="00:00:5E:00:53:01")))
    assert told(pairs)["client"] == "fd00::2"
    assert (pairs["c6a2"], pairs["c6a3"], pairs["smac"]) == ("fd00::2", "2620:fe::fe", "00:00:5E:00:53:01")
    assert "src" not in pairs


def test_a_burst_has_its_start_and_end() -> None:
    _, pairs = read(cef(event(count=60, last=CUT_OFF + 600)))
    assert (pairs["cnt"], pairs["start"], pairs["end"]) == ("60", "1727582405250", "1727583000000")


def test_the_server_is_named_where_it_is_the_one_spoken_to() -> None:
    assert read(cef(event(how="tls")))[1]["dhost"] == "s07.upd.kaspersky.com"
    assert "dhost" not in read(cef(BLOCKED))[1]


@pytest.mark.parametrize(
    ("one", "number"),
    [(event(), "7"), (event(verdict="flag"), "5"), (plain(1, "loss"), "8"), (plain(1, "start"), "3")],
)
def test_severity(one: Event, number: str) -> None:
    assert read(cef(one))[0][5] == number
