"""docs/siem.md says what the formats do."""

import json
import re
from pathlib import Path

import pytest
from event_fixtures import event, plain

from enforcer.audit.formats import BODIES, FORMATS
from enforcer.audit.ocsf import ocsf
from enforcer.audit.rfc5424 import severity
from enforcer.model.event import NAMES, Event

PAGE = (Path(__file__).parents[2] / "docs/siem.md").read_text()
SEVERITIES = [
    *(("`loss`, `error`, `off`", plain(1, kind)) for kind in ("loss", "error", "off")),
    *(("decision, block", event(kind=kind)) for kind in ("decision", "crowd")),
    *(("decision, flag; finding", event(kind=kind, verdict="flag")) for kind in ("decision", "crowd")),
    ("decision, flag; finding", plain(1, "finding", way="doh")),
    ("what the service did", plain(1, "stop")),
    ("decision, observe or allow", event(verdict="observe")),
    ("decision, observe or allow", event(alert="crowd")),
    ("decision, observe or allow", plain(1, "finding", way="canary")),
]


def test_every_form_is_told() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE.partition("\n## ")[0], re.MULTILINE) == list(FORMATS)


@pytest.mark.parametrize(("row", "one"), SEVERITIES)
def test_the_severities_are_those_of_the_page(row: str, one: Event) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row}"))
    _, syslog, scale, of_ocsf = (cell.strip().split()[0] for cell in line.strip("|").split("|"))
    assert int(syslog) == severity(one)
    assert int(of_ocsf) == json.loads(ocsf(one))["severity_id"]
    assert f"|{scale}|" in BODIES["cef"](one)
    assert f"^sev={scale}^" in BODIES["leef"](one)
    assert json.loads(BODIES["ecs"](one))["event"]["severity"] == int(scale)


def test_a_crowd_is_told_as_what_clients_did() -> None:
    one = event(kind="crowd", client="", name="", count=4940, last=1727582460.0)
    ecs, of_ocsf = json.loads(BODIES["ecs"](one)), json.loads(ocsf(one))
    assert (ecs["event"]["kind"], ecs["event"]["category"], ecs["event"]["type"]) == ("alert", ["network"], ["denied"])
    assert (of_ocsf["class_uid"], of_ocsf["is_alert"], of_ocsf["count"]) == (2004, True, 4940)
    quiet = event(alert="crowd")
    assert json.loads(BODIES["ecs"](quiet))["event"]["kind"] == "event"
    assert json.loads(ocsf(quiet))["is_alert"] is False


def test_keys_that_the_page_names_are_written() -> None:
    full = event(mac="00:00:5e:00:53:01", waiver="W-1", last=1727582500.0, count=2, how="tls")
    cells = [row.strip("|").split("|")[1:3] for row in PAGE.split("## Where members stand")[1].splitlines()[4:20]]
    for column, form in enumerate(("cef", "leef")):
        line = BODIES[form](full, record=1)
        for key in re.findall(r"`(\w+)`", " ".join(cell[column] for cell in cells)):
            assert key in ("c6a2", "c6a3") or re.search(rf"[ ^|]{key}=", line), (form, key)


def test_no_member_is_lost_in_any_form() -> None:
    for form in ("ecs", "ocsf"):
        told = json.loads(BODIES[form](event()))
        assert set(told["enforcer" if form == "ecs" else "unmapped"]) - {"version"} <= set(NAMES)
