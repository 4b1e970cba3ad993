"""A group of verbs, each in a module of its own that is loaded when it is asked for.

So `enforcer check` loads no SQLite, no netlink and no cryptography, and answers quickly.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


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
