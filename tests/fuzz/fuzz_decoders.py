"""Whatever bytes come, a decoder returns or raises DecodeError, and runs a bounded number of lines; nothing else.

    tests/fuzz/fuzz_decoders.py [--seconds N | --count N] [--decoder NAME]... [--seed N]

Mutates honest inputs. An input with an outcome not seen before (a refusal in other words) joins them, so that the
search goes deeper without instrumentation. Prints what each decoder did; on a fault the input, and exits with 1.
"""

import argparse
import re
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from fuzz_file_targets import FILE_TARGETS
from fuzz_targets import TARGETS, Target

from enforcer.model.errors import DecodeError

ALL = {**TARGETS, **FILE_TARGETS}
MAX_CORPUS = 400
MAX_INPUT = 65_535
"""Bytes: the largest message of any of these protocols that one packet or one DNS message can hold."""
MOST_GROWTH = 64
"""MiB that a decoder may add to the process's peak after its first tenth of inputs: memory is to be flat."""
MEASURED = 500
"""Every so many inputs one is run line by line; all with a new outcome are."""


@dataclass
class Run:
    """What happened to one decoder."""

    inputs: int = 0
    accepted: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    most_lines: int = 0
    grown: int = 0
    """MiB by which the process's peak rose after the first tenth of the inputs."""
    fault: str = ""
    """Empty, or everything needed to see it again."""


def outcome_of(target: Target, data: bytes) -> str:
    """`ok`, or the refusal with its numbers and quotes left out. Anything but DecodeError passes through."""
    try:
        target.run(data)
    except DecodeError as refused:
        return re.sub(r"0x\w+|\d+|['\"].*", "#", refused.why)
    return "ok"


def fuzz(target: Target, random: Random, *, count: int | None = None, seconds: float | None = None) -> Run:
    """Runs `count` inputs, or for `seconds`; stops at the first fault."""
    run, corpus, start = Run(), list(target.corpus()), time.perf_counter()
    settled: int | None = None
    while not run.fault and (run.inputs < count if count is not None else run.seconds < (seconds or 0)):
        part = run.inputs / count if count is not None else run.seconds / (seconds or 1)
        settled = peak() if settled is None and part > 0.1 else settled
        data = mutate(random, random.choice(corpus), corpus)[:MAX_INPUT]
        one_input(target, data, run, corpus)
        if run.inputs % 64 == 0 or count is not None:
            run.seconds = time.perf_counter() - start
    run.grown = 0 if settled is None else peak() - settled
    if run.grown > MOST_GROWTH and not run.fault:
        run.fault = f"memory grew by {run.grown} MiB, {MOST_GROWTH} allowed"
    return run


def peak() -> int:
    """MiB of memory that this program had at most. (What `getrusage` tells is older: a parent's peak outlives exec.)"""
    told = Path("/proc/self/status").read_text()
    return int(told.split("VmHWM:")[1].split()[0]) >> 10


def one_input(target: Target, data: bytes, run: Run, corpus: list[bytes]) -> None:
    run.inputs += 1
    try:
        outcome = outcome_of(target, data)
    except Exception:  # noqa: BLE001 (what must not be: reported with its input)
        run.fault = f"{traceback.format_exc()}input: {data.hex()}"
        return
    run.accepted += outcome == "ok"
    is_new = outcome not in run.outcomes
    run.outcomes[outcome] += 1
    if is_new and len(corpus) < MAX_CORPUS:
        corpus.append(data)
    if is_new or run.inputs % MEASURED == 0:
        lines = work(lambda: target.run(data))
        run.most_lines = max(run.most_lines, lines)
        if lines > target.most_lines:
            run.fault = f"{lines} lines run, {target.most_lines} allowed\ninput: {data.hex()}"


def report(name: str, run: Run) -> str:
    rate = run.inputs / run.seconds if run.seconds else 0
    return (
        f"{name:16} {run.inputs:>10,} inputs {rate:>9,.0f}/s {run.accepted / max(run.inputs, 1):>6.1%} accepted "
        f"{len(run.outcomes):>4} outcomes {run.most_lines:>8,} lines at most +{run.grown} MiB"
    )


def main(arguments: list[str]) -> int:
    known = ALL
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--seconds", type=float, default=60.0, help="for all decoders together (default 60)")
    length.add_argument("--count", type=int, help="inputs for each decoder, instead of seconds")
    parser.add_argument("--decoder", action="append", choices=list(known), help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=int(time.perf_counter_ns() % 1_000_000_007))
    options = parser.parse_args(arguments)
    names = options.decoder or list(known)
    print(f"seed {options.seed}")
    faults = 0
    for name in names:
        seconds = None if options.count is not None else options.seconds / len(names)
        run = fuzz(known[name], Random(f"{options.seed} {name}"), count=options.count, seconds=seconds)
        print(report(name, run), flush=True)
        if run.fault:
            faults += 1
            print(f"FAULT in {name}, seed {options.seed}:\n{run.fault}", flush=True)
    print(f"{peak()} MiB at most")
    return 1 if faults else 0


# Behind fuzz_targets, which makes the builders of tests/decode importable.
from decode_fixtures import work  # noqa: E402
from wire_mutation import mutate  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
