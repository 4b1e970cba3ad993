"""The messages, read back by a reader written from the ABNF of RFC 5424 section 6 and nothing else."""

import re
from datetime import datetime

import pytest
from event_fixtures import BLOCKED, CUT_OFF, HOSTILE, event, events, plain
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.envelope import MAX_BYTES, Envelope
from enforcer.audit.rfc5424 import FACILITIES, SD_ID, message, sentence, severity
from enforcer.audit.visible import visible
from enforcer.model.calendar import iso
from enforcer.model.event import INSTANTS, LISTS, NAMES, Event, encodable

HEADER = re.compile(
    rb"<(?P<pri>[1-9]?[0-9]|1[0-8][0-9]|19[01])>1"
    rb" (?P<timestamp>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z)"
    rb" (?P<hostname>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<procid>[!-~]{1,128}) (?P<msgid>[!-~]{1,32}) "
)
SD_NAME = rb"[!#-<>-\\^-~]{1,32}"
PARAM = re.compile(rb" (?P<name>" + SD_NAME + rb')="(?P<value>(?:[^"\\\]]|\\.)*)"', re.DOTALL)
BOM = b"\xef\xbb\xbf"


def read(data: bytes) -> tuple[dict[str, str], dict[str, str], str]:
    """The header, the parameters of the one element, and the text. Fails unless every byte has its place."""
    header = HEADER.match(data)
    assert header, data
    start = data.index(b" ", header.end())
    assert data[header.end() : start] == b"[" + SD_ID.encode()
    params: dict[str, str] = {}
    at = start
    while match := PARAM.match(data, at):
        name = match["name"].decode()
        assert name not in params
        params[name] = re.sub(rb'\\(["\\\]])', rb"\1", match["value"]).decode()
        at = match.end()
    assert data[at : at + 2] == b"] ", data[at:]
    text = data[at + 2 :]
    assert text.startswith(BOM) or text.isascii()
    return {key: value.decode() for key, value in header.groupdict().items()}, params, text.removeprefix(BOM).decode()


def send(one: Event) -> bytes:
    return message(one, Envelope(hostname="spare", procid=42))


def wanted(one: Event) -> dict[str, str]:
    """What each parameter has to say, member by member."""
    values = {"version": "1"}
    for name in NAMES:
        value = getattr(one, name)
        if value in ("", (), None) and value is not False:
            continue
        if name in INSTANTS:
            value = iso(value)
        elif name in LISTS:
            value = {"chain": " ", "names": " ", "citations": "; "}[name].join(map(encodable, value))
        elif name == "simulated":
            value = "true" if value else "false"
        values[name] = visible(str(value))
    return values


def test_the_usual_alert() -> None:
    assert send(BLOCKED) == (
        b"<164>1 2024-09-29T04:00:05.250000Z gw.example enforcer 42 decision "
        b'[enforcer@32473 version="1" at="2024-09-29T04:00:05.250000Z" kind="decision" gateway="gw.example"'
        b' mode="inline" simulated="false" verdict="block" action="answered" how="dns" name="s07.upd.kaspersky.com"'
        b' client="10.1.0.2" client_port="33000" server="9.9.9.9" server_port="53" protocol="udp" vendor="kaspersky"'
        b' service="update" pattern="*.upd.kaspersky.com" ban="us-commerce-kaspersky-2024" phase="full"'
        b' citations="89 FR 52434; 15 CFR 791.109"'
        b' reason="update host of Kaspersky: block from 2024-09-29T04:00:00Z" revision="0123456789abcdef" count="1"]'
        b" block s07.upd.kaspersky.com for 10.1.0.2 (dns, answered):"
        b" update host of Kaspersky: block from 2024-09-29T04:00:00Z"
    )


@given(events)
def test_every_event_arrives_whole_or_says_what_was_cut(one: Event) -> None:
    data = send(one)
    assert len(data) <= MAX_BYTES
    header, params, _ = read(data)
    assert header["timestamp"] == iso(one.at) == params["at"]
    assert int(header["pri"]) == 20 * 8 + severity(one)
    assert header["msgid"] == one.kind
    cut = params.pop("cut", "").split()
    want = wanted(one)
    assert params.keys() == want.keys()
    for name, value in want.items():
        if name in cut:
            assert params[name].endswith("...")
            assert value.startswith(params[name][:-3])
        else:
            assert params[name] == value


@given(events)
def test_no_byte_of_a_message_acts(one: Event) -> None:
    text = send(one).decode()
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["name", "reason", "gateway", "chain"])
def test_hostile_text_forges_no_field(text: str, field: str) -> None:
    _, params, _ = read(send(event(**{field: (text, text) if field == "chain" else text})))
    assert params.keys() == {*wanted(BLOCKED), field}
    assert params["verdict"] == "block"


def test_escapes_what_rfc_5424_names_and_nothing_else() -> None:
    assert rb'name="a\"b\\c\]d[e=f"' in send(event(name='a"b\\c]d[e=f'))


def test_text_beyond_ascii_starts_with_the_mark() -> None:
    assert send(event(reason="über")).endswith("über".encode())
    assert b'"] ' + BOM not in send(event(reason="uber"))
    assert b"] " + BOM + b"block" in send(event(reason="über"))


@pytest.mark.parametrize("filler", ["x", '"', "\n", "漢", "\udcff", "\x85"])
def test_what_is_too_long_is_cut_and_says_so(filler: str) -> None:
    one = event(name=filler * 5000, chain=(filler * 3000, "b"), reason=filler * 9000, waiver=filler * 9000)
    data = send(one)
    assert len(data) <= MAX_BYTES
    _, params, text = read(data)
    assert params["cut"] == "name chain waiver reason"
    assert params["name"].endswith("...")
    assert text.endswith("...")
    assert params["client"] == "10.1.0.2"


def test_even_all_members_too_long_fit() -> None:
    long = "\\" * 9000
    texts = {name: long for name in NAMES if isinstance(getattr(BLOCKED, name), str) and name not in ("kind", "mode")}
    one = event(**texts, chain=(long,) * 9, citations=(long,) * 9, last=1.5, would_block_from=1.5, count=2**60)
    assert len(send(one)) <= MAX_BYTES
    read(send(one))


@given(st.text(max_size=300))
def test_the_host_name_is_one_word(gateway: str) -> None:
    header, _, _ = read(send(event(gateway=gateway)))
    assert header["hostname"]


def test_the_host_name_falls_back() -> None:
    assert read(send(event(gateway="")))[0]["hostname"] == "spare"
    assert b"Z - enforcer" in message(event(gateway=""), Envelope(procid=1))


SEVERITIES = {"block": 4, "flag": 5, "observe": 6, "allow": 6, "": 6}


@pytest.mark.parametrize(("verdict", "want"), SEVERITIES.items())
def test_severity_by_verdict(verdict: str, want: int) -> None:
    assert severity(event(verdict=verdict)) == want


def test_what_a_crowd_tells_is_no_alert_by_itself() -> None:
    assert severity(event(alert="crowd")) == severity(event(kind="finding", way="doh", alert="crowd")) == 6
    assert [severity(event(kind="crowd", verdict=verdict)) for verdict in ("block", "flag")] == [4, 5]


@pytest.mark.parametrize(
    ("kind", "want"),
    [
        ("start", 5),
        ("stop", 5),
        ("reload", 5),
        ("phase", 5),
        ("inspector", 5),
        ("repair", 5),
        ("loss", 3),
        ("error", 3),
    ],
)
def test_severity_by_kind(kind: str, want: int) -> None:
    assert severity(plain(CUT_OFF, kind)) == want


@pytest.mark.parametrize(
    ("name", "number"), [("kern", 0), ("daemon", 3), ("authpriv", 10), ("local0", 16), ("local7", 23)]
)
def test_facilities(name: str, number: int) -> None:
    assert FACILITIES[name] == number
    assert message(BLOCKED, Envelope(facility=name, hostname="h", procid=1)).startswith(b"<%d>1 " % (number * 8 + 4))


def test_the_sentence_says_trial_first() -> None:
    assert sentence(event(simulated=True)).startswith("SIMULATED block s07.upd.kaspersky.com for 10.1.0.2")
    assert sentence(plain(CUT_OFF, "stop", reason="told to")) == "stop: told to"
    assert sentence(event(name="", server="1.2.3.4", client="")).startswith("block 1.2.3.4 (dns, answered)")
    assert sentence(event(name="a.example", matched="b.example")).startswith("block b.example")


def test_the_timestamp_is_one_that_python_reads() -> None:
    header, _, _ = read(send(event(at=CUT_OFF + 0.123456)))
    assert datetime.fromisoformat(header["timestamp"]).timestamp() == CUT_OFF + 0.123456


def test_the_sentence_tells_how_often_and_of_how_many_names() -> None:
    burst = event(count=59, names=("s07.upd.kaspersky.com", "s08.upd.kaspersky.com"))
    assert sentence(burst).startswith("block s07.upd.kaspersky.com and 1 more names for 10.1.0.2, 59 times (dns")
