"""Bulk runs of a client."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from a2e_async.records import TaskRecordT
from a2e_async.tasks import DEFAULT_WAIT

if TYPE_CHECKING:
    from a2e_async._bulk.open_run import OpenRun
    from a2e_async._bulk.run import BulkRun
    from a2e_async._bulk.run_state import BulkClient
    from a2e_async.jobs import Job

__all__ = ["BulkRuns"]


class BulkRuns:
    """The method of a client that runs many jobs."""

    @overload
    def bulk(
        self: BulkClient,
        jobs: Iterable[Job[TaskRecordT]] | AsyncIterable[Job[TaskRecordT]],
        *,
        concurrency: int = 64,
        timeout: float = DEFAULT_WAIT,
        journal: str | Path | None = None,
        retries: int = 0,
        download_to: str | Path | None = None,
        max_coins: float | None = None,
        start_rate: float | None = None,
        finished: Literal["yield", "skip"] = "yield",
        changed: Literal["raise", "restart"] = "raise",
        on_update: Callable[[Job[TaskRecordT], TaskRecordT], Any] | None = None,
        account_concurrency: int | None = None,
        lease: float = 30.0,
    ) -> BulkRun[TaskRecordT]: ...

    @overload
    def bulk(
        self: BulkClient,
        jobs: None = None,
        *,
        concurrency: int = 64,
        timeout: float = DEFAULT_WAIT,
        journal: str | Path | None = None,
        retries: int = 0,
        download_to: str | Path | None = None,
        max_coins: float | None = None,
        start_rate: float | None = None,
        changed: Literal["raise", "restart"] = "raise",
        on_update: Callable[[Job[Any], Any], Any] | None = None,
        account_concurrency: int | None = None,
        lease: float = 30.0,
    ) -> OpenRun: ...

    def bulk(
        self: BulkClient,
        jobs: Iterable[Job[TaskRecordT]] | AsyncIterable[Job[TaskRecordT]] | None = None,
        *,
        concurrency: int = 64,
        timeout: float = DEFAULT_WAIT,
        journal: str | Path | None = None,
        retries: int = 0,
        download_to: str | Path | None = None,
        max_coins: float | None = None,
        start_rate: float | None = None,
        finished: Literal["yield", "skip"] = "yield",
        changed: Literal["raise", "restart"] = "raise",
        on_update: Callable[[Job[Any], Any], Any] | None = None,
        account_concurrency: int | None = None,
        lease: float = 30.0,
    ) -> BulkRun[TaskRecordT] | OpenRun:
        """Run many jobs: those of an iterable, or one by one those that come.

        Given jobs, the run returns their Outcomes as they complete. Without jobs it is an open run: ask it
        for one result at a time, from as many tasks as you like; see `OpenRun`.

        With a journal the run survives a crash. Run the same code again: finished jobs are read from the
        journal, accepted ones are waited for, starts whose outcome is unknown are searched for, and the rest
        is started, including jobs refused earlier unless the refusal was final. Jobs are recognised by their
        key (`Job.with_key`), else by workflow, body and the content of their files. Their order may change.
        A job that need not be started does not need its files any more.

        Several machines that share a journal share its jobs: run the same code on each of them. A job is
        started by one of them, and all get its result.

        The run stops starting jobs when coins run out, the account is refused, the budget is reached, or
        something must be mended on this machine: a host that is not known, a certificate that is not trusted,
        a folder that cannot be written to. While the service cannot be reached or refuses everything, or the
        disk is full, the whole run waits and one job tries again, for as long as ``timeout``; then it stops
        too. Running jobs are then finished, and `BulkRun.stopped` says why. Tasks that cannot be reached any
        more go on: the journal knows them. An error of the iterable, of the journal, of the settings or of
        ``download_to`` is raised by the ``async for`` after the Outcomes of the running jobs. An open run
        raises these errors to those who ask, and tries again with the next call.

        Args:
            jobs: an iterable or async iterable of Jobs. It is read lazily, only a few jobs ahead. None makes
                an open run.
            concurrency: the most tasks of this run on the server at once.
            timeout: seconds to wait for each task after its start was accepted.
            journal: a SQLite file, which is created if needed and which only one run at a time can use; or
                the URL of a PostgreSQL database that several machines share,
                ``postgresql://user:password@host/database`` (needs the extra ``postgres``).
            retries: how often a failed task is started, and paid for, again. Moderated tasks are not.
            download_to: a folder to download results to as they come, or the address of an object store
                such as "s3://bucket/prefix" (extra ``fsspec``). Files are named after the jobs' keys.
            max_coins: the most coins to spend; with a journal, coins spent by earlier processes, and by
                others that share it, count. A job is not started if it could exceed the limit. Its cost is
                its quote (`Job.with_quote`), else the service's quote, else the cost of similar jobs. The
                first job of an unknown price is started alone, and only that one can exceed the limit.
            start_rate: the most starts per second.
            finished: what to do with jobs finished by an earlier run: "yield" their Outcomes from the
                journal, or "skip" them. An open run always yields them.
            changed: what to do if a key belongs to a job in the journal that asked for something else:
                "raise" an `InvalidArgument` that says what differs, as the job's error, or "restart": make
                it a new job, which is paid for. Where results are sent to is not part of what was asked.
            on_update: called with the job and its record each time a task shows another status or progress,
                and at its end, as in `Task.wait`; may be async.
            account_concurrency: the most tasks at once of all runs that share the journal; None for no
                limit. In one process the smaller of this and ``concurrency`` counts.
            lease: seconds after which a process that shows no sign of life loses its jobs to the others that
                share the journal. At least 1; a file is not shared.

        Returns:
            The run. Enter it with ``async with`` and read it with ``async for``; an open run with
            ``await run.result(job)``.

        Raises:
            InvalidArgument: an argument is invalid, or on entering the run: the journal is another account's.
            JournalError: on entering the run: the journal is in use, damaged, or from a newer version.

        Example:
            ```python
            async with a2e.bulk(jobs, concurrency=64, journal="run.db", download_to="out") as run:
                async for outcome in run:
                    print(outcome.paths if outcome.result else outcome.error)
            print(run.summary())
            ```

            An open run, for a web application or the worker of a queue:

            ```python
            async with a2e.bulk(journal="run.db") as run:
                result = await run.result(a2e.text_to_image(prompt="a red kite").with_key("order-17"))
            ```
        """
        from a2e_async._bulk.settings import BulkSettings
        from a2e_async._journal.database_url import database_url_in

        # From here on no traceback can show the password of a database.
        database = database_url_in(journal)
        if database is not None:
            journal = None

        settings = BulkSettings(
            concurrency=concurrency,
            timeout=timeout,
            journal=database or journal,
            retries=retries,
            download_to=download_to,
            max_coins=max_coins,
            start_rate=start_rate,
            finished=finished,
            changed=changed,
            on_update=on_update,
            account_concurrency=account_concurrency,
            lease=lease,
        )
        if jobs is None:
            from a2e_async._bulk.open_run import OpenRun

            return OpenRun(self, settings)

        from a2e_async._bulk.run import BulkRun

        return BulkRun(self, jobs, settings)
