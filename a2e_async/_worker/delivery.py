"""What a worker does with a message: it asks an open run for the outcome of the job."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason

from a2e_async.errors import (
    BudgetReached,
    DownloadError,
    InvalidArgument,
    JournalError,
    TransportError,
    UploadError,
    WaitTimeout,
)
from a2e_async.failures import concerns_account

if TYPE_CHECKING:
    from procrastinate import JobContext

    from a2e_async._bulk.open_run import OpenRun
    from a2e_async._bulk.outcomes import Outcome
    from a2e_async.client import A2E

__all__ = ["Delivery", "GivenBack", "OverBudget"]

logger = logging.getLogger("a2e_async")

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0  # seconds between two tries; doubled with each
# Seconds for which a job that may cost too much keeps its place, so that not all are tried at once.
_OVER_BUDGET = 10.0
_SAME = 60.0  # seconds until the same warning is logged again
_SHOWN = 300  # characters of an error in the log
_MOST = 5  # tries of what may pass by itself, and concerns one job

_MAY_PASS = (TransportError, UploadError, DownloadError)


class GivenBack(Exception):
    """The worker ends before the job did. Another worker goes on with it."""


class OverBudget(Exception):
    """The job could exceed the budget."""


class Delivery:
    """Carries out messages through one open run of this process.

    Args:
        a2e: the client.
        make_run: makes the run.
        on_outcome: called with the Outcome of each job.

    Attributes:
        under_way: the ids of the messages that are being carried out.
        worker_id: the id under which procrastinate knows the worker that got the last message.
    """

    def __init__(
        self,
        a2e: A2E,
        make_run: Callable[[], OpenRun],
        on_outcome: Callable[[Outcome[Any]], object] | None = None,
    ) -> None:
        make_run()  # what is wrong with the settings is said here
        self._a2e = a2e
        self._make_run = make_run
        self._on_outcome = on_outcome

        self._run: OpenRun | None = None
        self._loop: Any = None
        self._opening = asyncio.Lock()
        self._leaving = False
        self._draining = asyncio.Event()

        self._scopes: set[anyio.CancelScope] = set()
        self._said: dict[str, float] = {}
        self.under_way: set[int | None] = set()
        self.worker_id: int | None = None

    async def run(self) -> OpenRun:
        """The run of this event loop, entered with the first call. It ends with the loop, if not before."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._run, self._opening = loop, None, asyncio.Lock()
        async with self._opening:
            if self._run is None:
                run = self._make_run()
                await run.__aenter__()
                self._run = run
        return self._run

    async def leave(self) -> None:
        """Leave the run: the starts under way are completed, and the jobs are free for other workers."""
        run, self._run = self._run, None
        if run is not None:
            await run.__aexit__(None, None, None)

    def drain(self) -> None:
        """Give back the messages whose jobs wait for something before they can be started."""
        self._draining.set()

    def give_back(self) -> None:
        """Give all messages back to the queue: those under way, and any that still comes."""
        self._leaving = True
        for scope in tuple(self._scopes):
            scope.cancel()

    async def carry_out(self, context: JobContext, message: Mapping[str, Any]) -> None:
        """Carry a message out, to the end of its job.

        Raises:
            GivenBack: this worker ends before.
            OverBudget: the job could exceed the budget.
            A2EError: how the job ended, if without a result.
        """
        self.worker_id = context.job.worker_id
        self.under_way.add(context.job.id)
        scope = anyio.CancelScope()
        self._scopes.add(scope)

        try:
            with scope:
                if self._leaving:
                    raise GivenBack
                await self._carry_out(message)
        except asyncio.CancelledError:
            if context.abort_reason() is AbortReason.USER_REQUEST:
                raise JobAborted from None
            raise
        finally:
            self._scopes.discard(scope)
            self.under_way.discard(context.job.id)

        if scope.cancelled_caught:
            raise GivenBack

    async def _carry_out(self, message: Mapping[str, Any]) -> None:
        try:
            job = self._a2e.job(message)
        except InvalidArgument as error:
            logger.warning("queue: a message is not a job: %s", error)
            raise

        outcome = await self._outcome(job)
        if self._on_outcome is not None:
            try:
                self._on_outcome(outcome)
            except Exception:  # the job has ended whatever its listener does
                logger.exception("on_outcome failed")
        if outcome.error is not None:
            raise outcome.error

    async def _outcome(self, job: Any) -> Outcome[Any]:
        """The Outcome of a job. While no job can be started, this waits."""
        pause, tries = _FIRST_PAUSE, 0
        while True:
            asked = await self._asked(job)
            if isinstance(asked, BudgetReached):
                self._warn("%s; the job is tried again later", asked)
                await self._hold(_OVER_BUDGET)
                raise OverBudget from asked

            if isinstance(asked, Exception):
                self._warn("%s; jobs wait, and are tried again", asked)
            elif isinstance(asked.error, WaitTimeout):
                self._warn("%s; waiting on", asked.error)
                continue
            else:
                tries += 1
                if tries >= _MOST or not isinstance(asked.error, _MAY_PASS):
                    return asked
            await self._hold(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _hold(self, seconds: float) -> None:
        """Wait with a job.

        Raises:
            GivenBack: the worker is to end.
        """
        with anyio.move_on_after(seconds):
            await self._draining.wait()
        if self._draining.is_set():
            raise GivenBack

    async def _asked(self, job: Any) -> Outcome[Any] | Exception:
        """What the run says: the Outcome, or why no job can be started now."""
        try:
            run = await self.run()
            outcome: Outcome[Any] = await run.outcome(job)
        except Exception as error:
            return error

        problem = outcome.error
        if problem is None or outcome.result is not None or run.stopped is None:
            return outcome
        return problem if concerns_account(problem) or isinstance(problem, JournalError) else outcome

    def _warn(self, text: str, error: Exception) -> None:
        problem = f"{type(error).__name__}: {error}"[:_SHOWN]
        kind = f"{text}{type(error).__name__}"
        now = time.monotonic()
        if now - self._said.get(kind, float("-inf")) >= _SAME:
            self._said[kind] = now
            logger.warning(text, problem)
