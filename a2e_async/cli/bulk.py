"""``a2e bulk``: many jobs from a file, and what they would cost."""

from __future__ import annotations

import functools
import shlex
import sys
import threading
from collections import Counter
from contextlib import closing
from typing import Any

import anyio

from a2e_async.cli.command import Options
from a2e_async.cli.layout import amount
from a2e_async.cli.lines import NeedsFiles, each, jobs_in, number_of
from a2e_async.cli.output import (
    print_error,
    print_hint,
    print_json,
    print_outcome,
    print_row,
    print_table,
    reason_of,
)
from a2e_async.cli.prices import Prices
from a2e_async.cli.progress import JobsBar, jobs_bar, spinner, under_way
from a2e_async.cli.streams import is_terminal
from a2e_async.cli.wording import for_shell
from a2e_async.client import A2E
from a2e_async.errors import InvalidArgument

__all__ = ["bulk", "quote_all"]

_MOST_REASONS = 5
_LONGEST_REASON = 300
_SILENCE = 1.0  # seconds


async def bulk(a2e: A2E, options: Options) -> int:
    """``a2e bulk``: run many jobs from JSON lines. All lines are checked before the first job is started."""
    needs, allowed = _needs_files(options.journal)
    read = functools.partial(jobs_in, a2e, options.path, encoding=options.encoding)
    with spinner("checking the jobs"):
        total = await number_of(read(needs_files=needs))

    with (
        closing(read(needs_files=allowed)) as jobs,
        jobs_bar(total) as progress,
        under_way() as running,
    ):
        run = a2e.bulk(
            jobs,
            concurrency=options.concurrency,
            timeout=options.wait_timeout,
            journal=options.journal,
            retries=options.retries,
            download_to=options.out,
            max_coins=options.max_coins,
            start_rate=options.start_rate,
            finished="skip" if options.skip_finished else "yield",
            changed="restart" if options.restart_changed else "raise",
            account_concurrency=options.account_concurrency,
            lease=options.lease,
        )
        # Leaving a run waits for the answers to starts that were sent. Nobody should wait in silence.
        notice = threading.Timer(_SILENCE, print_error, ["stopping: starts that were sent are waited for"])
        notice.daemon = True
        try:
            reasons = await _carry_out(run, options, progress, notice)
        except BrokenPipeError:
            if run.summary().jobs < total:
                print_error("stdout was closed, so the run has stopped; tasks that were started go on")
            raise
        except anyio.get_cancelled_exc_class():
            notice.cancel()
            if progress:
                progress.stop()
            _print_stopped(run.summary(), total, options, len(running))
            raise

    summary = run.summary()
    for reason, count in reasons.most_common(_MOST_REASONS):
        print_error(f"{count} failed: {reason}")
    print_error(
        f"{summary.done} done, {summary.failed} failed, {summary.not_started} not started, "
        f"{amount(summary.coins)} coins, {summary.requests} requests"
    )
    if options.gallery is not None:
        print_error(f"the results are shown in {options.gallery}")
    if run.stopped is not None:
        raise run.stopped
    return 1 if summary.failed or summary.not_started else 0


async def _carry_out(
    run: Any, options: Options, progress: JobsBar | None, notice: threading.Timer
) -> Counter[str]:
    """Print each outcome. Returns why jobs failed, where their lines on the terminal were cut."""
    reasons: Counter[str] = Counter()
    async with run as outcomes:
        if options.gallery is not None:
            try:
                outcomes.gallery(options.gallery)
            except InvalidArgument as error:
                raise InvalidArgument("--gallery", str(error).removeprefix("path: ")) from None

        try:
            async for outcome in outcomes:
                if progress:
                    progress.advance(failed=outcome.error is not None)
                print_outcome(outcome, json=options.json)
                if outcome.error is not None and is_terminal(sys.stdout) and not options.json:
                    reasons[for_shell(reason_of(outcome))[:_LONGEST_REASON]] += 1
        except anyio.get_cancelled_exc_class():
            notice.start()
            raise

    return reasons


def _print_stopped(summary: Any, total: int, options: Options, running: int) -> None:
    """Say what an interrupted run has done, what is under way, and how to go on."""
    left = max(0, total - summary.jobs - summary.skipped - running)
    print_error(
        f"stopped: {summary.done} done, {summary.failed} failed, {running} under way, {left} to do, "
        f"{amount(summary.coins)} coins"
    )

    if options.gallery is not None:
        print_error(f"the results so far are shown in {options.gallery}")
    if options.sandbox:
        print_error("the sandbox ends with the command, and its tasks with it")
    elif options.journal is None:
        print_error("tasks under way go on, and are paid for: a2e list WORKFLOW shows them")
        print_error("with --journal FILE a run can be taken up without paying twice")
    else:
        print_error("tasks under way go on, and are paid for; to take up the run:")
        print_hint(shlex.join(["a2e", *sys.argv[1:]]))


def _needs_files(journal: str | None) -> tuple[NeedsFiles | None, NeedsFiles | None]:
    """Whether a job needs the files that are gone: before the run, and in it, when all jobs are checked."""
    if journal is None:
        return None, None

    from a2e_async._journal.database_url import place_from
    from a2e_async._journal.look import needs_files

    return functools.partial(needs_files, place_from(journal)), lambda _: False


async def quote_all(a2e: A2E, options: Options) -> int:
    """``a2e bulk --dry-run``: ask what each kind of job costs, and print the sum. Nothing is started."""
    needs, _ = _needs_files(options.journal)
    prices, started = Prices(a2e), 0
    with spinner("asking what the jobs would cost"):
        with closing(jobs_in(a2e, options.path, encoding=options.encoding, needs_files=needs)) as jobs:
            async for job in each(jobs):
                # What the journal has started is paid for.
                if needs is None or needs(job):
                    prices.add(job)
                else:
                    started += 1
        await prices.ask()

    if options.json:
        for kind in prices.kinds:
            print_json(kind.facts)
        facts = {"jobs": prices.jobs, "coins": prices.coins, "without_price": prices.without_price}
        print_json({**facts, "started": started})
        return 0

    rows = [
        (kind.count, kind.workflow, kind.shown_price, kind.shown_sum, kind.settings) for kind in prices.kinds
    ]
    print_table(("jobs", "workflow", "each", "coins", "settings"), rows)
    least = "at least " if prices.without_price else ""
    print_row("total", f"{prices.jobs} jobs", f"{least}{amount(prices.coins)} coins")
    if started:
        print_error(f"{started} jobs besides were started before, says the journal; they cost nothing more")
    if prices.without_price:
        print_error(f"the service named no price for {prices.without_price} jobs")
    if options.max_coins is not None and prices.coins > options.max_coins:
        print_error(f"that is more than --max-coins {amount(options.max_coins)}: the run would stop there")
    return 0
