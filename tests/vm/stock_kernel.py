"""Run in the emulated machine only (tests/vm/run.sh): a kernel of the kind that we mean, with nft's own queue."""

import subprocess
import time

from namespace_fixtures import apart

from enforcer.edge import kernel
from enforcer.model.settings import Settings
from enforcer.plan.ruleset import ruleset


def test_nft_queue_is_there_and_taken_instead_of_the_target_of_xtables() -> None:
    found = apart(kernel.probe)
    assert found.queue_expression


def test_options_can_be_taken_out() -> None:
    assert apart(kernel.probe).multipath


def installed(*, classifier: bool) -> str:
    found = kernel.probe()
    here = kernel.Kernel(
        native_queue=not classifier, nft_version=found.nft_version, queue_expression=True, classifier=classifier
    )
    settings = Settings(check_senders=("lan0",))
    text = ruleset([], settings, shift=0.0, native_queue=here.native_queue, generation="vm")
    kernel.install(here, text, settings, ["update.example"])
    told = subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True, text=True).stdout
    kernel.uninstall()
    left = subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True, text=True).stdout
    return told if not left else f"left behind: {left}"


def test_the_table_queues_by_itself() -> None:
    told = apart(lambda: installed(classifier=False))
    assert told.count("queue flags bypass to 4010") == 4
    assert 'iifname "lan0" fib saddr . iif oif missing' in told
    assert "enforcer_queue" not in told


def test_behind_the_classifier_the_queue_tables_do_with_nfts_queue() -> None:
    told = apart(lambda: installed(classifier=True))
    assert "table ip enforcer_queue" in told
    assert told.count("queue flags bypass to 4010") == 8
    assert "NFQUEUE" not in told


def test_the_verifier_takes_both_programs_of_the_classifier() -> None:
    found = kernel.with_openings(kernel.probe(), time.monotonic)
    assert found.classifier
    assert found.openings is not None, "the one for TLS"
    found.openings.close()
    assert not found.burden
