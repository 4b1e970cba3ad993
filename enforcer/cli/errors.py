"""How every verb tells its errors: what is wrong, then the cure, on standard error; never a traceback.

Exit codes: 0 done, 1 the host (or what the EdgeError says), 2 the command line, 3 the policy or site files.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import NoReturn, ParamSpec, TypeVar

import click

from enforcer.model.errors import EdgeError, PolicyError

POLICY_FAULTS = 3
UNKNOWN = "unknown key"
"""What is said of a key that is like none (policy/table.py)."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
P = ParamSpec("P")
T = TypeVar("T")


def told(verb: Callable[P, T]) -> Callable[P, T]:
    """Decorates a verb's function, below the click decorators."""

    @functools.wraps(verb)
    def telling(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return verb(*args, **kwargs)
        except EdgeError as error:
            tell_edge_error(error)
        except PolicyError as error:
            tell_policy_error(error)
        except OSError as error:
            tell_full_output(error)

    return telling


def tell_full_output(error: OSError) -> NoReturn:
    """Of writing our own words: whoever opens a file or a socket tells of it by an EdgeError. Raises any other."""
    if error.errno not in _FULL or error.filename is not None:
        raise error
    with contextlib.suppress(OSError):
        sys.stdout.close()  # or Python tries what is left in its buffer again at exit, and tells of that too
    why = f"what is told cannot be written: {error.strerror}"
    tell_edge_error(EdgeError(why, cure="free some space where standard output goes"))


def tell_edge_error(error: EdgeError) -> NoReturn:
    click.echo(f"enforcer: {error.why}", err=True)
    click.echo(f"cure: {error.cure}", err=True)
    raise click.exceptions.Exit(error.code)


def tell_policy_error(error: PolicyError) -> NoReturn:
    for fault in error.faults:
        click.echo(str(fault), err=True)
    if any(fault.why == UNKNOWN for fault in error.faults):
        click.echo(f"(this is version {version('egress-enforcer')}: it does not know the keys of later ones)", err=True)
    count = len(error.faults)
    click.echo(f"enforcer: {count} fault{'s' * (count != 1)}; the policy is not used", err=True)
    raise click.exceptions.Exit(POLICY_FAULTS)
