"""`enforcer reload`, `pause` and `resume`: what they ask, and that a refusal is told with its cure and an exit code."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from control_fixtures import Asked, in_a_loop, serving, short_place

from enforcer.cli.main import main
from enforcer.model.request import Pause, Reload, Reply, Request, Resume


@pytest.fixture
def place() -> Iterator[Path]:
    with short_place() as path:
        yield path


def run(place: Path, words: list[str], asked: Asked) -> Result:
    with serving(place, asked) as (control, _), in_a_loop(control):
        return CliRunner().invoke(main, [*words, "--socket", str(place)])


PAUSE = ["pause", "--for", "10m", "--reason", "a test"]
ASKED = {
    "reload": (["reload"], Reload()),
    "pause": (PAUSE, Pause(seconds=600, reason="a test", ticket="", clients=(), vendors=())),
    "a narrow pause": (
        [*PAUSE, "--ticket", "T-1", "--client", "lab", "--client", "10.1.0.7", "--vendor", "acme"],
        Pause(seconds=600, reason="a test", ticket="T-1", clients=("lab", "10.1.0.7"), vendors=("acme",)),
    ),
    "resume": (["resume"], Resume(id="")),
    "resume one": (["resume", "pause-1"], Resume(id="pause-1")),
}


@pytest.mark.parametrize(("words", "wanted"), ASKED.values(), ids=ASKED.keys())
def test_the_service_is_asked_and_its_words_are_told(place: Path, words: list[str], wanted: Request) -> None:
    asked = Asked()
    asked.reply = Reply(done=True, told="done so", cure="", state=None)
    done = run(place, words, asked)
    assert (done.exit_code, done.stdout) == (0, "done so\n")
    assert [one for one, _ in asked.requests] == [wanted]


@pytest.mark.parametrize("words", [["reload"], PAUSE, ["resume"]])
def test_a_refusal_is_told_with_its_cure(place: Path, words: list[str]) -> None:
    asked = Asked()
    asked.reply = Reply(done=False, told="not so", cure="otherwise", state=None)
    done = run(place, words, asked)
    assert (done.exit_code, done.stderr) == (1, "enforcer: not so\ncure: otherwise\n")


@pytest.mark.parametrize("words", [["reload"], PAUSE, ["resume"]])
@pytest.mark.parametrize("done", [True, False])
def test_a_program_gets_the_reply_as_it_is(place: Path, words: list[str], done: bool) -> None:
    asked = Asked()
    pauses = ("pause-1",) if done and words != ["reload"] else ()
    asked.reply = Reply(done=done, told="so", cure="" if done else "otherwise", state=None, pauses=pauses)
    said = run(place, [*words, "--json"], asked)
    assert (said.exit_code, said.stderr) == (0 if done else 1, "")
    told = {"version": 1, "done": done, "told": "so", "cure": "" if done else "otherwise", "pauses": [*pauses]}
    assert json.loads(said.stdout) == told


def test_without_a_service_that_is_told(place: Path) -> None:
    done = CliRunner().invoke(main, ["reload", "--socket", str(place)])
    assert (done.exit_code, "no service listens" in done.stderr) == (1, True)


WRONG = {
    "no time": (["pause", "--for", "soon", "--reason", "x"], "'soon' is no length of time: write 90s, 10m, 2h or 1d"),
    "nothing": (["pause", "--for", "0m", "--reason", "x"], "is no length of time"),
    "no reason": (["pause", "--for", "1m", "--reason", " "], "is empty: a pause is on record, with why"),
    "two lines": (["pause", "--for", "1m", "--reason", "a\nb"], "wanted at most 200 characters in one line"),
    "many": ([*PAUSE, *(["--client", "a"] * 17)], "17 are given, 16 are allowed"),
}


@pytest.mark.parametrize(("words", "why"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_asked_is_told_before_asking(place: Path, words: list[str], why: str) -> None:
    asked = Asked()
    done = run(place, words, asked)
    assert done.exit_code == 2
    assert why in " ".join(done.stderr.split())
    assert not asked.requests
