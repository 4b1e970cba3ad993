"""Reads case files, which stand in the folder `tests` of a policy set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from enforcer.edge.files import read_beside, read_policies
from enforcer.model.errors import EdgeError

CASES = "tests"


def read_case_files(policies: Path, paths: Sequence[Path] = ()) -> dict[str, str]:
    """The texts by path: those of the policy set, or of the files and folders given instead. Raises EdgeError."""
    files: dict[str, str] = {}
    for path in paths or [policies / CASES]:
        if path.is_dir():
            files |= {str(path / name): text for name, text in read_policies(path).items()}
        elif path.exists():
            files[str(path)] = read_beside(path.parent, path.name)
        else:
            raise EdgeError(
                f"there is no {path}", cure="write case files into the folder `tests` of the policy set, or name one"
            )
    return files
