from xml.etree import ElementTree

from event_fixtures import CUT_OFF, HOSTILE

from enforcer.audit.charts import DAY, MAX_BARS, MOST, Tick, bars_chart, days_chart
from enforcer.model.verdict import Verdict

SVG = "{http://www.w3.org/2000/svg}"
FIRST = int(CUT_OFF // DAY)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 (we drew it)


def titles(svg: str) -> list[str]:
    return [title.text or "" for title in parsed(svg).iter(f"{SVG}title")]


def test_a_bar_for_each_day_by_verdict() -> None:
    days = {FIRST: {Verdict.BLOCK: 3, Verdict.OBSERVE: 1}, FIRST + 2: {Verdict.FLAG: 4}}
    svg = days_chart(days, FIRST * DAY, (FIRST + 3) * DAY, [Tick((FIRST + 1) * DAY, "full")])
    assert titles(svg) == ["2024-09-29: 3 block", "2024-09-29: 1 observe", "2024-10-01: 4 flag"]
    root = parsed(svg)
    heights = [float(one.get("height", 0)) for one in root.iter(f"{SVG}rect")]
    assert heights[0] == 3 * heights[1]
    assert heights[2] == heights[0] + heights[1]
    assert "full" in [one.text for one in root.iter(f"{SVG}text")]
    assert root.get("aria-label") == "Contacts by day, by verdict"


def test_many_days_are_gathered_and_none_is_lost() -> None:
    days = {FIRST + n: {Verdict.BLOCK: 1} for n in range(3 * MAX_BARS)}
    svg = days_chart(days, FIRST * DAY, (FIRST + 3 * MAX_BARS) * DAY, ())
    assert sum(int(title.split()[1]) for title in titles(svg)) == 3 * MAX_BARS
    assert len(titles(svg)) <= MAX_BARS


def test_the_longest_bars_come_first_and_are_bounded() -> None:
    amounts = [(f"10.1.0.{n}", {Verdict.BLOCK: n + 1}) for n in range(50)]
    told = titles(bars_chart("Clients", amounts))
    assert len(told) == MOST
    assert told[0] == "10.1.0.49: 50 block"


def test_nothing_is_a_picture_too() -> None:
    assert titles(days_chart({}, CUT_OFF, CUT_OFF + 1, ())) == []
    assert titles(bars_chart("Clients", ())) == []


def test_hostile_names_are_only_text() -> None:
    svg = bars_chart("Clients", [(hostile, {Verdict.BLOCK: 1}) for hostile in (*HOSTILE, "<script>alert(1)</script>")])
    assert all(one.tag in {f"{SVG}{tag}" for tag in ("svg", "rect", "title", "text")} for one in parsed(svg).iter())
