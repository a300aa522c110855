"""``a2e worker``: carry out the jobs of the queue."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from a2e_async import worker
from a2e_async._bulk.outcomes import Outcome
from a2e_async._journal.database_url import DatabaseURL
from a2e_async.cli.output import print_error, print_outcome
from a2e_async.client import A2E

__all__ = ["run"]


async def run(a2e: A2E, *, journal: str, json: bool, sandbox: bool, **settings: Any) -> int:
    """Carry out jobs until the worker is told to end. Prints a line for each that has ended."""
    ended: Counter[str] = Counter()

    def show(outcome: Outcome) -> None:
        here = "failed" if outcome.error is not None else "done"
        ended["others" if outcome.replayed else here] += 1
        with suppress(OSError, ValueError):  # jobs are carried out whether anybody reads this or not
            print_outcome(outcome, json=json)
            sys.stdout.flush()

    def say_leaving(count: int) -> None:
        leave = "end them at once, with their sandbox" if sandbox else "leave them to other workers at once"
        print_error(f"ending: {count} jobs are under way; once more to {leave}")

    print_error(f"taking jobs from {DatabaseURL(journal)}; Ctrl-C ends the worker")
    with _others_silent():
        await worker.work(a2e, journal=journal, on_outcome=show, on_leaving=say_leaving, **settings)
    others = f"; {ended['others']} had ended before, elsewhere" if ended["others"] else ""
    print_error(f"the worker has ended: {ended['done']} done, {ended['failed']} failed{others}")
    return 0


@contextmanager
def _others_silent() -> Iterator[None]:
    """Print nothing of what other libraries log with tracebacks: what concerns the user is logged as ours."""
    silent = logging.NullHandler()
    loggers = [logging.getLogger(name) for name in ("procrastinate", "psycopg.pool")]
    for logger in loggers:
        logger.addHandler(silent)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(silent)
