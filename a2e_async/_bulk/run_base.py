"""What all bulk runs have in common: they are entered, left and looked at in the same way."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from a2e_async._bulk.opening import open_state
from a2e_async._bulk.outcomes import Counts, Summary
from a2e_async._bulk.run_life import RunLife
from a2e_async._bulk.run_state import BulkClient, RunState
from a2e_async._bulk.settings import BulkSettings
from a2e_async.errors import ConfigurationError, InvalidArgument
from a2e_async.event_loops import caller_of_this_loop, running_loop, start_in_background
from a2e_async.hints import NotAwaited, NotIterated, NotWith
from a2e_async.task_groups import first_error, in_thread

if TYPE_CHECKING:
    from a2e_async._gallery.writing import Gallery
    from a2e_async._journal.journal import Journal
    from a2e_async._journal.uncertain import UncertainStart
    from a2e_async.runtime import Runtime

__all__ = ["Run"]


class Run(NotAwaited, NotIterated, NotWith, ABC):
    """A bulk run, whatever its jobs come from.

    All that is done for it happens in a task of its own, which belongs to the event loop in which the block
    was entered.
    """

    _repeats = False  # whether a job may come again

    def __init__(self, client: BulkClient, settings: BulkSettings) -> None:
        self._client = client
        self._settings = settings
        self._counts = Counts()
        self._life: RunLife | None = None
        self._galleries: list[Gallery] = []
        self._missing = 0
        self._requests: Callable[[], int] = lambda: 0

    @property
    @abstractmethod
    def stopped(self) -> Exception | None:
        """Why the run starts no jobs; None while it runs normally."""

    @abstractmethod
    def _begin(self) -> None:
        """Make what the run needs in its event loop."""

    @abstractmethod
    async def _work(self, life: RunLife, state: RunState) -> None:
        """Run the jobs."""

    @abstractmethod
    def _on_stop(self) -> None:
        """The run stops starting jobs; the reason is in its state."""

    @abstractmethod
    def _on_left(self) -> None:
        """The block was left. What is under way is not settled yet."""

    @abstractmethod
    def _on_closed(self) -> None:
        """Nothing of the run is left."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}{repr(self.summary()).removeprefix('Summary')}"

    def summary(self) -> Summary:
        """The run in numbers so far."""
        return self._counts.summary(requests=self._requests(), left=self._missing, stopped=self.stopped)

    def gallery(self, path: str | os.PathLike[str], *, title: str | None = None) -> Path:
        """Show the run on a page: what each job was given, what it made, its cost, and why others failed.

        Call it before the run is read. The page is written every half minute while the run goes on, and at
        the end, also if the run is broken off. It needs no network if the run downloads its results
        (``download_to``): page and files can be moved together. Without that, it shows the service's links,
        which expire. Outcomes are not kept in memory for it.

        Jobs of earlier runs are on the page too, as the journal knows them, unless they are skipped
        (``finished="skip"``).

        Args:
            path: the page, such as ``out/index.html``, or its folder. An older gallery there is replaced.
            title: the page's title; by default after its folder.

        Returns:
            The path of the page.

        Raises:
            InvalidArgument: nothing can be written there, or another page is there.
            ConfigurationError: the run is over. There is `a2e_async.gallery` for outcomes that you kept.

        Example:
            ```python
            async with a2e.bulk(jobs, download_to="out") as run:
                run.gallery("out/index.html")
                async for outcome in run:
                    ...
            ```
        """
        if self._life is not None and self._life.is_left:
            raise ConfigurationError(
                "this bulk run is over, and does not keep its outcomes: call run.gallery(path) before you "
                "read the run, or give the outcomes that you kept to a2e_async.gallery(outcomes, path)"
            )
        from a2e_async._gallery.writing import Gallery  # few runs are shown

        page = Gallery(path, title=title, missed=self.summary().jobs, repeats=self._repeats)
        self._galleries.append(page)
        self._counts.listeners.append(page.add)
        return page.path

    async def uncertain(self) -> Sequence[UncertainStart]:
        """The starts in the journal of which it is not known whether they made a task.

        Starts that this run is sending, or searching for, are not among them. Call it inside the run's
        ``async with``. To decide them without running anything, give the run an empty list of jobs.

        Returns:
            The starts, the oldest first. Search for each in the workflow's list, and then `bind` it to its
            task or `release` it.

        Raises:
            JournalError: the journal cannot be read.

        Example:
            ```python
            async with a2e.bulk([], journal="run.db") as run:
                for start in await run.uncertain():
                    print(start.key, start.workflow, start.marker)
            ```
        """
        state, journal = self._open_journal()
        return await journal.uncertain(state.under_way)

    async def release(self, start: UncertainStart) -> None:
        """Declare that an uncertain start has made no task.

        The next run starts its job again, and pays. So does this one, if it is an open run and is asked for
        the job.

        Args:
            start: one of `uncertain`.

        Raises:
            InvalidArgument: its outcome is known by now, or this run is working on it.
        """
        await self._open_journal(start)[1].release(start)

    async def bind(self, start: UncertainStart, task_id: str) -> None:
        """Declare which task an uncertain start has made.

        The next run waits for this task. So does this one, if it is an open run and is asked for the job.

        Args:
            start: one of `uncertain`.
            task_id: the id of the task.

        Raises:
            InvalidArgument: the outcome of the start is known by now, this run is working on it, or the task
                is that of another job.
        """
        await self._open_journal(start)[1].bind(start, task_id)

    def _open_journal(self, start: UncertainStart | None = None) -> tuple[RunState, Journal]:
        """The state and the journal of the run, to decide an uncertain start."""
        state = self._entered_here("ask for uncertain starts").state
        if state is None or state.journal is None:
            raise InvalidArgument("journal", "this run has none, so it keeps no uncertain starts")
        if start is not None and getattr(start, "number", None) in state.under_way:
            raise InvalidArgument("start", f"this run is working on the start of {start.key!r}")
        return state, state.journal

    def _entered(self, what: str) -> RunLife:
        """The parts of the run, inside its block.

        Raises:
            ConfigurationError: the block was not entered, or left.
        """
        if self._life is None or self._life.is_left:
            raise ConfigurationError(f"{what} inside the `async with` of the bulk run")
        return self._life

    def _entered_here(self, what: str) -> RunLife:
        """The parts of the run, inside its block and in its event loop.

        Raises:
            ConfigurationError: the block was not entered, or left, or belongs to another event loop.
        """
        life = self._entered(what)
        if life.loop is not running_loop():
            raise ConfigurationError(f"{what} in the event loop in which the bulk run was entered")
        return life

    async def __aenter__(self) -> Self:
        if self._life is not None:
            raise ConfigurationError("this bulk run has been used; make another one")

        runtime = self._client.runtime
        policies, transport = runtime.policies, runtime.transport
        before = transport.requests
        self._requests = lambda: transport.requests - before

        self._begin()
        life = RunLife(
            running_loop(), caller_of_this_loop(), policies.clock, policies.start.grace, self._on_left
        )
        self._life = life
        start_in_background(partial(self._live, life, runtime), "a2e_async bulk run")

        try:
            await life.opened.wait()
        except BaseException:
            await life.leave()
            raise
        if life.state is None:
            life.is_left = True
            raise life.failure or ConfigurationError("the event loop has ended")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        life = self._life
        if life is None or life.is_left:
            return
        if life.loop is not running_loop():
            if not life.leave_from_elsewhere():
                self._on_closed()
            for page in self._galleries:
                page.save_and_close()
            return

        try:
            await life.leave(error)
        finally:
            with anyio.CancelScope(shield=True):
                for page in self._galleries:
                    await in_thread(page.save_and_close)
        sent = self._requests()
        self._requests = lambda: sent
        if error is None and life.failure is not None:
            raise life.failure

    async def _live(self, life: RunLife, runtime: Runtime) -> None:
        """All that is done for the run, from its opening to its end, in a task of its own."""
        try:
            async with AsyncExitStack() as resources:
                with life.scope:
                    await resources.enter_async_context(runtime.session())
                    life.state = await open_state(
                        self._client,
                        self._settings,
                        self._counts,
                        resources,
                        runtime=runtime,
                        on_stop=self._on_stop,
                        repeats=self._repeats,
                    )
                    life.opened.set()
                    await self._work(life, life.state)

                # The journal stays open for as long as the block is not left.
                life.ended.set()
                await life.left.wait()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseExceptionGroup as errors:
            life.failure = first_error(errors)
        except BaseException as error:
            life.failure = error
        finally:
            self._on_closed()
            for event in (life.opened, life.ended, life.closed):
                event.set()
