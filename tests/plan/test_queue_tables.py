"""The queue tables, as nft lists them when the kernel has taken them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from namespace_fixtures import apart, nft

from enforcer.edge import tables
from enforcer.model.settings import Settings
from enforcer.plan.nf_tables import acknowledged
from enforcer.plan.queue_tables import QueueTarget, from_words, installation, queue_target, trial

ONE = queue_target(Settings())
THREE = queue_target(Settings(queue=7, inspectors=3, fail="closed", mark_mask=0xFF00))


def test_the_target_follows_the_settings() -> None:
    assert QueueTarget(mask=0xFFF00000, first=4010, last=4010, bypass=True) == ONE
    assert QueueTarget(mask=0xFF00, first=7, last=9, bypass=False) == THREE


@given(
    st.builds(
        QueueTarget,
        mask=st.integers(0, 0xFFFFFFFF),
        first=st.integers(0, 65535),
        last=st.integers(0, 65535),
        bypass=st.booleans(),
    )
)
def test_the_words_can_be_read_back(target: QueueTarget) -> None:
    assert from_words(target.words) == target


@given(st.text())
def test_other_words_are_not_ours(words: str) -> None:
    assert from_words(words) is None or words.startswith("mark 0x")


def test_a_trial_has_the_same_tables_without_their_removal() -> None:
    assert acknowledged(installation(ONE)) == acknowledged(trial(ONE)) + 4


def listed(target: QueueTarget) -> str:
    def made() -> str:
        tables.tell(installation(target))
        tables.tell(installation(target))  # in place of itself
        return nft("-s", "list", "ruleset")

    return apart(made)


@pytest.mark.kernel
def test_nft_reads_the_target_as_its_own_statement() -> None:
    """nft translates the xtables target when it lists it: its word for word on what we wrote in bytes."""
    listing = listed(ONE)
    assert [line for line in listing.splitlines() if line.startswith("table")] == [
        "table ip enforcer_queue {",
        "table ip6 enforcer_queue {",
    ]
    assert listing.count("meta mark 0x00200000/12 queue num 4010 bypass") == 8
    for place in (
        "prerouting priority mangle - 2",
        "output priority mangle - 2",
        "forward priority -11",
        "input priority -11",
    ):
        assert listing.count(f"type filter hook {place}; policy accept;") == 2, place
    assert listing.count(f'comment "{ONE.words}"') == 2


@pytest.mark.kernel
def test_a_range_of_queues_without_bypass() -> None:
    listing = listed(THREE)
    assert listing.count("meta mark & 0x0000ff00 == 0x00000200 queue num 7-9\n") == 8
    assert "bypass" not in listing
