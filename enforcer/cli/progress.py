"""A bar for long work: how far, how fast, how long still. Only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

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


@contextmanager
def progress_of(what: str) -> Iterator[Callable[[int, int], None]]:
    """Gives what is to be told how many of how many are done; the bar stands from the first word on."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    clock, began = Clock(), Clock().monotonic()
    bars: list[Any] = []  # click does not export its type

    def rate(done: int | None) -> str:
        return f"{(done or 0) / max(clock.monotonic() - began, 0.001):,.0f} {what}/s"

    def tell(done: int, total: int) -> None:
        if not bars:
            bar = click.progressbar(length=total, file=sys.stderr, item_show_func=rate, show_eta=True)
            bars.append(stack.enter_context(bar))
        bars[0].update(done - bars[0].pos, done)

    with ExitStack() as stack:
        yield tell
