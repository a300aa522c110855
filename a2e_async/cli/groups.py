"""Groups of commands. A command is made, and what it needs is imported, when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from a2e_async.cli.command import canonical, settings, usage_error, write_examples

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["Names", "Program"]

Named = tuple[str, str]
"""The name of a command, and what it does."""


class _Group(click.Group):
    """A group whose commands are known by name and made when they are used."""

    examples: Sequence[str] = ()

    def named(self) -> Iterable[Named]:
        """The commands, each with what it does."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return [name for name, _ in self.named()]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are: they are copied."""
        write_examples(formatter, self.examples)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands; the options of a group are few and well known."""
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command, written with hyphens or underscores."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return [item for item in super().shell_complete(ctx, incomplete) if item.value.startswith("-")]
        wanted = canonical(incomplete)
        hyphens = "-" in incomplete  # the shell drops what does not begin with what was typed
        return [
            CompletionItem(canonical(name) if hyphens else name, help=text)
            for name, text in self.named()
            if canonical(name).startswith(wanted)
        ]


class Program(_Group):
    """``a2e``: its commands, each of which is in a module of its own or shares one with others of its kind.

    Args:
        sections: for each heading the commands below it: name -> (module and function that makes the
            command, what it does).
        **options: more keywords of `click.Group`.
    """

    def __init__(self, sections: Mapping[str, Mapping[str, Named]], **options: Any) -> None:
        super().__init__(context_settings=settings(), no_args_is_help=False, **options)
        self._sections = sections

    def named(self) -> Iterable[Named]:
        """The commands, each with what it does."""
        for commands in self._sections.values():
            yield from ((name, text) for name, (_, text) in commands.items())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make a command."""
        for commands in self._sections.values():
            if cmd_name in commands:
                module, _, maker = commands[cmd_name][0].partition(":")
                made: click.Command = getattr(import_module(f"a2e_async.cli.{module}"), maker)()
                return made
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command.

        Raises:
            UsageError: there is none of that name.
        """
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing:
            from difflib import get_close_matches  # for a typing error only

            close = get_close_matches(name.lower(), self.list_commands(ctx), 1)
            hint = (
                f" (did you mean {close[0]!r}?)"
                if close
                else f"; one of {', '.join(self.list_commands(ctx))}"
            )
            raise usage_error(f"no such command: {name!r}{hint}", ctx)
        return name if command else None, command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        widest = max(len(name) for name, _ in self.named())
        for heading, commands in self._sections.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:{widest}}", text) for name, (_, text) in commands.items()])
        formatter.write("\nFor details: a2e COMMAND --help\n")


class Names(_Group):
    """A command whose first argument is a name, such as a workflow's: each name has options of its own.

    Args:
        name: the name of the command.
        metavar: what the help calls the argument.
        names: gives the names that apply, each with what it is.
        make: makes the command of a name.
        help: what the command does.
        examples: command lines, without the leading ``a2e``.
    """

    def __init__(
        self,
        name: str,
        metavar: str,
        names: Callable[[], Iterable[Named]],
        make: Callable[[str], click.Command],
        *,
        help: str,
        examples: Sequence[str] = (),
    ) -> None:
        super().__init__(
            name,
            help=help,
            context_settings=settings(),
            no_args_is_help=False,
            subcommand_metavar=f"{metavar} ...",
            options_metavar="",
        )

        self._metavar = metavar
        self._names = names
        self._make = make
        self.examples = examples

    def named(self) -> Iterable[Named]:
        """The names that apply, each with what it is."""
        return self._names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command of a name.

        Raises:
            InvalidArgument: it is no name that applies.
        """
        from a2e_async.errors import InvalidArgument

        try:
            return self._make(cmd_name)
        except InvalidArgument:
            if ctx.resilient_parsing:
                return None
            raise

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the name, which comes first.

        Raises:
            UsageError: it does not.
        """
        asks = args[:1] in (["--help"], ["-h"])
        if not asks and not ctx.resilient_parsing and (not args or args[0].startswith("-")):
            raise usage_error(f"{self._metavar} is missing; it comes first", ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the name."""
        command = self.get_command(ctx, args[0])
        return (command.name if command else None), command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names that apply."""
        with formatter.section(f"{self._metavar} is one of"):
            formatter.write_dl(list(self.named()))
