"""Batches: every step is acknowledged, and the kernel takes them as nft would write them."""

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import tables
from enforcer.plan.netlink import messages, number
from enforcer.plan.nf_tables import (
    INET,
    IPV4,
    Step,
    acknowledged,
    base_chain,
    batch,
    expression,
    new_table,
    rule,
    without,
)

STEPS = [
    new_table(IPV4, "try", "a comment"),
    base_chain(IPV4, "try", "c", 2, -11),
    rule(IPV4, "try", "c", [expression("counter")]),
]


def test_steps_count_from_one_between_begin_and_end() -> None:
    assert [one.sequence for one in messages(batch(STEPS))] == [0, 1, 2, 3, 4]
    assert [one.sequence for one in messages(batch(STEPS, commit=False))] == [0, 1, 2, 3]
    assert acknowledged(batch(STEPS)) == acknowledged(batch(STEPS, commit=False)) == 3


@pytest.mark.kernel
def test_the_kernel_makes_what_nft_lists() -> None:
    def made() -> tuple[str, str | None]:
        tables.tell(batch(STEPS))
        return nft("-s", "list", "ruleset"), tables.comment(IPV4, "try")

    listing, comment = apart(made)
    assert "table ip try {" in listing
    assert 'comment "a comment"' in listing
    assert "type filter hook forward priority -11; policy accept;" in listing
    assert "\t\tcounter\n" in listing
    assert comment == "a comment"


@pytest.mark.kernel
def test_without_commit_nothing_is_done() -> None:
    def tried() -> str:
        tables.tell(batch(STEPS, commit=False))
        return nft("list", "ruleset")

    assert apart(tried) == ""


@pytest.mark.kernel
def test_one_bad_step_undoes_the_batch() -> None:
    def tried() -> tuple[str, str]:
        bad = Step(10 << 8 | 6, 0x400, IPV4, number(99, 1))
        try:
            tables.tell(batch([*STEPS, bad]))
        except Exception as error:  # noqa: BLE001 (told to the parent)
            return nft("list", "ruleset"), type(error).__name__
        return "", ""

    assert apart(tried) == ("", "EdgeError")


@pytest.mark.kernel
@pytest.mark.parametrize("before", ["", "table inet gone {\n chain c {\n counter\n }\n}\n"])
def test_a_table_is_gone_whether_or_not_it_was_there(before: str) -> None:
    def tried() -> str:
        nft("-f", "-", text=before)
        tables.tell(batch(without(INET, "gone")))
        return nft("list", "ruleset")

    assert apart(tried) == ""
