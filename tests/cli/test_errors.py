import click
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


def test_a_programming_fault_is_not_hidden() -> None:
    assert isinstance(outcome(ZeroDivisionError()).exception, ZeroDivisionError)
