"""The program: reads the command line, runs one command, turns errors into exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import anyio

from a2e_async.api import RESOURCES
from a2e_async.cli import commands
from a2e_async.cli.catalogue import Call, call_named, calls_of, start_named
from a2e_async.cli.options import Parser, UsageError, add_common, add_fields, add_result, count
from a2e_async.cli.output import error_line
from a2e_async.client import A2E
from a2e_async.errors import A2EError, ConfigurationError, InvalidArgument

__all__ = ["run"]

Command = Callable[[A2E, argparse.Namespace], Coroutine[Any, Any, int]]

_FORMAT = argparse.RawDescriptionHelpFormatter
_OVERVIEW = """\
commands:
  run WORKFLOW ...          start a task and wait for its results
  wait WORKFLOW ID          wait for a task of an earlier process
  list WORKFLOW             list the newest tasks
  bulk FILE.jsonl           run many jobs, one JSON object a line; with a journal, again after a crash
  upload FILE...            upload files, to be used as media URLs
  call RESOURCE METHOD ...  any other operation
  workflows                 what can be run

`a2e COMMAND --help` tells more, and so does `a2e run WORKFLOW --help`.
"""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; see `a2e_async.cli`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(given)
    except (UsageError, InvalidArgument, ConfigurationError) as error:
        error_line(error)
        return 2
    except A2EError as error:
        error_line(f"{type(error).__name__}: {error}")
        return 1
    except KeyboardInterrupt:
        error_line("interrupted")
        return 130
    except BrokenPipeError:  # whoever reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        error_line(error)
        return 1
    except BaseExceptionGroup as group:
        return _told(group)


def _told(group: BaseExceptionGroup[BaseException]) -> int:
    """The exit code for the first error of several that happened at once."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    if not isinstance(first, A2EError | OSError):
        raise group
    error_line(f"{type(first).__name__}: {first}")
    return 2 if isinstance(first, InvalidArgument | ConfigurationError) else 1


def _run(given: list[str]) -> int:
    first = given[0] if given else ""
    if first in _MAKERS:
        command, options = _MAKERS[first](given[1:])
        return anyio.run(_with_client, command, options)
    if first == "workflows":
        parser = _parser("workflows", "List what `a2e run` can start.")
        return commands.show_workflows(parser.parsed(given[1:]))
    top = Parser(
        prog="a2e",
        usage="a2e COMMAND ...",
        description="The A2E media generation API. The token comes from A2E_API_TOKEN.",
        epilog=_OVERVIEW,
        formatter_class=_FORMAT,
    )
    top.add_argument("--version", action="store_true", help="print the version")
    if first.startswith("-") and top.parse_args(given).version:
        from a2e_async import __version__

        sys.stdout.write(f"a2e {__version__}\n")
        return 0
    what = f"no such command: {first!r}" if first else "no command"
    raise UsageError(f"{what}; one of {', '.join([*_MAKERS, 'workflows'])} (see a2e --help)")


async def _with_client(command: Command, options: argparse.Namespace) -> int:
    async with A2E(base_url=options.base_url) as a2e:
        return await command(a2e, options)


def _parser(name: str, description: str, **more: Any) -> Parser:
    parser = Parser(prog=f"a2e {name}", description=description, allow_abbrev=False, **more)
    add_common(parser)
    return parser


def _target(given: list[str], command: str, what: str, known: Sequence[str]) -> tuple[str, list[str]]:
    """The name that comes first, and the rest; ``--help`` instead lists the names."""
    if given and given[0] in ("-h", "--help"):
        names = "\n".join(f"  {name}" for name in known)
        Parser(
            prog=f"a2e {command}",
            usage=f"a2e {command} {what} ...",
            epilog=f"{what} is one of:\n{names}",
            formatter_class=_FORMAT,
        ).print_help()
        raise SystemExit(0)
    if not given or given[0].startswith("-"):
        raise UsageError(f"{command}: {what} is missing; it comes first (see a2e {command} --help)")
    return given[0], given[1:]


def _starts() -> list[str]:
    from a2e_async.cli.catalogue import workflows

    return [one.name for one in workflows()]


def _run_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    if given and given[0] in ("-h", "--help"):
        _target(given, "run", "WORKFLOW", _starts())
    name, rest = _target(given, "run", "WORKFLOW", ())
    start = start_named(name)
    parser = _parser(f"run {start.name}", start.summary)
    add_result(parser)
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="wait for the results; without, print the task's id and leave",
    )
    add_fields(parser, start)
    return _bound(commands.run, start), parser.parsed(rest)


def _wait_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    name, rest = _target(given, "wait", "WORKFLOW", list(RESOURCES))
    start = start_named(name)
    parser = _parser(f"wait {start.name}", "Wait for a task that was started before.")
    add_result(parser)
    parser.add_argument("id", metavar="ID", help="the task's id")
    return _bound(commands.wait, start), parser.parsed(rest)


def _list_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    name, rest = _target(given, "list", "WORKFLOW", list(RESOURCES))
    listing = calls_of(name).get("list")
    if listing is None:
        raise InvalidArgument(name, "the API has no way to list its tasks")
    parser = _parser(f"list {listing.resource}", "Prints id, status, time and name, separated by tabs.")
    _add_limit(parser)
    add_fields(parser, listing)
    return _bound(commands.list_tasks, listing), parser.parsed(rest)


def _add_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        type=count,
        default=20,
        metavar="NUMBER",
        help="at most so many records (default: %(default)s)",
    )


def _call_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    name, rest = _target(given, "call", "RESOURCE", list(RESOURCES))
    methods = [call for call in calls_of(name).values() if not call.starts]
    known = [f"{one.method:24} {one.summary}" for one in methods]
    method, rest = _target(rest, f"call {name}", "METHOD", known)
    named = call_named(name, method)
    if named.starts:
        raise UsageError(f"call: {named.name} makes a task: a2e run {named.name} ...")
    parser = _parser(f"call {named.resource} {named.method}", named.summary)
    if named.waits:
        add_result(parser)
    else:
        _add_limit(parser)
    add_fields(parser, named)
    return _bound(commands.call, named), parser.parsed(rest)


def _bulk_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    parser = _parser(
        "bulk",
        "Run many jobs. Each line of the file is a JSON object: the workflow, a key of your own (optional) "
        'and the keywords: {"workflow": "image_to_video", "key": "cat", "image_url": "cat.png"}. '
        "All lines are checked before the first job is started.",
    )
    add_result(parser)
    parser.add_argument("file", metavar="FILE", help="JSON lines; - for stdin")
    parser.add_argument(
        "--journal", metavar="FILE", help="write down what was started; run again after a crash"
    )
    parser.add_argument(
        "--concurrency", type=count, default=64, metavar="NUMBER", help="tasks at once (%(default)s)"
    )
    parser.add_argument(
        "--retries", type=int, default=0, metavar="NUMBER", help="new starts of a failed task, paid again (0)"
    )
    parser.add_argument("--max-coins", type=float, metavar="COINS", help="start nothing that might cost more")
    parser.add_argument("--start-rate", type=float, metavar="NUMBER", help="starts a second at most")
    parser.add_argument("--skip-finished", action="store_true", help="say nothing of jobs that ended earlier")
    return commands.bulk, parser.parsed(given)


def _upload_command(given: list[str]) -> tuple[Command, argparse.Namespace]:
    parser = _parser(
        "upload", "Upload files; prints URL and file, separated by a tab. Each content is sent once."
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    return commands.upload, parser.parsed(given)


def _bound(
    command: Callable[[A2E, argparse.Namespace, Call], Coroutine[Any, Any, int]], named: Call
) -> Command:
    async def bound(a2e: A2E, options: argparse.Namespace) -> int:
        return await command(a2e, options, named)

    return bound


_MAKERS: Mapping[str, Callable[[list[str]], tuple[Command, argparse.Namespace]]] = {
    "run": _run_command,
    "wait": _wait_command,
    "list": _list_command,
    "bulk": _bulk_command,
    "upload": _upload_command,
    "call": _call_command,
}
