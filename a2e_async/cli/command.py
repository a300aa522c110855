"""Commands and options as click has them, with what this command line adds to both."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import click

__all__ = [
    "Command",
    "Flag",
    "Option",
    "Options",
    "ValueType",
    "canonical",
    "check_no_token",
    "settings",
    "usage_error",
    "write_examples",
]

if TYPE_CHECKING:
    ValueType = click.ParamType[Any]
else:
    ValueType = click.ParamType  # generic since click 8.5 only

Options = SimpleNamespace
"""The values that a command was given: its options and arguments, by their names in Python."""

_PARTS = re.compile(r" (?=--)")  # where a command line may be broken
_WIDEST = 100  # columns of a help text
_TOKEN_OPTIONS = frozenset({"--token", "--api-token", "--api-key", "--a2e-api-token"})


def canonical(name: str) -> str:
    """An option or a name with hyphens, as which both are compared: `image_url` means `image-url`."""
    return name.replace("_", "-")


def usage_error(message: str, context: click.Context | None = None) -> click.UsageError:
    """An error of the command line itself."""
    return click.UsageError(message, ctx=context)


def check_no_token(given: Sequence[str]) -> None:
    """Refuse options that give the token.

    Raises:
        UsageError: there is one.
    """
    if any(canonical(text.partition("=")[0].lower()) in _TOKEN_OPTIONS for text in given):
        raise usage_error("the token is never an argument, which others can read: set A2E_API_TOKEN")


class Option(click.Option):
    """An option with a value.

    Args:
        declarations: how it is written, and its name in Python.
        texts: how many texts it takes: 1, 2, or many ("+", which is "--x a b" as well as "--x a --x b").
        bare: its value if it is given without one.
        group: the heading under which the help lists it.
        **options: more keywords of `click.Option`.
    """

    def __init__(
        self,
        declarations: Sequence[str],
        *,
        texts: int | str = 1,
        bare: str | None = None,
        group: str = "Options",
        **options: Any,
    ) -> None:
        if texts == "+":
            options["multiple"] = True
        elif texts != 1:
            options["nargs"] = texts
        super().__init__(declarations, **options)
        self.texts = texts
        self.bare = bare
        self.group = group

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return how it is written, and its description. What is required needs no mark: it has a heading."""
        if self.hidden:
            return None
        names = ", ".join(self.opts)
        metavar = f"[{self.metavar}]" if self.bare is not None else self.metavar
        written = names if metavar is None else f"{names} {metavar}"
        return (f"{written}..." if self.texts == "+" else written), self.help or ""


class Flag(click.Option):
    """An option without a value; with ``--x/--no-x`` it can be turned off.

    Args:
        declarations: how it is written, and its name in Python.
        group: the heading under which the help lists it.
        **options: more keywords of `click.Option`.
    """

    def __init__(self, declarations: Sequence[str], *, group: str = "Options", **options: Any) -> None:
        super().__init__(declarations, is_flag=True, **options)
        self.group = group

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return how it is written, and its description."""
        return "/".join((*self.opts, *self.secondary_opts)), self.help or ""


class Command(click.Command):
    """A command.

    Args:
        name: its name.
        callback: is called with the `Options` that were given, and returns the exit code.
        help: what it does.
        params: its options and arguments.
        examples: command lines, without the leading ``a2e``.
    """

    def __init__(
        self,
        name: str,
        callback: Callable[[Options], int],
        *,
        help: str,
        params: Sequence[click.Parameter],
        examples: Sequence[str] = (),
    ) -> None:
        super().__init__(
            name,
            callback=lambda **given: callback(Options(**given)),
            help=help,
            params=list(params),
            context_settings=settings(),
        )
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what was given. Options may be written with underscores, too."""
        if not ctx.resilient_parsing:
            args = _joined(args, self._by_name(ctx), ctx)
        return super().parse_args(ctx, args)

    def _by_name(self, ctx: click.Context) -> dict[str, click.Parameter]:
        return {
            name: param
            for param in self.get_params(ctx)
            if isinstance(param, click.Option)
            for name in (*param.opts, *param.secondary_opts)
        }

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option that asks for the help."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = "show this text"
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = None if isinstance(param, click.Argument) else param.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(param, "group", "Common"), []).append(record)

        for heading in sorted(groups, key=_place):
            with formatter.section(heading):
                formatter.write_dl(groups[heading])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are: they are copied."""
        write_examples(formatter, self.examples)


def settings() -> dict[str, Any]:
    """What every command tells click: how wide a help text is, and how it is asked for."""
    return {
        "max_content_width": _WIDEST,
        "terminal_width": max(40, min(_terminal_width(), _WIDEST)),
        "token_normalize_func": canonical,
        "help_option_names": ["-h", "--help"],
    }


def _terminal_width() -> int:
    """The width of the terminal. Not by shutil, which loads compressors."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    for stream in (sys.__stdout__, sys.__stderr__):
        with suppress(AttributeError, OSError, ValueError):  # it is closed, or no terminal
            return os.get_terminal_size(stream.fileno()).columns  # type: ignore[union-attr]
    return 80


def write_examples(formatter: click.HelpFormatter, examples: Sequence[str]) -> None:
    """Write examples, each on a line of its own. Longer ones go on as a shell lets them."""
    if not examples:
        return
    with formatter.section("Examples"):
        for example in examples:
            line = f"{'':{formatter.current_indent}}a2e"
            for part in _PARTS.split(example):
                if len(line) + len(part) + 3 > formatter.width:
                    formatter.write(f"{line} \\\n")
                    line = f"{'':{formatter.current_indent + 3}}"
                line += f" {part}"
            formatter.write(f"{line}\n")


_HEADINGS = ("Required", "Arguments", "Options", "Result", "Common")


def _place(heading: str) -> int:
    return _HEADINGS.index(heading)


def _joined(args: Sequence[str], options: Mapping[str, click.Parameter], ctx: click.Context) -> list[str]:
    """Write each option with its value in one text, so that a value is taken whatever it begins with.

    An option in the place of a value means that the value was forgotten: taken for the value, it would be
    sent, and paid for.
    """
    found: list[str] = []
    rest = list(args)
    while rest:
        text = rest.pop(0)
        if text == "--":
            return [*found, text, *rest]
        written, equals, value = text.partition("=")
        name = canonical(written)
        option = options.get(name) if text.startswith("-") else None
        if not isinstance(option, Option):
            found.append(name if option is not None and not equals else text)
            continue

        values = [value] if equals else []
        most = 1 if option.texts == "+" else int(option.texts)
        while not equals and len(values) < most and rest and not _is_option(rest[0], options):
            values.append(rest.pop(0))
        if not values and option.bare is not None:
            values = [option.bare]
        if len(values) < most:
            what = "a value" if most == 1 else f"{most} values"
            raise usage_error(f"{name} needs {what}", ctx)

        if most > 1:
            found += [name, *values]
            continue
        while option.texts == "+" and not equals and rest and not rest[0].startswith("-"):
            values.append(rest.pop(0))
        found += [f"{name}={each}" for each in values]
    return found


def _is_option(text: str, options: Mapping[str, click.Parameter]) -> bool:
    return text.startswith("--") and canonical(text.partition("=")[0]) in {*options, "--help"}
