import errno
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

from enforcer.cli.errors import told
from enforcer.model.errors import EdgeError, Fault, PolicyError


def outcome(error: Exception | None) -> Result:
    @click.command()
    @told
    def verb() -> None:
        click.echo("begun")
        if error:
            raise error

    return CliRunner().invoke(verb)


def test_a_verb_without_error_is_as_it_was() -> None:
    assert (outcome(None).exit_code, outcome(None).stdout) == (0, "begun\n")


def test_an_edge_error_tells_why_and_the_cure_and_exits_with_its_code() -> None:
    result = outcome(EdgeError("the queue 4010 is taken", cure="stop what holds it, or set datapath.queue", code=6))
    assert result.exit_code == 6
    assert result.stderr == ("enforcer: the queue 4010 is taken\ncure: stop what holds it, or set datapath.queue\n")


def test_a_policy_error_tells_every_fault_and_exits_with_3() -> None:
    faults = tuple(Fault(file="a.toml", path=path, why="is missing") for path in ("ban", "title"))
    result = outcome(PolicyError(faults))
    assert result.exit_code == 3
    assert result.stderr == (
        "a.toml: ban: is missing\na.toml: title: is missing\nenforcer: 2 faults; the policy is not used\n"
    )
    assert outcome(PolicyError(faults[:1])).stderr.endswith("enforcer: 1 fault; the policy is not used\n")


@pytest.mark.parametrize(
    "verb",
    [
        ["policy", "list"],
        ["policy", "schema", "vendor"],
        ["config", "show", "--json"],
        ["--help"],
        ["--version"],
        ["audit", "report", "--help"],
    ],
)
def test_a_disk_that_is_full_behind_standard_output_is_told(verb: list[str]) -> None:
    command = [sys.executable, "-m", "enforcer", *verb]
    buffered = os.environ | {"PYTHONUNBUFFERED": ""}
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=buffered)
    assert (done.returncode, done.stderr) == (
        1,
        "enforcer: what is told cannot be written: No space left on device\n"
        "cure: free some space where standard output goes\n",
    )


def test_an_error_of_a_file_is_not_taken_for_one_of_standard_output() -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/var/lib/x")
    assert outcome(error).exception is error


def test_a_programming_fault_is_not_hidden() -> None:
    assert isinstance(outcome(ZeroDivisionError()).exception, ZeroDivisionError)
