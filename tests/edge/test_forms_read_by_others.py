"""CEF and LEEF taken apart by parsers that are not ours, with the settings of docs/siem.md, and set beside the store.

CEF by liblognorm, in rsyslog; LEEF by the parsers of syslog-ng. Whatever is in a name, each member of the record is
found under its own key, and no other key is found.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from collecting_fixtures import ROOT, Program, RsyslogServer, SyslogNg, moved
from event_fixtures import BLOCKED, CUT_OFF, HOSTILE, event, plain
from report_fixtures import DOH, WALK

from enforcer.audit.envelope import Envelope
from enforcer.audit.formats import FORMATS
from enforcer.audit.rfc5424 import sentence
from enforcer.audit.visible import visible
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.model.event import LISTS, Event

pytestmark = pytest.mark.lab

WIRE = (
    *HOSTILE,
    *("x act=passed cs4=other action=passed policy=other", "x\\= act\\=passed", "a|b|9|act=passed", "a^action=passed"),
    *(
        '"',
        "'",
        '"open',
        "'open'",
        '"closed" and more',
        ' "open',
        "=",
        "==",
        "\\",
        "tail\\",
        "\\=",
        "\\x3d",
        "a=b",
        "=b",
    ),
    *("CEF:0|other|enforcer|1|allow|x|1|act=passed", "LEEF:2.0|other|enforcer|1|allow|^|action=passed"),
)
FIELDS = ("name", "client", "client_name", "mac", "group", "reason", "waiver", "matched", "undecodable", "way")
"""All but the gateway's name, which is the operator's word, and stands in the header too."""
EVENTS = [
    *(BLOCKED, DOH, WALK, event(client="fd00::2", server="2620:fe::fe", mac="00:00:5e:00:53:01", how="tls")),
    event(count=61, last=CUT_OFF + 60, names=("a.example", "b.example"), alert="crowd", would_block_from=CUT_OFF + 9),
    plain(CUT_OFF, "start", reason="in force", fail="open", ceiling="flag", configuration="ab" * 32),
    plain(CUT_OFF, "pause", reason="paused by root", waiver="pause-1", until=CUT_OFF + 60),
    *(event(**{field: text}) for text in WIRE for field in FIELDS),
    *(event(chain=(text, text), citations=(text, text), names=(text, text)) for text in WIRE),
    event(name="x" * 9000, reason="|=^\\\"'" * 3000),
]
CEF = {"externalId": "record", "dvchost": "gateway", "cat": "kind", "act": "action", "app": "how", "smac": "mac"}
CEF |= {"src": "client", "c6a2": "client", "dst": "server", "c6a3": "server", "spt": "client_port"}
CEF |= {"dpt": "server_port", "proto": "protocol", "cnt": "count", "reason": "reason"}
LEEF = {"cat": "kind", "src": "client", "srcMAC": "mac", "dst": "server", "policy": "ban", "proto": "protocol"}
LEEF |= {"srcPort": "client_port", "dstPort": "server_port"}
DERIVED = {"rt", "start", "end", "dhost", "msg", "devTime", "sev"}
"""Said of the record, and no member of it."""


def settings(language: str) -> str:
    """The last block of the page in that language."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/siem.md").read_text(), re.DOTALL)
    return blocks[-1]


class ReadingCef(RsyslogServer):
    def __init__(self, folder: Path) -> None:
        Program.__init__(self, folder, (), tls=False)
        own = {'port="601"': f'port="{self.ports["tcp"]}"', "/etc/enforcer-collector/": f"{folder}/"}
        text = moved(settings("rsyslog"), {**own, "/var/log/enforcer.json": f"{folder}/out"})
        (folder / "cef.rulebase").write_text(settings("rulebase"))
        (folder / "rsyslog.conf").write_text(f'global(workDirectory="{folder}")\n{text}')

    def pairs(self, message: dict[str, Any]) -> dict[str, str]:
        return dict(message["cef"]["Extensions"])

    def head(self, message: dict[str, Any]) -> tuple[str, str, str]:
        return tuple(message["cef"][key] for key in ("DeviceVendor", "DeviceProduct", "SignatureID"))


class ReadingLeef(SyslogNg):
    def __init__(self, folder: Path) -> None:
        Program.__init__(self, folder, (), tls=False)
        own = {"port(601)": f"port({self.ports['tcp']})", "/var/log/enforcer.json": f"{folder}/out"}
        (folder / "syslog-ng.conf").write_text("@version: 3.38\n" + moved(settings("syslog-ng"), own))

    def pairs(self, message: dict[str, Any]) -> dict[str, str]:
        return dict(message["leef"])

    def head(self, message: dict[str, Any]) -> tuple[str, str, str]:
        return tuple(message["head"][key] for key in ("vendor", "product", "event"))


def wanted(one: Event, number: int) -> dict[str, str]:
    """The members of the record, each as one line of text."""
    members = {name: str(value) for name, value in one.as_dict().items()} | {"record": str(number)}
    lists = {name: ("; " if name == "citations" else " ").join(getattr(one, name)) for name in LISTS & members.keys()}
    told = {name: visible(text) for name, text in (members | lists).items()}
    return told | {"simulated": str(one.simulated).lower(), "msg": visible(sentence(one))}


def of_cef(pairs: dict[str, str]) -> dict[str, str]:
    """By member. liblognorm 2.0.6 takes the first character behind the head for a blank, whatever it is."""
    pairs["externalId"] = pairs.pop("xternalId")
    labels = {f"{key}Label": key for key in pairs if f"{key}Label" in pairs}
    found = {}
    for key, value in pairs.items():
        if key in labels or key in DERIVED - {"msg"}:
            continue
        own = re.sub(r"(?<!^)[A-Z]", lambda capital: f"_{capital[0].lower()}", key.removeprefix("enforcer"))
        found[pairs.get(f"{key}Label") or CEF.get(key) or own.lower()] = value
    return found


def of_leef(pairs: dict[str, str]) -> dict[str, str]:
    return {LEEF.get(key, key): value for key, value in pairs.items() if key not in DERIVED - {"msg"}}


def as_leef(text: str) -> str:
    """As the form writes it, without the blanks around it, which no reader keeps."""
    text = text.replace("^", "\\x5e").replace("=", "\\x3d").strip(" ")
    return re.sub(r"^['\"]", lambda quote: f"\\x{ord(quote[0]):02x}", text)


Reading = ReadingCef | ReadingLeef
CASES: dict[str, tuple[type[Reading], Callable[[dict[str, str]], dict[str, str]], Callable[[str], str]]] = {
    "cef": (ReadingCef, of_cef, lambda text: text),
    "leef": (ReadingLeef, of_leef, as_leef),
}


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[list[tuple[int, Event]]]:
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(one, one.at) for one in EVENTS])
    with Records(store.path) as records:
        yield list(records.recorded_after(0))


@pytest.mark.parametrize("form", CASES)
def test_every_member_is_found_under_its_key_and_no_other(
    tmp_path: Path, stored: list[tuple[int, Event]], form: str
) -> None:
    kind, by_member, written = CASES[form]
    reader = kind(tmp_path)
    got = read(reader, [FORMATS[form](one, Envelope(hostname="gw", procid=1, record=n)) for n, one in stored])
    for (number, one), message in zip(stored, got, strict=True):
        found = by_member(reader.pairs(message))
        cut = set(found.pop("cut", "").split())
        same(found, wanted(one, number), cut, written)
        assert cut == set() or len(one.name) > 1000
        assert reader.head(message)[:2] == ("egress-enforcer", "enforcer")


def same(found: dict[str, str], told: dict[str, str], cut: set[str], written: Callable[[str], str]) -> None:
    whole = {name: written(text) for name, text in told.items() if name not in cut | {"msg"}}
    assert {name: text for name, text in found.items() if name not in cut | {"msg"}} == whole
    assert found["msg"] == written(told["msg"]) or found["msg"].endswith("...")


def read(reader: Reading, messages: list[bytes]) -> list[dict[str, Any]]:
    reader.start()
    try:
        reader.send(messages)
        return reader.messages(len(messages))
    finally:
        reader.stop()


def test_a_line_that_could_be_forged_is_seen_as_forged() -> None:
    """The check itself: a member that swallowed others is missed."""
    told = wanted(BLOCKED, 1)
    swallowed = {name: text for name, text in told.items() if name != "client_port"}
    with pytest.raises(AssertionError):
        same(swallowed, told, set(), str)
