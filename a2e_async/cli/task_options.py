"""The commands that name a workflow or another resource first: run, quote, wait, list, get, delete, call."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from a2e_async.cli import catalogue
from a2e_async.cli.catalogue import Call
from a2e_async.cli.command import Command, Flag, Options, usage_error
from a2e_async.cli.examples import EXAMPLE_ID, example_of
from a2e_async.cli.groups import Names
from a2e_async.cli.options import (
    WorkflowName,
    argument,
    common_options,
    field_options,
    limit_option,
    out_option,
    result_options,
    wait_option,
)

if TYPE_CHECKING:
    from a2e_async.client import A2E

__all__ = ["call", "delete", "download", "get", "list_tasks", "quote", "run", "wait"]

Bound = Callable[["A2E", Options, Call], Coroutine[Any, Any, int]]


def _starts() -> Iterable[tuple[str, str]]:
    return ((start.name, start.summary) for start in catalogue.workflows())


def _command(
    function: str,
    call: Call,
    path: str,
    help_text: str,
    own: Sequence[click.Parameter],
    *,
    fields: bool,
    given: str = "",
) -> Command:
    """Make a command that makes a call.

    Args:
        function: the name of the function in `a2e_async.cli.commands` that carries it out.
        call: the call.
        path: the command, without the leading ``a2e``.
        help_text: what it does.
        own: its own options and arguments.
        fields: whether it has an option for each field of the call.
        given: what its example is given.
    """

    def callback(options: Options) -> int:
        from a2e_async.cli import commands
        from a2e_async.cli.service import run_with_client

        # Before the event loop runs: there, Ctrl-C would not end the question.
        if function == "delete" and not commands.agreed_to_delete(options, call):
            return 1
        bound: Bound = getattr(commands, function)
        return run_with_client(partial(_bound, bound, call), options)

    taken = [*own, *common_options()]
    made = field_options(call, taken) if fields else []
    example = example_of(path, call.operation, call.keyword_docs(), given) if fields else f"{path} {given}"
    name = path.rpartition(" ")[2]
    return Command(name, callback, help=help_text, params=[*taken, *made], examples=[example])


async def _bound(function: Bound, call: Call, a2e: A2E, options: Options) -> int:
    return await function(a2e, options, call)


def run() -> click.Command:
    """Make ``a2e run``."""

    def make(name: str) -> click.Command:
        start = catalogue.start_named(name)
        wait_flag = Flag(
            ["--wait/--no-wait"],
            default=True,
            help="wait for the results; with --no-wait, print the task's id and exit",
            group="Result",
        )
        own = [*result_options(), wait_flag]
        return _command(
            "run", start, f"run {start.name}", start.summary, own, fields=True, given="--out out/"
        )

    return Names(
        "run",
        "WORKFLOW",
        _starts,
        make,
        help="Start a task, wait for it, and print the URLs of its results or download them.\n\n"
        "Where the API takes the URL of a medium, a file may be given too; it is uploaded. Objects are given "
        "as JSON, or as @FILE.",
        examples=(
            'run text_to_image --prompt "a red kite" --out out/',
            'run image_to_video --image-url cat.png --prompt "it waves" --out out/',
            'run text_to_image --prompt "a red kite" --no-wait --json',
            'run text_to_image --prompt "a red kite" --sandbox',
            "run image_to_video --help",
        ),
    )


def quote() -> click.Command:
    """Make ``a2e quote``."""

    def make(name: str) -> click.Command:
        start = catalogue.start_named(name)
        text = f"{start.summary}\n\nPrint what it would cost in coins. Nothing is started or uploaded."
        return _command("quote", start, f"quote {start.name}", text, (), fields=True)

    return Names(
        "quote",
        "WORKFLOW",
        _starts,
        make,
        help="Ask what a task would cost in coins. It is free: nothing is started or uploaded. The options "
        "are those of a2e run.",
        examples=(
            'quote text_to_image --prompt "a red kite"',
            "quote image_to_video --image-url cat.png --prompt x --video-time 10",
            "bulk jobs.csv --dry-run",
        ),
    )


def wait() -> click.Command:
    """Make ``a2e wait``."""

    def make(name: str) -> click.Command:
        start = catalogue.start_named(name)
        own = [argument("id", "ID"), *result_options()]
        text = "Wait for a task that was started earlier."
        return _command(
            "wait", start, f"wait {start.resource}", text, own, fields=False, given=f"{EXAMPLE_ID} --out out/"
        )

    return Names(
        "wait",
        "WORKFLOW",
        catalogue.readable,
        make,
        help="Wait for a task that was started earlier, here or elsewhere.",
        examples=("wait image_to_video 67d2f1c0a8e5b3d4c6f70123 --out out/",),
    )


def list_tasks() -> click.Command:
    """Make ``a2e list``."""

    def make(name: str) -> click.Command:
        listing = catalogue.listing_of(name)
        text = "Print id, status, time and name of the newest tasks."
        return _command(
            "list_tasks", listing, f"list {listing.resource}", text, [limit_option()], fields=True
        )

    return Names(
        "list",
        "WORKFLOW",
        catalogue.listable,
        make,
        help="List the newest tasks. On a terminal they are a table; else the cells are separated by tabs.",
        examples=(
            "list text_to_image",
            "list text_to_image --limit 100 --json",
            "list text_to_image --sandbox",
        ),
    )


def get() -> click.Command:
    """Make ``a2e get``."""

    def make(name: str) -> click.Command:
        start = catalogue.start_named(name)
        text = "Print what the service says about a task now: a line for each fact, or its JSON."
        own = [argument("id", "ID")]
        return _command("get", start, f"get {start.resource}", text, own, fields=False, given=EXAMPLE_ID)

    return Names(
        "get",
        "WORKFLOW",
        catalogue.readable,
        make,
        help="Show the state of a task.",
        examples=(
            "get text_to_image 67d2f1c0a8e5b3d4c6f70123",
            "get text_to_image 67d2f1c0a8e5b3d4c6f70123 --json",
        ),
    )


def delete() -> click.Command:
    """Make ``a2e delete``."""

    def make(name: str) -> click.Command:
        start = catalogue.deletion_of(name)
        own = [
            argument("ids", "ID...", nargs=-1, required=True),
            Flag(["--yes"], help="do not ask; needed if there is no terminal"),
        ]
        text = "Delete tasks at the service. Coins are not paid back. What was downloaded stays."
        return _command(
            "delete", start, f"delete {start.resource}", text, own, fields=False, given=EXAMPLE_ID
        )

    return Names(
        "delete",
        "WORKFLOW",
        catalogue.deletable,
        make,
        help="Delete tasks at the service. Coins are not paid back. What was downloaded stays.",
        examples=("delete text_to_image 67d2f1c0a8e5b3d4c6f70123 --yes",),
    )


def download() -> click.Command:
    """Make ``a2e download``."""

    def callback(options: Options) -> int:
        from a2e_async.cli import commands
        from a2e_async.cli.service import run_with_client

        return run_with_client(commands.download, options)

    out = out_option(default=".", help="the folder, or an object store: s3://bucket/prefix (default: .)")
    sources = argument("sources", "URL... | WORKFLOW ID...", nargs=-1, required=True)
    sources.type = WorkflowName()
    params = [sources, out, wait_option()]
    return Command(
        "download",
        callback,
        help="Download the results of tasks, or URLs that the service gave. A broken download goes on where "
        "it stopped; a file appears under its name when it is complete. The service keeps results for about "
        "three days.",
        params=[*params, *common_options()],
        examples=(
            "download image_to_video 67d2f1c0a8e5b3d4c6f70123 --out out/",
            "download https://3days-apac.generativeairesult.com/x/kite.png",
        ),
    )


def call() -> click.Command:
    """Make ``a2e call``."""

    def make_resource(name: str) -> click.Command:
        calls = [each for each in catalogue.calls_of(name).values() if not each.starts]
        resource = name.replace("-", "_")

        def make_method(method: str) -> click.Command:
            named = catalogue.call_named(resource, method)
            if named.starts:
                raise usage_error(f"{named.name} starts a task: a2e run {named.name} ...")
            own = result_options() if named.waits else [limit_option()]
            return _command("call", named, f"call {resource} {named.method}", named.summary, own, fields=True)

        return Names(
            resource,
            "METHOD",
            lambda: ((each.method, each.summary) for each in calls),
            make_method,
            help=f"Call an operation of {resource} and print the reply as JSON.",
        )

    return Names(
        "call",
        "RESOURCE",
        catalogue.resources,
        make_resource,
        help="Call any operation of the API that starts no task, and print the reply as JSON.",
        examples=(
            "call anchor voice_list --country en",
            "call text_to_image batch_detail --help",
            "call transactions --help",
        ),
    )
