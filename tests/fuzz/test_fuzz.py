"""A short run of the fuzzer, and proof that it sees what it looks for."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from fuzz_decoders import ALL, fuzz, main
from fuzz_targets import Target

from enforcer.decode.dns_name import plain_name
from enforcer.model.errors import DecodeError


@pytest.mark.parametrize("name", ALL)
def test_honest_inputs_are_mostly_accepted(name: str) -> None:
    target = ALL[name]
    accepted = 0
    corpus = target.corpus()
    for data in corpus:
        try:
            target.run(data)
        except DecodeError:
            continue
        accepted += 1
    assert accepted >= len(corpus) / 2


@pytest.mark.parametrize("name", ALL)
def test_a_short_run_finds_nothing(name: str) -> None:
    run = fuzz(ALL[name], Random(name), count=1500)
    assert run.fault == ""
    assert run.inputs == 1500
    assert len(run.outcomes) > 1


def escapes(data: bytes) -> int:
    if not data:
        raise DecodeError("empty", 0)
    return data[0] // (data[0] - 7)


def toils(data: bytes) -> None:
    for _ in range(100):
        plain_name.__wrapped__(data)


def test_an_escape_is_a_fault_with_its_input() -> None:
    run = fuzz(Target(escapes, lambda: [b"\7a", b"\6a"], 100), Random(1), count=5000)
    assert "ZeroDivisionError" in run.fault
    assert "\ninput: 07" in run.fault
    assert run.inputs < 5000


def test_too_much_work_is_a_fault() -> None:
    run = fuzz(Target(toils, lambda: [b"\1a"], 100), Random(1), count=10)
    assert "00 lines run, 100 allowed\ninput: " in run.fault
    assert run.most_lines > 100


GROWING = """
from random import Random
from fuzz_decoders import MOST_GROWTH, fuzz
from fuzz_targets import Target
kept = []
target = Target(lambda data: kept.append(bytes([len(data) % 256]) * (1 << 20)), lambda: [b"\\7a"], 100)
print(fuzz(target, Random(1), count=2 * MOST_GROWTH).fault)
"""


def test_memory_that_grows_is_a_fault() -> None:
    """In a process of its own: where much was freed before, what is kept now is no growth."""
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent), str(here.parent / "decode"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", GROWING],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout.startswith("memory grew by "), done.stderr


def test_the_program_runs_by_seconds_and_says_its_seed() -> None:
    program = Path(__file__).with_name("fuzz_decoders.py")
    done = subprocess.run(
        [sys.executable, program, "--seconds", "0.2", "--decoder", "packet", "--seed", "5"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("seed 5\npacket ")


def test_a_seed_repeats_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    def rows() -> list[list[str]]:
        main(["--count", "50", "--seed", "3", "--decoder", "http_head"])
        return [line.split("accepted")[1:] for line in capsys.readouterr().out.splitlines()]

    assert rows() == rows()
