"""The one fact that stands twice."""

import tomllib
from pathlib import Path

from enforcer.model.product import VENDOR, VERSION

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_the_version_is_that_of_the_project() -> None:
    assert PROJECT["version"] == VERSION
    assert PROJECT["name"] == VENDOR
