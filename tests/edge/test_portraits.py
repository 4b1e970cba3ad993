"""What stands in the kernel, read back: the same for the same text, another for any change, whatever traffic does."""

import time

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import kernel, portraits
from enforcer.model.calendar import Interval, Lane
from enforcer.model.settings import Settings
from enforcer.plan.portrait import differences
from enforcer.plan.ruleset import ruleset

pytestmark = pytest.mark.kernel

LANES = [Lane(key=f"vendor/service@{number}", blocked=(Interval(1.0),)) for number in range(50)]


def put(found: kernel.Kernel, generation: str = "one") -> None:
    settings = Settings()
    text = ruleset(LANES, settings, shift=0, native_queue=found.native_queue, generation=generation)
    kernel.install(found, text, settings, ["a.test"])


def test_the_same_rules_make_the_same_portrait_and_soon() -> None:
    def work() -> tuple[list[str], float, list[str]]:
        found = kernel.probe()
        put(found)
        first, _ = portraits.taken(kernel.OURS)
        put(found)
        before = time.process_time()  # the kernel makes its answer in our time, whatever else the machine does
        second, _ = portraits.taken(kernel.OURS)
        took = time.process_time() - before
        put(found, "two")
        return differences(first, second), took, sorted(differences(first, portraits.taken(kernel.OURS)[0]))

    same, took, other = apart(work)
    assert same == []
    assert took < 0.5
    assert other == ["chain generation_one in inet enforcer is gone", "chain generation_two in inet enforcer was added"]


def test_nothing_there_is_an_empty_portrait() -> None:
    assert apart(lambda: portraits.taken(kernel.OURS)) == ({}, [])


def test_elements_are_told_whatever_their_order() -> None:
    def work() -> object:
        portrayed = []
        for elements in ("192.0.2.1, 192.0.2.2", "192.0.2.2, 192.0.2.1", "192.0.2.3"):
            nft("flush", "ruleset")
            nft(f"add table inet enforcer; add set inet enforcer s {{ type ipv4_addr; elements = {{ {elements} }}; }}")
            portrayed.append(portraits.taken(kernel.OURS)[0])
        return portrayed[0] == portrayed[1], portrayed[0] == portrayed[2]

    assert apart(work) == (True, False)
