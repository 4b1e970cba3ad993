"""The picture: what stands in it, and where."""

from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest
from policy_fixtures import WAIVER, at, small

from enforcer.model.verdict import Verdict
from enforcer.policy.timeline import timeline
from enforcer.policy.timeline_svg import FILLS, WIDTH, as_svg

NOW = at("2020-09-01T00:00:00Z")
SVG = "{http://www.w3.org/2000/svg}"


def picture(site: str = "", **changes: tuple[str, str]) -> Element:
    policy = small(site, **changes)
    line = timeline(policy, policy.site.groups[0], NOW)
    return fromstring(as_svg(line, "For the site & all."))  # noqa: S314 (ours)


def words(root: Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text")]


def bars(root: Element) -> list[Element]:
    return [one for one in root.iter(f"{SVG}rect") if one.find(f"{SVG}title") is not None]


def test_each_phase_is_a_bar_in_the_colour_of_its_strictest_action() -> None:
    found = bars(picture())
    assert [one.get("fill") for one in found] == [
        FILLS[verdict][0] for verdict in (Verdict.OBSERVE, Verdict.FLAG, Verdict.BLOCK)
    ]
    edges = [(float(one.get("x", 0)), float(one.get("width", 0))) for one in found]
    assert edges[0][0] + edges[0][1] == pytest.approx(edges[1][0], abs=0.11)
    title = found[2].find(f"{SVG}title")
    assert title is not None
    assert title.text == "full from 2021-01-01T00:00:00-05:00: block update, store. no updates"


def test_dates_are_those_of_the_bans_own_zone_and_say_what_is_assumed() -> None:
    told = words(picture())
    assert {"2020-01-01 announced*", "2020-07-01 sales", "2021-01-01 full"} <= set(told)
    assert any("midnight is assumed" in one for one in told)


def test_now_the_legend_and_whose_it_is_are_told() -> None:
    told = words(picture())
    assert {"now, 2020-09-01T00:00:00Z", "For the site & all.", "observe", "flag", "block", "xx-steps"} <= set(told)


def test_what_never_blocks_has_a_dashed_edge() -> None:
    assert [one.get("stroke-dasharray") for one in bars(picture())] == [None] * 3
    found = bars(picture(steps=('status = "in-force"', 'status = "unconfirmed"')))
    assert [one.get("stroke-dasharray") for one in found] == ["3 2"] * 3


def test_nothing_lies_outside_and_dates_do_not_lie_on_each_other() -> None:
    root = picture('[site]\nsubjects = ["us-person", "agency"]\n')
    places: dict[str, list[tuple[float, float]]] = {}
    for one in root.iter(f"{SVG}text"):
        if (one.text or "").startswith("20") and one.get("font-size") == "10":
            x, y = float(one.get("x", 0)), one.get("y", "")
            places.setdefault(y, []).append((x, x + len(one.text or "") * 5.6))
            assert 0 <= x < places[y][-1][1] <= WIDTH
    for spans in places.values():
        ordered = sorted(spans)
        assert all(left[1] <= right[0] for left, right in pairwise(ordered))


def test_it_needs_nothing_else() -> None:
    policy = small()
    text = as_svg(timeline(policy, policy.site.groups[0], NOW), "")
    assert "href" not in text
    assert text.count("http") == 1, "the name space only"


def test_waivers_stand_in_it() -> None:
    site = WAIVER + 'services = ["update"]\n'
    told = "Waiver W-1 softens to flag, 2021-02-01T00:00:00Z until 2021-03-01T00:00:00Z (CHG-1, CISO)"
    assert told in words(picture(site))


def test_a_phase_that_ends_tells_when() -> None:
    told = words(picture('[site]\nsubjects = ["agency"]\n'))
    assert "2021-10-01 end" in told
