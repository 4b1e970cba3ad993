"""A group of verbs, each in a module of its own that is loaded when it is asked for.

So `enforcer check` loads no SQLite, no netlink and no cryptography, and answers quickly.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import click

from enforcer.cli.errors import tell_full_output

WHOLE = 1000
"""Characters of a verb's first sentence in the list of verbs: it is wrapped there, and never cut."""


class Verbs(click.Group):
    """`modules` names each verb's module, which holds it as `command`, in the order in which help lists them."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:  # noqa: ANN401 (click's own)
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._modules:
            return None
        verb = importlib.import_module(self._modules[cmd_name]).command
        assert isinstance(verb, click.Command)  # noqa: S101 (a programming fault, not a user's)
        return verb

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (click's own)
        """As click does it; what it prints itself, `--help` and `--version`, can meet a full disk too."""
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            try:
                tell_full_output(error)
            except click.exceptions.Exit as end:
                sys.exit(end.exit_code)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; an unknown verb is refused with the one that was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as fault:
            meant = get_close_matches(args[0], self._modules, n=1)
            if not meant:
                raise
            raise click.UsageError(f"{fault.message} Did you mean '{meant[0]}'?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (name, verb.get_short_help_str(WHOLE))
            for name in self.list_commands(ctx)
            if (verb := self.get_command(ctx, name)) is not None
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
