"""Loading into the kernel; what the program says is in tests/plan/test_classifier.py."""

import os
import platform
from pathlib import Path

import pytest

from enforcer.edge import bpf
from enforcer.edge.bpf import Classifier
from enforcer.plan.classifier import name_keys

MANY = [f"name{number}.test" for number in range(5000)]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def permitted() -> None:
    try:
        with Classifier([]):
            pass
    except PermissionError:
        pytest.skip("the classifier needs CAP_BPF over the machine, which a user namespace does not give")


@pytest.mark.kernel
@pytest.mark.usefixtures("permitted")
def test_thousands_of_names_are_loaded_and_let_go() -> None:
    before = descriptors()
    with Classifier(name_keys(MANY) or ()) as classifier:
        assert descriptors() == before + 1  # the program holds its map
        assert os.get_inheritable(classifier.descriptor) is False
    assert descriptors() == before


@pytest.mark.kernel
@pytest.mark.usefixtures("permitted")
def test_a_program_that_the_kernel_refuses_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpf, "classifier", lambda _: bytes(8))
    before = descriptors()
    with pytest.raises(OSError, match=r"Invalid argument|Permission denied"):
        Classifier([])
    assert descriptors() == before


def test_a_machine_whose_call_number_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "m68k")
    with pytest.raises(OSError, match="bpf on m68k"):
        Classifier([])
