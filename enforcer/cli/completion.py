"""`enforcer completion`: the script by which a shell completes our verbs and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    The Debian package brings those for bash, zsh and fish. After an installation by pip:

    \b
    bash  enforcer completion bash > ~/.local/share/bash-completion/completions/enforcer
    zsh   enforcer completion zsh > ~/.zfunc/_enforcer           (a folder of $fpath)
    fish  enforcer completion fish > ~/.config/fish/completions/enforcer.fish
    """
    root = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 (click has had these three since 8.0)
    click.echo(kind(root, {}, "enforcer", "_ENFORCER_COMPLETE").source())
