"""Completion with Tab: the script that a shell needs, and the answers to what it asks."""

from __future__ import annotations

import sys
from typing import Any

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from a2e_async.cli.command import canonical
from a2e_async.cli.streams import write_line
from a2e_async.errors import ConfigurationError

__all__ = ["COMPLETE", "answer", "show"]

COMPLETE = "_A2E_COMPLETE"
"""The variable by which a shell asks what may come next."""


def show(shell: str) -> int:
    """Print the script of a shell.

    Returns:
        The exit code.
    """
    write_line(sys.stdout, _of(shell)(click.Group("a2e"), {}, "a2e", COMPLETE).source().rstrip())
    return 0


def answer(program: click.Command, asked: str) -> int:
    """Print what may come next. The shell has put into variables what was typed so far.

    Returns:
        The exit code.
    """
    shell, _, what = asked.partition("_")
    answering = _of(shell)(program, {}, "a2e", COMPLETE)
    write_line(sys.stdout, answering.source() if what == "source" else answering.complete())
    return 0


def _of(shell: str) -> type[ShellComplete]:
    """What click knows about a shell, for options and names that are written with underscores, too.

    Raises:
        ConfigurationError: the shell is not known.
    """
    known = get_completion_class(shell)
    if known is None:
        raise ConfigurationError(f"{COMPLETE}: no such shell: {shell!r}")
    base: Any = known

    class Answering(base):  # type: ignore[misc]
        def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
            args = [_option(each) if each.startswith("--") else each for each in args]
            underscores = incomplete.startswith("--") and "_" in incomplete
            items = super().get_completions(args, _option(incomplete) if underscores else incomplete)
            for item in items:
                if item.help:
                    item.help = " ".join(item.help.replace(",", ";").split())  # fish ends it at a comma
                if underscores:  # the shell drops what does not begin with what was typed
                    item.value = f"--{item.value[2:].replace('-', '_')}"
            return list(items)

    return Answering


def _option(text: str) -> str:
    name, equals, value = text.partition("=")
    return f"{canonical(name)}{equals}{value}"
