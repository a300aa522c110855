"""The program: parses the command line, runs one command, and turns errors into exit codes.

Only click is loaded here. What a command needs is loaded when it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from a2e_async.cli.command import canonical, check_no_token, usage_error
from a2e_async.cli.groups import Program
from a2e_async.cli.streams import escaping, flush_stdout, shown, write_line

__all__ = ["make_program", "run"]

_SECTIONS = {
    "Jobs": {
        "run": ("task_options:run", "start a task and wait for its results"),
        "bulk": ("bulk_options:bulk", "run many jobs, from JSON lines or a table; resumable"),
        "quote": ("task_options:quote", "ask what a task would cost"),
        "journal": ("bulk_options:journal", "show a bulk run's journal; settle starts of unknown outcome"),
    },
    "Tasks": {
        "wait": ("task_options:wait", "wait for a task that was started earlier"),
        "list": ("task_options:list_tasks", "list the newest tasks"),
        "get": ("task_options:get", "show the state of a task"),
        "delete": ("task_options:delete", "delete tasks at the service"),
        "download": ("task_options:download", "download the results of tasks, or URLs"),
    },
    "Several machines": {
        "enqueue": ("queue_options:enqueue", "put many jobs into a queue in PostgreSQL"),
        "worker": ("queue_options:worker", "carry out the jobs of the queue"),
        "status": ("queue_options:status", "show the state of the queue"),
    },
    "The service": {
        "workflows": ("account_options:workflows", "list what can be run, or show its schema"),
        "voices": ("account_options:voices", "list voices for speech"),
        "avatars": ("account_options:avatars", "list avatars"),
        "balance": ("account_options:balance", "print the coins of the account"),
        "upload": ("account_options:upload", "upload files and print their URLs"),
        "call": ("task_options:call", "call any other operation"),
    },
    "This machine": {
        "init": ("setup_options:init", "save the API token in a file that only you can read"),
        "doctor": ("setup_options:doctor", "check token, account, network and versions; costs nothing"),
        "listen": ("setup_options:listen", "receive the service's webhooks here, for development"),
        "sandbox": ("setup_options:sandbox", "serve a local A2E to try things out; costs nothing"),
        "completion": ("setup_options:completion", "print a script that completes with Tab"),
    },
}
_ABOUT = (
    "Make pictures, videos and speech with the A2E API.\n\n"
    "The token is read from A2E_API_TOKEN, else from the file that a2e init writes."
)
_EVERYWHERE = {"--sandbox": False, "--json": False, "--base-url": True}  # and whether it takes a value
_EXAMPLES = (
    'run text_to_image --prompt "a red kite" --out out/',
    "bulk jobs.csv --journal run.db --out out/",
    'run text_to_image --prompt "a red kite" --sandbox',
)


def make_program() -> Program:
    """Make ``a2e`` with all its commands, of which none is loaded yet."""

    def version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            from a2e_async import __version__

            write_line(sys.stdout, f"a2e {__version__}")
            ctx.exit()

    show_version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=version,
        help="print the version",
    )
    program = Program(_SECTIONS, name="a2e", help=_ABOUT, params=[show_version])
    program.examples = _EXAMPLES
    return program


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see `a2e_async.cli`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    with escaping():
        try:
            return _run(given)
        except (Exception, KeyboardInterrupt) as error:
            return _report(error)
        except BaseExceptionGroup as group:
            return _report(_first(group))
        finally:
            flush_stdout()


def _first(group: BaseExceptionGroup) -> BaseException:
    from a2e_async.task_groups import first_error

    return first_error(group)


def _run(given: list[str]) -> int:
    check_no_token(given)
    program = make_program()
    if asked := os.environ.get("_A2E_COMPLETE"):
        from a2e_async.cli.completion import answer

        return answer(program, asked)
    given = _rearranged(given)
    if not given:
        names = ", ".join(name for name, _ in program.named())
        raise usage_error(f"no command; one of {names} (see a2e --help)")

    # Not its main(): that ends the process when a pipe is closed.
    try:
        with program.make_context("a2e", given) as context:
            ended: Any = program.invoke(context)
    except click.exceptions.Exit as left:
        return left.exit_code
    return ended if isinstance(ended, int) else 0


def _rearranged(given: list[str]) -> list[str]:
    """The command line with what every command takes behind the command, and `help` as an option."""
    first, rest = list[str](), list(given)
    while rest and canonical(rest[0].partition("=")[0]) in _EVERYWHERE:
        takes = _EVERYWHERE[canonical(rest[0].partition("=")[0])] and "=" not in rest[0]
        first += rest[: 1 + takes]
        rest = rest[1 + takes :]
    if not rest or rest[0].startswith("-"):
        return given

    if rest[0] == "help":
        rest = [*rest[1:], "--help"]
    end = rest.index("--") if "--" in rest else len(rest)
    return [*rest[:end], *first, *rest[end:]]


def _report(error: BaseException) -> int:
    """Print an error as one line and return its exit code. An error of no known kind is raised."""
    if isinstance(error, ExceptionGroup):
        return _report(_first(error))
    if isinstance(error, BrokenPipeError):
        return 1  # the reader of stdout has gone, as with `| head`

    from a2e_async.cli.output import print_error

    if isinstance(error, click.ClickException):
        print_error(_usage_text(error))
        return 2
    if isinstance(error, KeyboardInterrupt | click.Abort):
        print_error("interrupted")
        return 130

    from a2e_async.cli.wording import for_shell
    from a2e_async.errors import A2EError, ConfigurationError, InvalidArgument

    match error:
        case InvalidArgument() | ConfigurationError():
            print_error(for_shell(str(error)))
            return 2
        case A2EError():
            print_error(f"{type(error).__name__}: {for_shell(str(error))}")
        case OSError():
            print_error(error)
        case _:
            raise error
    return 1


def _message(error: click.ClickException) -> str:
    """What click says, in the words of its newer versions."""
    if not isinstance(error, click.NoSuchOption):
        return error.format_message()
    close = ", ".join(repr(name) for name in sorted(error.possibilities or ()))
    hint = f" (did you mean {'one of: ' if ', ' in close else ''}{close}?)" if close else ""
    return f"No such option {error.option_name!r}{hint}"


def _usage_text(error: click.ClickException) -> str:
    """What is wrong with the command line, in which command, and where its help is."""
    text = shown(_message(error)).rstrip(".")
    if text[1:2].islower():
        text = text[:1].lower() + text[1:]
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
    command = path.removeprefix("a2e").strip()
    if not path:
        return text
    return f"{command}: {text} (see {path} --help)" if command else f"{text} (see a2e --help)"
