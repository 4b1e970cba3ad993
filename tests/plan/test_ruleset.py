"""The text of the table: as it was seen and approved (golden/), and as the real kernel understands it.

After a wanted change: GOLDEN=write pytest tests/plan/test_ruleset.py, then read `git diff tests/plan/golden`.
"""

import json
import os
import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge.kernel import probe
from enforcer.model.calendar import Interval, Lane
from enforcer.model.settings import Settings
from enforcer.model.ways import Doors, Treatment, Ways
from enforcer.plan.ruleset import chain_word, ruleset

GOLDEN = Path(__file__).parent / "golden"
OCTOBER, NOVEMBER = 1727740800.0, 1730419200.0
UPDATE = Lane(key="kaspersky/update@", blocked=(Interval(OCTOBER),))
STORE = Lane(key="kaspersky/store@phones", blocked=(Interval(OCTOBER - 900.5, OCTOBER), Interval(NOVEMBER)))
WEBSITE = Lane(key="kaspersky/website@", blocked=())
DOORS = Doors(
    ways=Ways(dot=Treatment.BLOCK, resolvers=Treatment.FLAG, excepted=(ip_address("9.9.9.9"),)),
    resolvers=(ip_address("8.8.8.8"), ip_address("2001:4860:4860::8888")),
)
REDIRECT = Doors(
    ways=Ways(
        resolvers=Treatment.REDIRECT,
        redirect_to=(ip_address("10.0.0.53"), ip_address("fd00::53")),
        exempt_clients=(ip_network("10.9.0.0/16"),),
        any_resolver=True,
        gateway=True,
    ),
    resolvers=DOORS.resolvers,
)


def queue_free(text: str) -> str:
    """For a kernel without the `queue` expression: everything else of a native table can still be tried."""
    return re.sub(r"queue num \S+( bypass)?", "counter", text)


def without_flowtable(text: str) -> str:
    """The same for a kernel that has none: its rules are tried all the same."""
    return re.sub(r"^\tflowtable .*?^\t\}\n\n?", "", text, flags=re.M | re.S).replace("flow add @passed", "counter")


CASES = {
    "quic-rejected": ruleset([], Settings(quic="reject"), shift=0.0, native_queue=True, generation="0"),
    "bare": ruleset([], Settings(), shift=0.0, native_queue=False, generation="0123456789abcdef"),
    "lanes": ruleset([UPDATE, STORE, WEBSITE], Settings(), shift=86400.25, native_queue=False, generation="r2 x"),
    "native": ruleset(
        [UPDATE],
        Settings(fail="closed", queue=7, inspectors=3, mark_mask=0x0000FF00),
        shift=0.0,
        native_queue=True,
        generation="r3",
    ),
    "ends": ruleset([], Settings(), shift=0.0, native_queue=True, generation="r4", until=1727582400),
    "host": ruleset([UPDATE], Settings(mode="host"), shift=0.0, native_queue=True, generation="r5"),
    "two-interfaces": ruleset(
        [], Settings(interfaces=("lan0", "br-guests.5")), shift=0.0, native_queue=True, generation="r6"
    ),
    "doors": ruleset([], Settings(), shift=0.0, native_queue=False, generation="r5", doors=DOORS),
    "doors-redirect": ruleset(
        [], Settings(interfaces=("lan0",)), shift=0.0, native_queue=False, generation="r6", doors=REDIRECT
    ),
    "doors-host": ruleset([], Settings(mode="host"), shift=0.0, native_queue=False, generation="r7", doors=DOORS),
    "flowtable": ruleset(
        [UPDATE], Settings(), shift=0.0, native_queue=False, generation="r8", flowtable=("lan0", "eth1.10")
    ),
    "flowtable-doors": ruleset(
        [], Settings(), shift=0.0, native_queue=False, generation="r9", doors=DOORS, flowtable=("lan0",)
    ),
    "native-open": ruleset([], Settings(), shift=0.0, native_queue=True, generation="r4"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_the_approved_one(name: str) -> None:
    golden = GOLDEN / f"{name}.nft"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(CASES[name])
    assert CASES[name] == golden.read_text()


@pytest.mark.kernel
@pytest.mark.parametrize("name", CASES)
def test_the_kernel_reads_the_approved_text_as_it_is_meant(name: str) -> None:
    text = (GOLDEN / f"{name}.nft").read_text()
    if not apart(probe).native_queue:
        text = queue_free(text)
    text = without_flowtable(text)

    def load_twice() -> list[dict[str, Any]]:
        nft("-f", "-", text=text)
        nft("-f", "-", text=text)  # in place of itself
        items: list[dict[str, Any]] = json.loads(nft("-j", "list", "ruleset"))["nftables"]
        return items

    items = apart(load_twice)
    assert read_back(items) == written(text)


def written(text: str) -> dict[str, Any]:
    """What the text says, by a reader that knows our layout only: chains, their places, and the shape of each rule."""
    chains: dict[str, Any] = {}
    for name, body in re.findall(r"^\tchain (\w+) \{\n(.*?)^\t\}", text, re.MULTILINE | re.DOTALL):
        lines = [line.strip() for line in body.splitlines() if "comment" not in line]
        base = r"type (\w+) hook (\w+) priority (\w+)(?: ([+-]) (\d+))?; policy accept;"
        place = re.match(base, lines[0]) if lines else None
        if place:
            named = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0}[place[3]]
            priority = named + int(f"{place[4] or ''}{place[5] or 0}")
            lines = [f"{place[1]} {place[2]} {priority}", *map(shape, lines[1:])]
        else:
            lines = [*map(shape, lines)]
        chains[name] = lines
    return {"counters": set(re.findall(r"^\tcounter (\w+) \{", text, re.MULTILINE)), "chains": chains}


def shape(rule: str) -> str:
    """Where a rule leads, what it counts and the instants it names: the parts that every nft version prints alike."""
    ends = re.findall(r"\b(?:jump|goto) \w+|\baccept\b|\breturn\b|\breject\b|\bnotrack\b", rule)
    counts = re.findall(r"counter name (\w+)", rule)
    times = re.findall(r"meta time (>=|<) (\d+)", rule)
    return " ".join([*counts, *(op + at for op, at in times), *sorted(ends)])


def read_back(items: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {"counters": set(), "chains": {}}
    for item in items:
        if "counter" in item:
            found["counters"].add(item["counter"]["name"])
        elif "chain" in item:
            chain = item["chain"]
            place = [f"{chain['type']} {chain['hook']} {chain['prio']}"] if "hook" in chain else []
            found["chains"][chain["name"]] = place
        elif "rule" in item:
            found["chains"][item["rule"]["chain"]].append(shape_of_json(item["rule"]["expr"]))
    return found


def shape_of_json(expressions: list[dict[str, Any]]) -> str:
    counts = [one["counter"] for one in expressions if isinstance(one.get("counter"), str)]
    times = [
        match["op"] + epoch(match["right"])
        for match in (one["match"] for one in expressions if "match" in one)
        if match["left"] == {"meta": {"key": "time"}}
    ]
    flat = json.dumps(expressions)
    ends = [f"{kind} {to}" for kind, to in re.findall(r'"(jump|goto)": \{"target": "(\w+)"\}', flat)]
    ends += re.findall(r'"(accept|return|notrack)": null', flat) + re.findall(r'"(reject)": \{', flat)
    return " ".join([*counts, *times, *sorted(ends)])


def epoch(local: str | int) -> str:
    """nft prints an instant in the local zone."""
    from datetime import datetime

    return str(local) if isinstance(local, int) else str(int(datetime.fromisoformat(local).astimezone().timestamp()))


def test_an_instant_means_the_same_in_every_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    text = CASES["lanes"]

    def bytecode(zone: str) -> str:
        monkeypatch.setenv("TZ", zone)
        return apart(lambda: nft("--debug=netlink", "-f", "-", text=text))

    one, other = bytecode("Pacific/Kiritimati"), bytecode("America/Los_Angeles")
    assert "meta load time" in one
    assert one == other


def test_more_lanes_than_the_mark_holds_are_refused() -> None:
    small = Settings(mark_mask=0x1F)
    lanes = [Lane(key=str(n), blocked=()) for n in range(9)]
    assert "flow_23" in ruleset(lanes[:8], small, shift=0.0, native_queue=False, generation="")
    with pytest.raises(ValueError, match="9 lanes do not fit into the mark 0x1f, it holds 8"):
        ruleset(lanes, small, shift=0.0, native_queue=False, generation="")


def test_a_generation_becomes_a_word() -> None:
    assert chain_word("a-b c;}\n") == "a_b_c___"
    assert len(chain_word("x" * 999)) == 64
