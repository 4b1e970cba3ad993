"""A short run, and proof that it sees what it looks for."""

from random import Random

import pytest
from fuzz_names import World, fuzz, main, shipped

from enforcer.policy.matcher import Found


@pytest.fixture(scope="module")
def world() -> World:
    return shipped()


def test_a_short_run_finds_nothing_and_meets_every_verdict(world: World) -> None:
    run = fuzz(world, Random(1), 30_000)
    assert run.fault == ""
    assert run.names == 30_000
    assert set(run.verdicts) == {"allow", "observe", "flag", "block"}
    assert 0.3 < run.held / run.names < 0.7


def test_one_form_that_differs_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    right = world.packed.find

    def lazy(name: str) -> Found | None:
        """Looks at no more than three labels."""
        return right(".".join(name.split(".")[-3:]))

    monkeypatch.setattr(world.packed, "find", lazy)
    assert "asked: " in fuzz(world, Random(1), 30_000).fault


def test_a_substring_taken_for_a_label_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def loose(name: str) -> tuple[str, str] | None:
        return next(((rule, vendor) for rule, vendor in world.domains.items() if name.endswith(rule)), None)

    monkeypatch.setattr(world, "rule", loose)
    assert "AssertionError" in fuzz(world, Random(1), 30_000).fault


def test_the_program_says_its_seed_and_what_came(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "200", "--seed", "7"]) == 0
    seed, told = capsys.readouterr().out.splitlines()
    assert seed == "seed 7"
    assert told.startswith("200 names, ")
