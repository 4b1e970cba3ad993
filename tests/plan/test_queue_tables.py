"""The queue tables, as nft lists them when the kernel has taken them."""

import json
from pathlib import Path
from typing import Any

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


def listed(target: QueueTarget) -> tuple[list[dict[str, Any]], str]:
    """What the kernel holds then, as JSON and in words."""

    def made() -> tuple[list[dict[str, Any]], str]:
        tables.tell(installation(target))
        tables.tell(installation(target))  # in place of itself
        return json.loads(nft("-j", "list", "ruleset"))["nftables"], nft("-s", "list", "ruleset")

    return apart(made)


@pytest.mark.kernel
def test_the_kernel_holds_two_tables_with_the_target_behind_each_classifier() -> None:
    items, words = listed(ONE)
    tables_ = [(item["table"]["family"], item["table"]["name"]) for item in items if "table" in item]
    assert tables_ == [("ip", "enforcer_queue"), ("ip6", "enforcer_queue")]
    places = [(item["chain"]["hook"], item["chain"]["prio"]) for item in items if "chain" in item]
    assert sorted(places) == sorted([("prerouting", -153), ("output", -153), ("forward", -12), ("input", -12)] * 2)
    rules = [item["rule"]["expr"] for item in items if "rule" in item]
    assert [rule[-1] for rule in rules] == [{"accept": None}, {"xt": {"type": "target", "name": "NFQUEUE"}}] * 8
    assert words.count(f'comment "{ONE.words}"') == 2


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("target", "line"),
    [
        (ONE, 'meta mark & 0xff700000 == 0x00200000 counter name "handed_to_inspectors" queue num 4010 bypass'),
        (THREE, 'meta mark & 0x0000f700 == 0x00000200 counter name "handed_to_inspectors" queue num 7-9'),
    ],
)
def test_nft_reads_the_target_as_its_own_statement(target: QueueTarget, line: str) -> None:
    """With the library of xtables nft translates the target when it lists it: its word on what we wrote in bytes."""
    words = listed(target)[1]
    translated = list(Path("/usr/lib").glob("*/xtables/libxt_NFQUEUE.so"))  # Debian: in the package iptables
    assert words.count(line + "\n") == (8 if translated else 0)


@pytest.mark.kernel
@pytest.mark.parametrize("stand", [False, True])
def test_from_an_instant_on_nothing_is_queued(stand: bool) -> None:
    """The rule before the one that queues, as nft reads it: in the time zone of who looks, hence in JSON."""

    def made() -> list[dict[str, Any]]:
        tables.tell(installation(ONE))
        tables.tell(installation(ONE, stand=stand, until=1727582400))
        return list(json.loads(nft("-j", "list", "ruleset"))["nftables"])

    rules = [item["rule"]["expr"] for item in apart(made) if "rule" in item]
    passes = [rule for rule in rules if "time" in json.dumps(rule)]
    assert len(rules) == 3 * len(passes) == 24
    for mark, time, verdict in passes:
        assert (mark, verdict) == (rules[2][0], {"accept": None})
        assert time["match"]["op"] == ">="
        assert time["match"]["left"] == {"meta": {"key": "time"}}
