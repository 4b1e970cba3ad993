"""Case files asked of a policy: what is as expected, and what is not."""

import pytest
from policy_fixtures import FULL, small

from enforcer.model.calendar import iso
from enforcer.model.errors import PolicyError
from enforcer.policy.case_file import read_cases
from enforcer.policy.cases import Answer, ask
from enforcer.policy.faults import MAX_FAULTS

STORE = '[[case]]\nat = 2020-07-01T00:00:00-04:00\nname = "store.acme.example"\n'


def answers(text: str, site: str = "") -> list[Answer]:
    return list(ask(small(site), read_cases({"t.toml": text})))


def told(text: str, site: str = "") -> list[list[tuple[str, str, str]]]:
    return [[(one.what, one.expected, one.got) for one in answer.differences] for answer in answers(text, site)]


def test_each_profile_is_asked() -> None:
    both = answers(STORE + 'verdict = "flag"\n')
    assert [(one.group.profile.value, one.asked, one.decision.verdict.word) for one in both] == [
        ("statutory", "store.acme.example", "flag"),
        ("protective", "store.acme.example", "block"),
    ]
    assert told(STORE + 'verdict = "flag"\n') == [[], [("verdict", "flag", "block")]]
    assert told(STORE + 'verdict = "block"\nprofile = "protective"\n') == [[]]


def test_every_expectation_is_compared_and_an_empty_one_means_none() -> None:
    wrong = STORE + (
        'profile = "statutory"\nverdict = "block"\nban = ""\nphase = "full"\nservice = "update"\n'
        'reason = "no such words"\nwould_block_from = 2021-01-02T00:00:00Z\n'
    )
    (found,) = told(wrong.replace('ban = ""', 'ban = "xx-agency"\nsubjects = ["us-person"]').replace("full", "use"))
    assert found[:5] == [
        ("verdict", "block", "flag"),
        ("ban", "xx-agency", "xx-steps"),
        ("phase", "use", "sales"),
        ("service", "update", "store"),
        ("would_block_from", "2021-01-02T00:00:00Z", iso(FULL)),
    ]
    assert found[5][0] == "reason"
    right = STORE + (
        'profile = "statutory"\nverdict = "flag"\nban = "xx-steps"\nphase = "sales"\nservice = "store"\n'
        'reason = "aligned with 1 XX 1"\nwould_block_from = 2021-01-01T00:00:00-05:00\n'
    )
    assert told(right) == [[]]
    assert told(right.replace('ban = "xx-steps"\nphase = "sales"', 'ban = ""\nphase = ""')) == [
        [("ban", "none", "xx-steps"), ("phase", "none", "sales")]
    ]


def test_who_and_which_bans_are_the_cases_own_whatever_our_site_says() -> None:
    agency = STORE.replace("07-01", "10-01") + 'subjects = ["agency", "us-person"]\nverdict = "block"\n'
    assert told(agency, '[site]\nprofile = "protective"\nsubjects = []\n') == [[], []]
    assert told(agency + 'bans = ["xx-steps"]\nprofile = "statutory"\n') == [[("verdict", "block", "flag")]]


def test_the_site_of_a_file_is_asked_by_client() -> None:
    site = '[[group]]\nname = "lab"\nsubnets = ["10.0.0.0/8"]\nsubjects = ["agency"]\n'
    waiver = (
        '[[waiver]]\nid = "W"\nreason = "r"\nticket = "t"\napprover = "a"\nclients = ["lab"]\nsoftens_to = "observe"\n'
        "starts = 2020-11-01T00:00:00Z\nends = 2020-12-01T00:00:00Z\n"
    )
    inside = 'client = "10.1.1.1"\nban = "xx-agency"\nphase = "use"\nverdict = "block"\n'
    before, waived, outside = (STORE.replace("07-01", day) for day in ("10-01", "11-15", "10-01"))
    text = before + inside + waived + inside.replace("block", "observe") + outside + 'verdict = "flag"\n'
    assert told(text + site + waiver) == [[], [], []]


def test_addresses_are_asked_as_addresses() -> None:
    (first, _) = answers('[[case]]\nat = 2021-01-01T00:00:00-05:00\naddress = "192.0.2.129"\nverdict = "block"\n')
    assert (first.asked, first.decision.pattern) == ("192.0.2.129", "192.0.2.128/25")


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ('ban = "xx-step"', "t.toml: case[0].ban: no ban 'xx-step' is loaded; did you mean 'xx-steps'?"),
        ('bans = ["xx-step"]', "case[0].bans: no ban 'xx-step' is loaded"),
        ('subjects = ["agencies"]', "case[0].subjects: no subject 'agencies' is loaded; did you mean 'agency'?"),
        (
            'ban = "xx-steps"\nphase = "sale"',
            "case[0].phase: no phase of xx-steps 'sale' is loaded; did you mean 'sales'?",
        ),
    ],
)
def test_what_nobody_has_loaded_is_a_fault_of_the_case(keys: str, why: str) -> None:
    with pytest.raises(PolicyError) as refused:
        answers(STORE + 'verdict = "flag"\n' + keys + "\n")
    assert why in str(refused.value)


def test_a_file_full_of_such_cases_is_soon_answered() -> None:
    """The nearest right spelling of each takes milliseconds."""
    case = '[[case]]\nat = 2021-01-01T00:00:00-05:00\nname = "a.example"\nverdict = "block"\nban = "xx-step"\n'
    with pytest.raises(PolicyError) as caught:
        answers(case * 10_000)
    assert len(caught.value.faults) == MAX_FAULTS
