"""The commands of bulk runs: bulk and journal."""

from __future__ import annotations

import click

from a2e_async.cli.command import Command, Flag, Option, Options
from a2e_async.cli.options import (
    common_options,
    count,
    encoding_option,
    file_argument,
    json_option,
    number,
    option,
    result_options,
    seconds,
    whole,
)

__all__ = ["bulk", "journal", "run_options"]


def run_options() -> list[click.Option]:
    """Make the options that a bulk run and a worker have in common."""
    pace = [
        option(
            "--concurrency",
            parse=count,
            default=64,
            metavar="NUMBER",
            help="the most tasks at once (default: 64)",
        ),
        option(
            "--account-concurrency",
            parse=count,
            metavar="NUMBER",
            help="the most tasks at once of all programs that share the journal",
        ),
    ]

    return [
        *pace,
        option(
            "--retries",
            parse=whole,
            default=0,
            metavar="NUMBER",
            help="how often a failed task is started, and paid for, again (default: 0)",
        ),
        option("--max-coins", parse=number, metavar="COINS", help="the most coins to spend"),
        option("--start-rate", parse=number, metavar="NUMBER", help="the most starts per second"),
        option(
            "--lease",
            parse=seconds,
            default=30.0,
            metavar="SECONDS",
            help="a program that is silent for so long loses its jobs to the others that share the journal "
            "(default: 30)",
        ),
    ]


def bulk() -> click.Command:
    """Make ``a2e bulk``."""

    def callback(options: Options) -> int:
        from a2e_async.cli import bulk as command
        from a2e_async.cli.input_files import readable_twice
        from a2e_async.cli.service import run_with_client

        # Before the event loop runs: there, Ctrl-C would not end the reading of stdin.
        with readable_twice(options.file) as options.path:
            return run_with_client(command.quote_all if options.dry_run else command.bulk, options)

    params = [
        file_argument(),
        Flag(["--dry-run"], help="ask what the jobs would cost, and start nothing"),
        option(
            "--journal",
            file=True,
            metavar="FILE|URL",
            help="record the progress here, to resume the run after a crash: a file, or a database that "
            "several machines share (postgresql://...)",
        ),
        encoding_option(),
        *run_options(),
        Flag(["--skip-finished"], help="print nothing for jobs that an earlier run finished"),
        Flag(
            ["--restart-changed"],
            help="make, and pay for, a new job where a key of the journal now asks for something else",
        ),
        option(
            "--gallery",
            file=True,
            metavar="FILE",
            help="write a page with all results, to be opened in a browser: out/index.html",
            group="Result",
        ),
        *result_options(),
        *common_options(),
    ]
    return Command(
        "bulk",
        callback,
        help="Run many jobs. Each line of the file is a JSON object with the workflow, a key (optional) and "
        'the keywords: {"workflow": "image_to_video", "key": "cat", "image_url": "cat.png"}. A line with '
        '"quote": 30, the coins that the job costs, needs no quote of the service. A table (CSV, '
        "with commas, semicolons or tabs) has these names in its first line. - is stdin. All lines are "
        "checked before the first job is started.\n\n"
        "With --journal the same command takes up a run that was stopped: nothing is paid for twice.",
        params=params,
        examples=(
            "bulk jobs.csv --dry-run",
            "bulk jobs.jsonl --journal run.db --out out/",
            "bulk jobs.jsonl --journal run.db --out out/ --gallery out/index.html",
            "bulk jobs.jsonl --journal run.db --max-coins 500 --json",
            "bulk jobs.csv --sandbox",
        ),
    )


def journal() -> click.Command:
    """Make ``a2e journal``."""

    def callback(options: Options) -> int:
        # It loads SQLite, which most commands do not need.
        from a2e_async.cli import journal as command
        from a2e_async.cli.service import run_async

        return run_async(command.show, options)

    params = [
        file_argument("FILE|URL"),
        option(
            "--release",
            multiple=True,
            metavar="KEY",
            help="the uncertain start of this job has made no task: the next run starts it again, and pays",
        ),
        Option(
            ["--bind"],
            texts=2,
            multiple=True,
            metavar="KEY ID",
            help="the uncertain start of this job has made this task: the next run waits for it",
        ),
        json_option(),
    ]
    return Command(
        "journal",
        callback,
        help="Show what the journal of a bulk run holds, also while the run is on: the number of jobs in "
        "each state, and the starts of which it is not known whether they made a task.",
        params=params,
        examples=(
            "journal run.db",
            "journal run.db --release cat",
            "journal run.db --bind cat 67d2f1c0a8e5b3d4c6f70123",
        ),
    )
