"""Loading: all faults of all files at once, or a policy with a revision over its content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_fixtures import ACME, FILES, STEPS, changed, faults, faults_of, small

from enforcer.model.errors import PolicyError
from enforcer.policy.load import MAX_FILE, MAX_FILES, load, revision


def test_all_faults_of_all_files_are_told_at_once() -> None:
    files = changed(
        acme=('service = "store"', 'service = "stoer"'),
        steps=("starts = 2020-07-01T00:00:00-04:00", "starts = 2020-07-01T00:00:00"),
        agency=('wording = "required by"', 'wording = "demanded by"'),
    )
    places = {line.split(": ")[0] + ": " + line.split(": ")[1] for line in faults_of(files, '[site]\nprofil = "x"')}
    assert places == {
        "vendors/acme.toml: hosts[2].service",
        "xx/steps.toml: phase[1].starts",
        "xx/agency.toml: wording",
        "enforcer.toml: site.profil",
    }


def test_a_file_that_is_no_toml_is_told_with_the_line() -> None:
    assert faults(steps=('title = "', "title = ")) == ["xx/steps.toml: line 3, column 9: Invalid value"]


def test_a_day_that_does_not_exist_is_told_with_the_line() -> None:
    told = faults(steps=("2020-07-01T", "2020-02-30T"))
    assert len(told) == 1
    assert told[0].startswith("xx/steps.toml: line 29, column ")


def test_an_unreadable_file_draws_no_faults_from_those_that_refer_to_it() -> None:
    assert faults(acme=("[sources]", "[sources")) == [
        "vendors/acme.toml: line 5, column 9: Expected ']' at the end of a table declaration"
    ]


HOSTILE = {
    "deep": ("x = " + "[" * 100_000, ["a.toml: is nested too deeply"]),
    "long number": ("x = " + "9" * 5000, ["a.toml: has a number of more than 4300 digits"]),
    "key of many parts": (
        "x = 1\n" + "a." * 300_000 + "a = 1",
        ["a.toml: line 2, column 1: a key has more than 128 parts"],
    ),
    "not UTF-8": ('# fine\nx = "\udcff"', ["a.toml: line 2: is not UTF-8 text"]),
    "byte order mark": (
        "\ufeffx = 1",
        ["a.toml: line 1, column 1: begins with a byte order mark; save it as UTF-8 without one"],
    ),
    "large": ("#" * (MAX_FILE + 1), [f"a.toml: has {MAX_FILE + 1} characters, {MAX_FILE} are allowed"]),
}


@pytest.mark.parametrize(("text", "told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_told(text: str, told: list[str]) -> None:
    assert faults_of({"a.toml": text}) == told


def test_a_file_full_of_faults_is_soon_answered() -> None:
    text = STEPS + "\n".join(f"key{n} = {n}" for n in range(50_000))
    assert len(faults_of({**FILES, "xx/steps.toml": text})) == 201


def test_too_many_files_are_refused() -> None:
    assert faults_of(dict.fromkeys(map(str, range(MAX_FILES + 1)), "")) == [": 2001 policy files, 2000 are allowed"]


def test_a_file_whose_name_is_no_text_is_told() -> None:
    """As a folder's listing gives it: its bytes are no UTF-8."""
    told = ["us/\\udcff.toml: has a name that is not UTF-8; rename it"]
    assert faults_of({**FILES, "us/\udcff.toml": STEPS}) == told
    with pytest.raises(PolicyError) as caught:
        load(FILES, bypass={"bypass/\udcff.toml": ""})
    assert str(caught.value) == "bypass/\\udcff.toml: has a name that is not UTF-8; rename it"


def test_the_site_file_is_told_by_its_name() -> None:
    with pytest.raises(PolicyError) as caught:
        load(FILES, "x = 1", site_name="/etc/enforcer/enforcer.toml")
    assert str(caught.value) == "/etc/enforcer/enforcer.toml: x: unknown key"


def test_more_lanes_than_the_mask_holds_are_refused() -> None:
    groups = "".join(f'[[group]]\nname = "g{n}"\ninterfaces = ["eth{n}"]\n' for n in range(5))
    told = faults("[datapath]\nmark_mask = 0x1f\n" + groups)
    assert told == [
        "enforcer.toml: datapath.mark_mask: 24 lanes (vendor services times groups), 8 fit; "
        "widen the mask or use fewer groups"
    ]


def test_no_files_make_an_empty_policy() -> None:
    policy = load({})
    assert (policy.bans, policy.vendors, policy.lanes, policy.boundaries) == ((), (), (), ())


def test_the_revision_is_of_the_content() -> None:
    backwards = dict(reversed(FILES.items()))
    assert load(backwards).revision == small().revision == revision(FILES, "")
    assert len(small().revision) == 16


def test_every_change_gives_another_revision() -> None:
    versions = [
        revision(FILES, ""),
        revision(FILES, "#"),
        revision({**FILES, "vendors/acme.toml": ACME + "#"}, ""),
        revision({**FILES, "xx/none.toml": ""}, ""),
        revision({"a": "b", "c": ""}, ""),
        revision({"a": "", "bc": ""}, ""),
        revision({"ab": "", "c": ""}, ""),
    ]
    assert len(set(versions)) == len(versions)


LINES = st.sampled_from((ACME + STEPS + '[[waiver]]\n[site]\n[[group]]\nname = "x"').splitlines())


@given(lines=st.lists(LINES, max_size=30), site=st.lists(LINES, max_size=10))
def test_only_policy_errors_escape(lines: list[str], site: list[str]) -> None:
    text = "\n".join(lines)
    faults_of({"vendors/acme.toml": text, "x.toml": text}, "\n".join(site))
