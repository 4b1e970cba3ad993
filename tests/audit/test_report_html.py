"""The page: whole, closed, without anything that acts. A browser looks at it in tests/lab."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from event_fixtures import CUT_OFF, HOSTILE, event
from report_fixtures import DAY, report, usual

from enforcer.audit.charts import Tick
from enforcer.audit.report import Report, part_of
from enforcer.audit.report_html import MAX_ROWS, as_html
from enforcer.audit.report_text import text
from enforcer.model.verdict import Verdict

EMPTY = {"meta", "br", "wbr", "line", "rect"}
DAYS = {int(CUT_OFF // DAY): {Verdict.BLOCK: 20, Verdict.FLAG: 2}}


class Page(HTMLParser):
    """Tags that are open, texts, and whatever could act or load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.acting: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in EMPTY or (tag == "rect" and not self.get_starttag_text().endswith("/>")):  # type: ignore[union-attr]
            self.open.append(tag)
        if tag in ("script", "link", "iframe", "img", "object", "form", "a", "base"):
            self.acting.append(tag)
        self.acting += [name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "")]
        self.acting += [name for name, _ in attrs if name in ("src", "href", "action", "style")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def page(of: Report, days: dict[int, dict[Verdict, int]] | None = None) -> Page:
    read = Page(as_html(of, DAYS if days is None else days, [Tick(CUT_OFF, "full")]))
    assert read.open == []
    assert read.acting == []
    return read


def test_the_page_tells_what_the_report_tells() -> None:
    said = page(report(usual())).text
    assert "contacts 22 blocked 20 flagged 2 clients 4" in said
    assert "What was stopped, and why Count Service Action Ban and phase Reason" in said
    assert "pause-1 nothing came under it paused by root until 2024-09-30 04:00:00 UTC" in said
    assert "W-1 2 times, 2024-09-30 04:00:00 UTC" in said
    assert "walks the public resolvers that a vendor's product has built in kaspersky passed 3 fd00::2 (3)" in said
    assert "findings 5" in said
    assert "29 events lost" in said
    assert "And 2 more." in said
    assert "aligned with 89 FR 52434" in said
    assert "fd00::2" in said


def test_a_trial_is_called_one_on_top() -> None:
    assert "Simulated: these are trials" in page(report(usual(), simulated=True)).text
    assert "Simulated" not in page(report(usual())).text


def test_whose_record_it_is_stands_on_top() -> None:
    told = report(usual())
    assert told.happened is not None
    one = replace(told, happened=replace(told.happened, gateway="gw <1>"))
    assert "what was done Gateway gw <1> Written 2024-" in page(one).text
    parts = tuple(part_of(told.happened, name, "/a/store") for name in ("gw-1", "gw-2"))
    assert "Gateways gw-1, gw-2 Written" in page(replace(told, happened=replace(told.happened, parts=parts))).text


def test_the_figures_add_up_to_all_contacts() -> None:
    kept = [*usual(), event(verdict="observe", action="passed"), event(verdict="allow", action="passed")]
    said = page(report(kept)).text
    assert "contacts 24 blocked 20 flagged 2 observed 1 allowed 1 clients" in said


def test_what_stands_apart_is_told() -> None:
    told = report(usual())
    assert told.happened is not None
    apart = replace(told, happened=replace(told.happened, others=3))
    assert "3 simulated events of this time stand apart, and are not counted here." in page(apart).text
    assert "3 facts of this time stand apart" in page(replace(apart, simulated=True)).text
    assert "stand apart" not in page(told).text


def test_nothing_seen_and_no_store() -> None:
    assert "Nothing of a restricted vendor was seen." in page(report(), {}).text
    assert "there is no store" in page(replace(report(), happened=None), {}).text


def test_many_rows_are_bounded_and_said_to_be() -> None:
    many = [event(client=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in range(MAX_ROWS + 7)]
    assert "And 7 more rows" in page(report(many)).text


@pytest.mark.parametrize(
    "hostile", [*HOSTILE, "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;"]
)
def test_nothing_hostile_acts(hostile: str) -> None:
    texts = ("client", "service", "vendor", "ban", "phase", "reason", "waiver", "verdict", "action")
    page(report([event(**dict.fromkeys(texts, hostile))]))


def test_a_ceiling_is_told() -> None:
    told = report()
    [now] = told.in_force.groups
    held = replace(now, group=replace(now.group, ceiling=Verdict.FLAG))
    held_report = replace(told, in_force=replace(told.in_force, groups=(held,)))
    assert "Ceiling flag: whatever a ban asks for, no more is done." in page(held_report).text
    assert "ceiling flag: no more is done" in " ".join("\n".join(text(held_report)).split())
    assert "eiling" not in page(told).text
