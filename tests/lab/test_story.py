"""The story as data: it can be played, and both profiles tell the same days."""

import pytest

from enforcer.lab import zone
from enforcer.lab.story import BOUNDARY, Step, scenes

EVERY = {*zone.LAST_OCTET, *zone.ALIASES}


def steps(profile: str) -> list[Step]:
    return [step for scene in scenes(profile) for step in (*scene.downloads, *scene.steps)]


@pytest.mark.parametrize("profile", ["statutory", "protective"])
def test_each_step_is_about_a_name_of_the_zone(profile: str) -> None:
    for step in steps(profile):
        assert step.name in EVERY
        assert step.name in " ".join(step.command)
        assert {trace.name for trace in step.leaves} <= {step.name}


@pytest.mark.parametrize("profile", ["statutory", "protective"])
def test_the_scenes_have_the_order_of_the_ban(profile: str) -> None:
    told = {scene.name: scene.at for scene in scenes(profile)}
    assert list(told) == ["before", "between", "after", "boundary"]
    assert told["before"] < "2024-06-20" < "2024-07-20" < told["between"] < "2024-09-29" < told["after"]
    assert told["boundary"] == BOUNDARY


def test_the_profiles_differ_at_the_store_only() -> None:
    different = set(steps("statutory")) ^ set(steps("protective"))
    assert different
    assert {step.name for step in different} == {zone.STORE}


def test_nothing_is_blocked_before_its_day() -> None:
    before, between, *_ = scenes("statutory")
    assert {trace.verdict for scene in (before, between) for step in scene.steps for trace in step.leaves} == {
        "observe",
        "flag",
    }
