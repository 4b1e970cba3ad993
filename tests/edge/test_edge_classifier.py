"""Loading into the kernel; what the program says is in tests/plan/test_classifier*.py."""

import gc
from array import array
from pathlib import Path

import pytest
from classifier_fixtures import classifying, pages_of, remembering

from enforcer.edge import classifier
from enforcer.edge.classifier import Classifier
from enforcer.plan.classifier import Maps

pytestmark = pytest.mark.kernel
MANY = [f"name{number}.test" for number in range(5000)]


def descriptors() -> int:
    gc.collect()  # what tests before this one left is not ours
    return len(list(Path("/proc/self/fd").iterdir()))


def test_thousands_of_names_are_loaded_and_let_go() -> None:
    before = descriptors()
    with classifying(MANY):
        assert descriptors() == before + 1  # the program holds its maps
    assert descriptors() == before


def test_a_program_that_the_kernel_refuses_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with classifying():
        pass  # permitted, or skipped
    pages = pages_of(MANY)

    def broken(maps: Maps) -> bytes:
        del maps
        return bytes(8)

    monkeypatch.setattr(classifier, "classifier", broken)
    before = descriptors()
    with pytest.raises(OSError, match=r"Invalid argument|Permission denied"):
        Classifier(pages)
    assert descriptors() == before


def test_no_pages_are_no_classifier() -> None:
    with remembering(), pytest.raises(OSError, match="Invalid argument"):
        Classifier(array("Q"))
