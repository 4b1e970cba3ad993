"""A bar for work on files: how far, how fast, how long still. Only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from enforcer.edge.clock import Clock

MEGA = 1_000_000


@contextmanager
def progress(files: Sequence[Path]) -> Iterator[Callable[[int], None]]:
    """Gives what is to be told of each read: so many bytes more. On standard error, if that is a terminal."""
    total = sum(path.stat().st_size for path in files if path.is_file())
    if not sys.stderr.isatty() or not total:
        yield lambda _more: None
        return
    clock, began, done = Clock(), Clock().monotonic(), 0

    def rate(_item: object) -> str:
        return f"{done / max(clock.monotonic() - began, 0.001) / MEGA:.0f} MB/s"

    def read(more: int) -> None:
        nonlocal done
        done += more
        bar.update(more, more)

    with click.progressbar(length=total, file=sys.stderr, item_show_func=rate, show_eta=True) as bar:
        yield read
