"""Case files: what they may say, and each fault with its place."""

import pytest
from policy_fixtures import SALES

from enforcer.model.errors import PolicyError
from enforcer.model.verdict import Profile, Verdict
from enforcer.policy.case_file import Case, CaseFile, read_cases

PLAIN = '[[case]]\nat = 2020-07-01T00:00:00-04:00\nname = "store.acme.example"\nverdict = "flag"\n'


def one(text: str) -> Case:
    (file,) = read_cases({"t.toml": text})
    return file.cases[0]


def faults(text: str) -> str:
    with pytest.raises(PolicyError) as refused:
        read_cases({"t.toml": text})
    return str(refused.value)


def test_a_plain_case_is_for_a_private_person_in_both_profiles() -> None:
    case = one(PLAIN)
    assert (case.at, case.offset, case.names, case.verdict) == (
        SALES,
        -4 * 3600,
        ("store.acme.example",),
        Verdict.FLAG,
    )
    assert case.whose is not None
    assert (case.whose.subjects, case.whose.profiles, case.whose.bans) == (("us-person",), tuple(Profile), ())
    assert (case.ban, case.phase, case.service, case.reason, case.would_block_from) == (None, None, None, "", None)


def test_a_case_overrides_the_defaults() -> None:
    defaults = '[defaults]\nsubjects = ["agency"]\nban = "xx-agency"\nprofile = "protective"\n'
    case = one(defaults + PLAIN)
    assert case.whose is not None
    assert (case.whose.subjects, case.ban, case.whose.profiles) == (("agency",), "xx-agency", (Profile.PROTECTIVE,))
    own = one(defaults + PLAIN + 'ban = ""\nprofile = "statutory"\n')
    assert own.whose is not None
    assert (own.ban, own.whose.profiles) == ("", (Profile.STATUTORY,))


def test_one_or_many_names_and_addresses() -> None:
    many = PLAIN.replace(
        'name = "store.acme.example"', 'names = ["a.example", "B.example."]\naddresses = ["192.0.2.1"]'
    )
    case = one(many + 'address = "2001:db8::1"\n')
    assert case.names == ("a.example", "b.example")
    assert [str(address) for address in case.addresses] == ["2001:db8::1", "192.0.2.1"]


def test_a_file_may_bring_its_own_site() -> None:
    site = '[[group]]\nname = "phones"\nsubnets = ["10.0.0.0/8"]\n'
    (file,) = read_cases({"t.toml": PLAIN + 'client = "10.1.2.3"\n' + site})
    assert isinstance(file, CaseFile)
    assert [group.name for group in file.site.groups] == ["", "phones"]
    assert (str(file.cases[0].client), file.cases[0].whose) == ("10.1.2.3", None)


def test_files_are_read_in_the_order_of_their_names() -> None:
    assert [file.file for file in read_cases({"b": PLAIN, "a": PLAIN})] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "t.toml: case: a case file has at least one `[[case]]`"),
        ("[[case]]\n", "case[0].at: is missing"),
        ("[[case]]\n", "case[0].verdict: is missing"),
        ("[[case]]\n", "case[0]: asks nothing: give `names` or `addresses`"),
        (PLAIN + 'verdikt = "x"\n', "case[0].verdikt: unknown key; did you mean 'verdict'?"),
        (PLAIN.replace('"flag"', '"flagg"'), "did you mean 'flag'?"),
        (PLAIN.replace("-04:00", ""), "this has no offset"),
        (PLAIN.replace("store.acme.example", "store..example"), "case[0].name: 'store..example' has an empty label"),
        (PLAIN + 'address = "1.2.3"\n', "case[0].address: '1.2.3' is no IPv4 or IPv6 address"),
        (PLAIN + 'client = "here"\n', "case[0].client: 'here' is no IPv4"),
        (PLAIN + 'service = "updates"\n', "did you mean 'update'?"),
        (PLAIN + 'profile = "strict"\n', "case[0].profile: 'strict' is none of statutory, protective"),
        ("[defaults]\nsubject = []\n" + PLAIN, "defaults.subject: unknown key"),
        ("[cases]\n" + PLAIN, "cases: unknown key; did you mean 'case'?"),
        ("[site]\nprofil = 1\n" + PLAIN, "site.profil: unknown key; did you mean 'profile'?"),
        (
            "[site]\n" + PLAIN + 'client = "10.1.2.3"\nsubjects = ["agency"]\n',
            "case[0].client: belongs to a group of the site of this file; leave out subjects",
        ),
        ("[[case]", "t.toml: line 1"),
    ],
)
def test_faults(text: str, why: str) -> None:
    assert why in faults(text)
