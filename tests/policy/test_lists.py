"""Which lists are read, within which bounds; the policy matches by them; one that is empty or lost half is refused."""

import re
from pathlib import Path

import pytest
from list_fixtures import faults_with, in_chunks, lists_of, with_lists
from policy_fixtures import FULL, ask

from enforcer.model.errors import EdgeError
from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict
from enforcer.policy import lists, patterns
from enforcer.policy.list_file import ListFile
from enforcer.policy.lists import Lists
from enforcer.policy.load import load

TEXTS = {"lists/a.txt": "one.example\ntwo.example\nthree.example\nfour.example\n", "lists/deep/b.txt": "five.example\n"}
DOMAINS = 'domains_list = "lists/a.txt"'
BOTH = f'names_list = "lists/deep/b.txt"\n{DOMAINS}'


@pytest.mark.parametrize("small", [0, 20_000])
def test_a_list_is_matched_like_what_is_written_in_the_file(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SMALL", small)
    policy = with_lists(lists_of(TEXTS), BOTH)
    assert policy.patterns.listed == {"lists/a.txt": 4, "lists/deep/b.txt": 1}
    verdicts = {name: ask(policy, name, FULL).verdict for name in ("x.two.example", "five.example", "x.five.example")}
    assert verdicts == {
        "x.two.example": Verdict.BLOCK,
        "five.example": Verdict.BLOCK,
        "x.five.example": Verdict.ALLOW,
    }
    decision = ask(policy, "x.two.example", FULL)
    assert (decision.pattern, decision.service, decision.ban) == ("two.example", "update", "xx-steps")
    assert ask(policy, "s1.upd.acme.example", FULL).pattern == "s1.upd.acme.example"


def test_a_trap_may_be_a_list_too() -> None:
    keys = '[[trap]]\nkind = "shared"\nreason = "r"\nconfidence = "high"\nsources = ["book"]\n' + DOMAINS
    policy = with_lists(lists_of(TEXTS), f'names = ["x.example"]\n{keys}')
    assert (ask(policy, "a.one.example", FULL).trap or "").startswith("shared")


def test_the_revision_covers_the_lists_that_are_named_and_no_others() -> None:
    of = {
        (text, more): with_lists(lists_of({"lists/a.txt": text, "lists/x.txt": more}), DOMAINS).revision
        for text in ("a.b\n", "a.b\n# new\n")
        for more in ("", "c.d\n")
    }
    assert len(set(of.values())) == 2
    assert of["a.b\n", ""] == of["a.b\n", "c.d\n"]


FAULTS = {
    "no such file": (
        'names_list = "lists/x.txt"',
        "acme.toml: hosts[5].names_list: cannot read lists/x.txt: No such file or directory; see that it exists",
    ),
    "an empty path": (
        'names_list = ""',
        "hosts[5].names_list: must not be empty",
    ),
    "no string": ("names_list = 1", "hosts[5].names_list: wanted a string, this is a whole number"),
    "out of the set": ('names_list = "lists/../../etc/passwd.txt"', "is no path of a list"),
    "absolute": ('names_list = "/lists/a.txt"', "is no path of a list"),
    "elsewhere": ('names_list = "vendors/a.txt"', "is no path of a list"),
    "named twice": (f'names_list = "lists/a.txt"\n{DOMAINS}', "'lists/a.txt' is named twice"),
    "claimed twice": (
        f'domains = ["two.example"]\n{DOMAINS}',
        "lists/a.txt: 'two.example' stands at vendors/acme.toml:",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults(case: str) -> None:
    keys, want = FAULTS[case]
    (told,) = faults_with(lists_of(TEXTS), keys)
    assert want in told


def test_the_faults_of_lists_come_with_all_others() -> None:
    texts = {"lists/a.txt": "a.b\n*.c.d\n", "lists/deep/b.txt": "E.f\n"}
    told = faults_with(lists_of(texts), f"{BOTH}\nname = 1")
    assert [line.split(": ")[:2] for line in told] == [
        ["lists/deep/b.txt", "line 1"],
        ["lists/a.txt", "line 2"],
        ["vendors/acme.toml", "hosts[5].name"],
    ]


def test_a_file_that_cannot_be_read_to_its_end_is_a_fault() -> None:
    def chunks() -> object:
        yield b"a.b\n"
        raise EdgeError("cannot read it: Input/output error", cure="mend the disk")

    broken = Lists(open=lambda _: ListFile(100, chunks()))  # type: ignore[arg-type]
    (told,) = faults_with(broken, DOMAINS)
    assert told.endswith("cannot read it: Input/output error; mend the disk")


def test_whoever_gives_no_lists_is_told() -> None:
    (told,) = faults_with(Lists(), DOMAINS)
    assert "lists/a.txt is not in this set; make the bundle anew, from a folder that has the list" in told


BOUNDS = {"MAX_LISTS": (1, "is one of more than 1 lists"), "MAX_BYTES": (5, "bytes, 5 are"), "MAX_LISTED": (4, "5 pat")}


@pytest.mark.parametrize("bound", BOUNDS)
def test_bounds(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most, want = BOUNDS[bound]
    assert faults_with(lists_of(TEXTS), BOTH) == []
    monkeypatch.setattr(lists, bound, most)
    assert any(want in told for told in faults_with(lists_of(TEXTS), BOTH))


SHRUNK = {
    "as large": (4, []),
    "larger": (1, []),
    "new": (None, []),
    "a little smaller": (7, []),
    "half is left": (
        8,
        ["lists/a.txt: has 4 patterns, and 8 are in force: it has lost half or more; if that is meant, "],
    ),
    "nearly nothing is left": (1_000_000, ["lists/a.txt: has 4 patterns, and 1,000,000 are in force"]),
}


@pytest.mark.parametrize("case", SHRUNK)
def test_a_list_that_lost_half_is_refused(case: str) -> None:
    before, want = SHRUNK[case]
    sizes = {} if before is None else {"lists/a.txt": before}
    told = faults_with(lists_of(TEXTS, sizes), DOMAINS)
    assert len(told) == len(want)
    assert all(start in line for start, line in zip(want, told, strict=True))
    assert faults_with(lists_of(TEXTS, sizes, allow_shrink=True), DOMAINS) == []


def test_an_empty_list_is_refused_even_the_first_time() -> None:
    texts = {"lists/a.txt": "# nothing today\n"}
    (told,) = faults_with(lists_of(texts), DOMAINS)
    assert told == (
        "lists/a.txt: is empty; if that is meant, set `allow_shrink = true` under `[policy]` in the site file"
    )
    policy = with_lists(lists_of(texts, allow_shrink=True), DOMAINS)
    assert policy.patterns.listed == {}


def test_a_set_without_lists_reads_none() -> None:
    def opened(_: str) -> ListFile:
        raise AssertionError("nobody asked for it")

    load({}, lists=Lists(open=opened))
    assert in_chunks(b"ab", 1) == ListFile(2, [b"a", b"b"])


def test_the_example_of_the_page_loads() -> None:
    page = (Path(__file__).parents[2] / "docs/policy.md").read_text(encoding="utf-8")
    (vendor,) = re.findall(r"^`vendors/acme.toml`:\n\n```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (table,) = re.findall(r"^```toml\n(\[\[hosts\]\]\n[^`]*domains_list.*?)^```", page, re.MULTILINE | re.DOTALL)
    (text,) = re.findall(r"^```\n(# lists/acme-resellers.txt.*?)^```", page, re.MULTILINE | re.DOTALL)
    policy = load({"vendors/acme.toml": vendor + table}, lists=lists_of({"lists/acme-resellers.txt": text}))
    match = policy.match(HostName("www.acme-partner.example"))
    assert match is not None
    assert (match.pattern, match.topic and match.topic.service) == ("acme-partner.example", "other")
