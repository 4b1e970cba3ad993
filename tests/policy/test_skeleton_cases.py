"""The skeleton of a case file asks everything that coverage asks for."""

import re

from policy_fixtures import small

from enforcer.policy.case_coverage import coverage
from enforcer.policy.case_file import read_cases
from enforcer.policy.cases import ask
from enforcer.policy.compiled import Policy
from enforcer.policy.skeleton import MARK
from enforcer.policy.skeleton_cases import cases_skeleton


def filled(policy: Policy, index: int) -> str:
    return re.sub(
        rf"^{MARK}verdict =$", 'verdict = "observe"', cases_skeleton(policy, policy.bans[index]), flags=re.MULTILINE
    )


def test_filled_it_leaves_no_hole() -> None:
    policy = small()
    for index, ban in enumerate(policy.bans):
        text = "\n".join(line for line in filled(policy, index).splitlines() if not line.startswith(MARK))
        answers = list(ask(policy, read_cases({"t.toml": text})))
        assert coverage(policy.vendors, [ban], answers).holes == ()


def test_both_sides_of_each_boundary_in_the_offset_of_the_file() -> None:
    policy = small()
    text = cases_skeleton(policy, policy.bans[1])
    assert re.findall(r"^at = (.+)$", text, re.MULTILINE) == [
        "2019-12-31T23:59:59-05:00",
        "2020-01-01T00:00:00-05:00",
        "2020-06-30T23:59:59-04:00",
        "2020-07-01T00:00:00-04:00",
        "2020-12-31T23:59:59-05:00",
        "2021-01-01T00:00:00-05:00",
    ]


def test_a_name_for_each_service_and_an_address_where_there_is_no_name() -> None:
    policy = small(acme=('service = "other"\ndomains', 'service = "vpn"\ndomains'))
    text = cases_skeleton(policy, policy.bans[1])
    assert '    "s1.upd.acme.example", # update of acme' in text
    assert '    "acme.example", # vpn of acme' in text
    assert '    "192.0.2.0", # other of acme' in text


def test_nothing_loads_before_it_is_answered() -> None:
    policy = small()
    assert f"\n{MARK}verdict =\n" in cases_skeleton(policy, policy.bans[0])
