"""What is told of a comparison."""

import json

from policy_verbs_fixtures import FILES, changed

from enforcer.cli.policy_diff_told import FEW, as_json, as_text, said_of
from enforcer.model.calendar import Interval
from enforcer.model.verdict import Verdict
from enforcer.policy.compare import compare
from enforcer.policy.course import Stretch
from enforcer.policy.load import load
from enforcer.policy.track import FOREVER_AGO

OLD = load(FILES)
LATER = load(changed("agency.toml", "starts = 2020-10-01T00:00:00-04:00", "starts = 2020-11-01T00:00:00-04:00"))


def test_a_page() -> None:
    assert list(as_text(compare(OLD, LATER), None)) == [
        f"Revision {OLD.revision} against {LATER.revision}.",
        "",
        "xx-agency",
        "  phase use moved, from 2020-10-01T00:00:00-04:00 to 2020-11-01T00:00:00-04:00",
        "",
        "Judged otherwise",
        "  acme/update, acme/store, acme/threat-intel",
        "    from 2020-10-01T04:00:00Z until 2020-11-01T04:00:00Z: block becomes observe",
        "    for agency",
        "  what cannot be read",
        "    from 2020-10-01T04:00:00Z until 2020-11-01T04:00:00Z: observe becomes allow",
        "    for agency",
    ]


def test_nobody_touched_and_nothing_changed() -> None:
    assert list(as_text(compare(OLD, LATER, 0.0), 0.0))[-2:] == [
        "Judged otherwise at 1970-01-01T00:00:00Z",
        "  nothing, for nobody",
    ]
    assert list(as_text(compare(OLD, OLD), None))[1:] == ["Both say the same, and judge alike."]


def test_hosts_are_told_first_and_many_are_counted() -> None:
    many = ", ".join(f'"h{index}.example"' for index in range(FEW + 2))
    more = load(changed("acme.toml", 'names = ["store.acme.example"]', f'names = ["store.acme.example", {many}]'))
    lines = list(as_text(compare(OLD, more), None))
    assert lines[2] == "Hosts, traps, networks and payloads"
    assert lines[3].startswith("  added as store of acme: h0.example, h1.example,")
    assert "and 2 more" in " ".join(lines[3:6])


def test_stretches_in_words() -> None:
    def said(starts: float, ends: float | None) -> str:
        return said_of(Stretch(Interval(starts, ends), Verdict.ALLOW, Verdict.BLOCK))

    assert said(FOREVER_AGO, None) == "always: allow becomes block"
    assert said(FOREVER_AGO, 0.0) == "until 1970-01-01T00:00:00Z: allow becomes block"
    assert said(0.0, None) == "from 1970-01-01T00:00:00Z: allow becomes block"


def test_json() -> None:
    answer = json.loads(json.dumps(as_json(compare(OLD, LATER), None)))
    assert answer["bans"] == {
        "xx-agency": ["phase use moved, from 2020-10-01T00:00:00-04:00 to 2020-11-01T00:00:00-04:00"]
    }
    effect, _ = answer["effects"]
    assert effect["whom"] == ["agency"]
    assert effect["stretches"] == [
        {"from": "2020-10-01T04:00:00Z", "until": "2020-11-01T04:00:00Z", "old": "block", "new": "observe"}
    ]
