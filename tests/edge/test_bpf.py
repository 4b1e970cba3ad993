"""The system call; programs and maps are in test_edge_classifier.py and test_edge_openings.py."""

import os
import platform

import pytest
from classifier_fixtures import permitted

from enforcer.edge import bpf


def test_a_machine_whose_call_number_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "m68k")
    with pytest.raises(OSError, match="bpf on m68k"):
        bpf.load(bytes(8))


@pytest.mark.kernel
def test_a_program_runs_and_its_descriptor_is_not_inherited() -> None:
    two_and_out = bytes.fromhex("b700000002000000 9500000000000000".replace(" ", ""))
    with permitted():
        program = bpf.load(two_and_out)
    assert os.get_inheritable(program) is False
    assert bpf.run(program, bytes(20), 1)[0] == 2
    os.close(program)
