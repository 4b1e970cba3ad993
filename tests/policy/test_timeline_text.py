"""A timeline in 80 columns."""

from policy_fixtures import WAIVER, at, small

from enforcer.policy.timeline import timeline
from enforcer.policy.timeline_text import WIDTH, as_text

NOW = at("2020-09-01T00:00:00Z")


def page(site: str = "", *, ascii_only: bool = False) -> list[str]:
    policy = small(site)
    line = timeline(
        policy, policy.site.groups[0], NOW, since=at("2019-10-01T00:00:00Z"), until=at("2021-07-01T00:00:00Z")
    )
    return list(as_text(line, ascii_only=ascii_only))


def test_the_picture() -> None:
    assert page() == [
        "                                           ▼ now, 2020-09-01T00:00:00Z",
        "  |2019-10   |2020-01   |2020-04   |2020-07   |2020-10   |2021-01   |2021-04",
        "",
        "xx-steps (us-person; in-force)",
        "             │░░░░░ announced ░░░░░│▒▒▒▒▒▒▒ sales ▒▒▒▒▒▒▒│████████ full ████████",
        "  2020-01-01T00:00:00-05:00 announced until 2020-07-01: observe",
        "  2020-07-01T00:00:00-04:00 sales until 2021-01-01: flag store",
        "  2021-01-01T00:00:00-05:00 full: block update, store",
        "",
        "░░░ observe, ▒▒▒ flag, ███ block: the strictest that a phase does to any",
        "service. The axis is in UTC.",
    ]


def test_ascii_is_ascii_and_draws_the_same() -> None:
    lines = page(ascii_only=True)
    assert all(line.isascii() for line in lines)
    assert lines[4] == "             |..... announced .....|======= sales =======|######## full ########"


LONG = '[site]\nsubjects = ["us-person", "agency"]\n'


def test_no_line_is_wider_than_a_terminal() -> None:
    assert max(len(line) for line in page(LONG)) <= WIDTH


def test_a_phase_shorter_than_a_column_is_still_seen() -> None:
    ends = "starts = 2020-07-01T00:00:00-04:00\nends = 2020-07-01T12:00:00-04:00"
    policy = small(steps=("starts = 2020-07-01T00:00:00-04:00", ends))
    line = timeline(policy, policy.site.groups[0], NOW, since=0.0, until=at("2030-01-01T00:00:00Z"))
    assert "││││" not in "".join(as_text(line))
    bar = list(as_text(line))[4]
    assert bar.count("│") == 3
    assert "until 2020-07-01 12:00-04:00" in "\n".join(as_text(line))


def test_now_at_the_right_edge_has_its_label_on_the_left() -> None:
    policy = small()
    line = timeline(policy, policy.site.groups[0], NOW, since=0.0, until=NOW + 1)
    assert next(as_text(line)).endswith("now, 2020-09-01T00:00:00Z ▼")
    assert len(next(as_text(line))) == WIDTH


def test_now_outside_the_period_is_not_marked() -> None:
    policy = small()
    line = timeline(policy, policy.site.groups[0], NOW, since=NOW + 1, until=NOW + 86400)
    assert "now" not in "\n".join(as_text(line))
    assert "  no phase in this period" not in as_text(line)


def test_waivers_stand_below() -> None:
    lines = page(WAIVER + 'services = ["update"]\n')
    assert "waiver W-1 softens to flag" in lines
    assert "  2021-02-01T00:00:00Z until 2021-03-01T00:00:00Z: CHG-1, CISO" in lines


def test_labels_of_the_axis_do_not_run_into_each_other() -> None:
    policy = small()
    line = timeline(policy, policy.site.groups[0], NOW, since=NOW - 86_400, until=NOW + 86_400)
    axis = list(as_text(line))[1]
    assert axis.split() == ["|08-31", "00:00", "|08-31", "12:00", "|09-01", "00:00", "|09-01", "12:00"]
