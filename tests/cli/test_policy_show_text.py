"""The tables as a person reads them."""

import click
from policy_verbs_fixtures import FILES, WAIVER, changed

from enforcer.cli.policy_show_text import tables, waiver
from enforcer.model.verdict import Profile
from enforcer.policy.day import day
from enforcer.policy.load import load
from enforcer.policy.site import Group

AT = 1604188800.0  # 2020-11-01T00:00:00Z: both bans in force
BOTH = '[site]\nsubjects = ["us-person", "agency"]\n'


def page(files: dict[str, str], site: str = "", at: float = AT, group: Group | None = None) -> list[str]:
    policy = load(files, site)
    whom = group or policy.site.groups[0]
    return [click.unstyle(line) for line in tables(day(policy, whom, at), whom, at)]


def test_a_table_then_what_is_to_be_said_of_each_ban() -> None:
    assert page(FILES, BOTH) == [
        "",
        "Acme (acme)",
        "  service       [1]    [2]     results in",
        "                use    full",
        "  update        block  block   block",
        "  store         block  flag    block",
        "  threat-intel  block  exempt  block",
        "",
        "What should carry a name and cannot be read",
        "  service  [1]      [2]      results in",
        "           use      full",
        "  (any)    observe  observe  observe",
        "",
        "[1] xx-agency, in-force",
        "    The agency ban",
        "    adopted: it is for agency. use-prohibited: binds the user: the product is not to be used.",
        "    required by 2 XX 2",
        "    > use from 2020-10-01T00:00:00-04:00, until 2021-11-15T00:00:00-05:00: no use",
        "    verified on 2026-06-30, through 2026-06-30",
        "",
        "[2] xx-steps, in-force",
        "    The ban in steps",
        "    adopted: it is for us-person. vendor-prohibited: binds the vendor, not the user of a network.",
        "    aligned with 1 XX 1; Doc 1",
        "      announced from 2020-01-01T00:00:00-05:00 (clock time assumed): nothing yet",
        "    > full from 2020-07-01T00:00:00-04:00: no updates",
        "    exempt: threat-intel (intelligence)",
        "    verified on 2026-06-30, through 2026-06-30",
    ]


def test_before_the_first_phase_it_tells_when_it_blocks_and_after_the_last_that_it_ended() -> None:
    before = page(FILES, at=0.0)
    assert "                (to come)" in before
    assert "  update        observe    observe, block from 2020-07-01T04:00:00Z" in before
    assert "                (ended)" in page(FILES, '[site]\nsubjects = ["agency"]\n', at=2e9)


def test_marks_our_choice_and_what_was_lowered() -> None:
    choice = page(FILES, group=Group(profile=Profile.PROTECTIVE))
    assert "  store         block°  block" in choice
    assert "  ° our choice by the protective profile; the text asks for less" in choice
    lowered = page(changed("steps.toml", 'status = "in-force"', 'status = "unconfirmed"'))
    assert "  update        flag!   flag" in lowered
    assert "  ! less than its file says, because the ban is unconfirmed" in lowered


def test_a_waiver_tells_who_why_what_and_until_when() -> None:
    (one,) = load(FILES, WAIVER + 'names = ["geo.acme.example"]\n').site.waivers
    assert list(waiver(one))[1:] == [
        "Waiver W-1 softens to flag from 2021-02-01T00:00:00Z until 2021-03-01T00:00:00Z",
        "    migration (CHG-1, approved by CISO); for services update; names geo.acme.example",
        "    it singles out names or addresses, so it is not in the table",
    ]
