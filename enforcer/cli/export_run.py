"""Exported files into a folder, once or at each boundary, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from enforcer.edge.text_files import Written, begins_with, remove, write_text
from enforcer.export.edition import Edition, Wishes, edition
from enforcer.export.forms import Form, Refused, written
from enforcer.export.refusal import ExportRefused
from enforcer.export.text import MADE_BY, TextFile
from enforcer.model.calendar import Interval, iso
from enforcer.model.errors import EdgeError, PolicyError
from enforcer.policy.compiled import Policy

RETRY = 15.0
"""Seconds until a write that failed is tried again."""

Done = list[tuple[TextFile, Written]]


class ExportRun:
    """What is to be written, where, and what was written last."""

    def __init__(
        self, policy: Policy, load: Callable[[], Policy], forms: Sequence[Form], wishes: Wishes, as_json: bool
    ) -> None:
        """`wishes.folder` exists. `load` reads the policy anew; it raises PolicyError or EdgeError."""
        self._policy, self._load = policy, load
        self._forms, self._wishes, self._as_json = forms, wishes, as_json
        self._known: set[Path] = set()

    def write(self, at: float) -> bool:
        """The files, into the folder. Whether a form was refused. Raises EdgeError."""
        made, files, refused = _written(self._policy, at, self._forms, self._wishes)
        folder = Path(self._wishes.folder)
        done = [(file, write_text(folder, file.name, file.text)) for file in files]
        paths = {one.path for _, one in done}
        stale = (self._known | _left(folder, refused)) - paths  # of a form that could say the policy until now
        removed = [path for path in sorted(stale) if remove(path)]
        self._known = paths
        if self._as_json:
            click.echo(json.dumps(_as_dict(made, done, removed, refused)))
        else:
            _tell(made, done, removed, refused)
        return bool(refused)

    def step(self, at: float, anew: bool) -> Interval:
        """One round of --follow. What fails after the first round is told, and tried again or left as it was."""
        if anew:
            self._read_anew()
        try:
            self.write(at)
        except EdgeError as error:
            if not self._known:
                raise
            click.echo(f"enforcer: {error.why}; trying again in {RETRY:.0f} s", err=True)
            return Interval(at, at + RETRY)
        return Interval(at, next((boundary for boundary in self._policy.boundaries if boundary > at), None))

    def _read_anew(self) -> None:
        try:
            self._policy = self._load()
        except (EdgeError, PolicyError) as error:
            click.echo(f"enforcer: {error}\nenforcer: the policy in use stays", err=True)


def sole_text(policy: Policy, at: float, forms: Sequence[Form], wishes: Wishes) -> str:
    """The text of the one file that these forms make. Raises EdgeError where there is not exactly one."""
    _, files, refused = _written(policy, at, forms, wishes)
    for one in refused:
        raise EdgeError(f"{one.form}: {one.why}", cure=one.cure)
    if len(files) != 1:
        names = ", ".join(file.name for file in files)
        raise EdgeError(f"these are {len(files)} files: {names}", cure="give a folder with --output DIR", code=2)
    return files[0].text


def _written(
    policy: Policy, at: float, forms: Sequence[Form], wishes: Wishes
) -> tuple[Edition, tuple[TextFile, ...], tuple[Refused, ...]]:
    try:
        made = edition(policy, at, wishes)
    except ExportRefused as refusal:
        raise EdgeError(refusal.why, cure=refusal.cure) from refusal
    return made, *written(forms, made)


def _left(folder: Path, refused: Iterable[Refused]) -> set[Path]:
    """What a run before wrote in forms that are refused now: it says what holds no longer."""
    paths = (folder / name for one in refused for name in one.files)
    return {path for path in paths if begins_with(path, MADE_BY)}


def _tell(made: Edition, done: Done, removed: Iterable[Path], refused: tuple[Refused, ...]) -> None:
    until = f"valid until {iso(made.until)}" if made.until else "no later change is known"
    click.echo(f"Policy {made.revision} at {iso(made.at)}, {until}.")
    for _, one in done:
        click.echo(f"wrote {one.path}  {one.size} bytes, sha256 {one.sha256}")
    for path in removed:
        click.echo(f"removed {path}: it says what holds no longer")
    for note in dict.fromkeys(note for file, _ in done for note in file.notes):
        click.echo(f"note: {note}", err=True)
    for refusal in refused:
        click.echo(f"enforcer: {refusal.form}: not written: {refusal.why}\ncure: {refusal.cure}", err=True)


def _as_dict(made: Edition, done: Done, removed: Iterable[Path], refused: tuple[Refused, ...]) -> dict[str, Any]:
    return {
        "revision": made.revision,
        "at": iso(made.at),
        "valid_until": iso(made.until) if made.until else None,
        "group": made.group.name,
        "profile": made.group.profile.value,
        "files": [
            {"path": str(one.path), "bytes": one.size, "sha256": one.sha256, "notes": file.notes} for file, one in done
        ],
        "removed": [str(path) for path in removed],
        "refused": [{"format": one.form, "why": one.why, "cure": one.cure} for one in refused],
    }
