"""Jobs in a queue, carried out by workers on several machines. The queue is procrastinate's.

Queue and journal are in the same PostgreSQL database. The queue delivers each message at least once. The
journal makes sure that each job is started, and paid for, once. It needs the extra ``worker`` and asyncio.

```python
await enqueue(jobs, journal="postgresql://db/a2e")  # anywhere
await work(a2e, journal="postgresql://db/a2e")  # on each machine
```

The commands ``a2e enqueue``, ``a2e worker`` and ``a2e status`` do the same from a terminal. Who has an app
of procrastinate adds our task to it with `blueprint`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2e_async._worker.counts import Enqueued, Status, WorkerStatus
from a2e_async.checks import check_number, check_whole, shown
from a2e_async.errors import ConfigurationError, InvalidArgument
from a2e_async.tasks import DEFAULT_WAIT

if TYPE_CHECKING:
    import procrastinate

    from a2e_async._bulk.open_run import OpenRun
    from a2e_async._bulk.outcomes import Outcome
    from a2e_async._journal.database_url import DatabaseURL
    from a2e_async._worker.delivery import Delivery
    from a2e_async.client import A2E
    from a2e_async.jobs import Job

__all__ = ["Enqueued", "Status", "WorkerStatus", "app", "blueprint", "enqueue", "status", "work"]

_RESCUE_AFTER = 30.0  # seconds; a worker of procrastinate shows a sign of life every 10 seconds


async def enqueue(
    jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]],
    *,
    journal: str | None = None,
    app: procrastinate.App | None = None,
    priority: int = 0,
    schedule_at: datetime | None = None,
    upload: bool = True,
) -> Enqueued:
    """Put jobs into the queue, each once.

    A job is known by its key (`Job.with_key`), else by what it asks for. One that waits in the queue, is
    being worked on, or has a result in the journal is not put into the queue again. Equal jobs without
    keys are one job.

    Files are uploaded now, because the machines of the workers do not have them. The service keeps uploads
    for three days; what waits longer in the queue fails.

    Args:
        jobs: an iterable or async iterable of Jobs, read lazily.
        journal: the URL of the database, ``postgresql://user:password@host/database``. Tables are made if
            there are none.
        app: an open app of procrastinate, to use its connections. With ``journal`` too, the journal is asked
            which jobs are done; without it their messages are delivered and do nothing.
        priority: jobs of a higher one are carried out first. It may be negative.
        schedule_at: a datetime with a time zone, before which the jobs are not carried out.
        upload: False leaves files where they are: the messages name their paths, which all workers must
            have.

    Returns:
        How many jobs are in the queue now, were there before, and are done: ``queued``, ``waiting`` and
        ``done``.

    Raises:
        InvalidArgument: an argument is invalid, a job cannot be stored, its key belongs to a job that asks
            for something else, or the journal belongs to another account.
        UploadError: a file could not be uploaded.
        JournalError: the database cannot be used.
        ConfigurationError: the extra is missing, or the event loop is not asyncio's.

    Example:
        ```python
        jobs = [a2e.text_to_image(prompt="a red kite").with_key("order-17")]
        added = await enqueue(jobs, journal="postgresql://db/a2e", priority=5)
        print(added.queued, "of", len(jobs))
        ```
    """
    url = None if journal is None else _database(journal)
    _require()
    _check_priority(priority)
    if schedule_at is not None and (not isinstance(schedule_at, datetime) or schedule_at.tzinfo is None):
        raise InvalidArgument("schedule_at", f"{shown(schedule_at)} is not a datetime with a time zone")

    from a2e_async._worker.enqueuing import Enqueuer, open_queue

    make = partial(Enqueuer, journal=url, priority=priority, schedule_at=schedule_at, upload=upload)
    if app is not None:
        return await make(app).put(jobs)
    if url is None:
        raise InvalidArgument("journal", "give the URL of the database, or an app of procrastinate")
    async with open_queue(url) as own:
        return await make(own).put(jobs)


async def work(
    a2e: A2E,
    *,
    journal: str,
    concurrency: int = 64,
    timeout: float = DEFAULT_WAIT,
    retries: int = 0,
    download_to: str | Path | None = None,
    max_coins: float | None = None,
    start_rate: float | None = None,
    account_concurrency: int | None = None,
    lease: float = 30.0,
    name: str | None = None,
    grace: float = 30.0,
    until_empty: bool = False,
    on_outcome: Callable[[Outcome[Any]], object] | None = None,
    on_leaving: Callable[[int], object] | None = None,
    signals: bool = True,
) -> None:
    """Carry out the jobs of the queue. The same call on several machines shares them out.

    It ends on SIGTERM, on Ctrl-C, or when it is cancelled: it takes no more messages, and waits up to
    ``grace`` seconds for the jobs under way. Starts under way are completed in any case. What has not ended
    then goes back to the queue, and the next worker waits for the tasks that this one has started. A second
    signal means: now.

    A worker that is killed loses its jobs to the others after ``lease`` seconds. While the database is away,
    the worker waits for it. While no coins are left, the token is refused or the service is away, the jobs
    wait and are tried again, and a warning says why. A job that has failed is not delivered again, nor one
    whose start is uncertain (`SubmissionUncertain`).

    Args:
        a2e: the client.
        journal: the URL of the database, ``postgresql://user:password@host/database``. Tables are made if
            there are none.
        concurrency: the most jobs of this worker at once.
        timeout: seconds after which it warns of a task that has not ended. It goes on waiting.
        retries, download_to, max_coins, start_rate, account_concurrency, lease: see `A2E.bulk`.
        name: what procrastinate's log calls the worker.
        grace: seconds for which jobs under way go on after the worker was told to end.
        until_empty: end when the queue is empty, and what other workers had under way then has ended. If one
            of them has died, its jobs are carried out too.
        on_outcome: called with the `Outcome` of each job.
        on_leaving: called when the worker was told to end, with the number of jobs under way.
        signals: whether to end on SIGTERM and SIGINT. It is so in the main thread only.

    Raises:
        InvalidArgument: an argument is invalid, or other workers use the journal with other limits.
        JournalError: the database cannot be used.
        ConfigurationError: the extra is missing, or the event loop is not asyncio's.

    Example:
        ```python
        async with A2E() as a2e:
            await work(a2e, journal="postgresql://db/a2e", download_to="s3://bucket/out")
        ```
    """
    url = _database(journal)
    _require()
    delivery = _delivery(
        a2e,
        url,
        on_outcome,
        concurrency=concurrency,
        timeout=timeout,
        retries=retries,
        download_to=download_to,
        max_coins=max_coins,
        start_rate=start_rate,
        account_concurrency=account_concurrency,
        lease=lease,
    )
    from a2e_async._worker.working import Work, work

    how = Work(
        check_whole("concurrency", concurrency),
        name,
        check_number("grace", grace, unit="seconds"),
        check_number("lease", lease, unit="seconds"),
        until_empty,
        signals,
        on_leaving,
    )
    await work(delivery, url, how)


async def status(journal: str) -> Status:
    """Return the state of the queue: what waits in it, and what the workers have done with the rest.

    Nothing is written, and no worker has to wait.

    Args:
        journal: the URL of the database.

    Returns:
        The numbers of jobs: ``queued``, ``running``, ``done``, ``failed`` and ``uncertain``; ``coins``,
        ``starts_per_minute``, and the ``workers``.

    Raises:
        InvalidArgument: the URL is invalid.
        JournalError: there is no journal, or it cannot be read.
        ConfigurationError: the extra is missing, or the event loop is not asyncio's.
    """
    url = _database(journal)
    _require()
    from a2e_async._worker.status import status_of

    return await status_of(url)


def app(
    a2e: A2E,
    *,
    journal: str,
    concurrency: int = 64,
    timeout: float = DEFAULT_WAIT,
    retries: int = 0,
    download_to: str | Path | None = None,
    max_coins: float | None = None,
    start_rate: float | None = None,
    account_concurrency: int | None = None,
    lease: float = 30.0,
) -> procrastinate.App:
    """Make an app of procrastinate that carries out jobs: for its own command line, or to add tasks to it.

    Args:
        a2e: the client.
        journal: the URL of the database, for the queue too.
        concurrency, timeout, retries, download_to, max_coins, start_rate, account_concurrency, lease: see
            `A2E.bulk`.

    Returns:
        The app, with `blueprint` added to it.

    Raises:
        InvalidArgument: an argument is invalid.
        ConfigurationError: the extra is missing.

    Example:
        ```python
        queue = worker.app(A2E(), journal="postgresql://db/a2e")  # procrastinate --app=module.queue worker
        ```
    """
    made = blueprint(
        a2e,
        journal=journal,
        concurrency=concurrency,
        timeout=timeout,
        retries=retries,
        download_to=download_to,
        max_coins=max_coins,
        start_rate=start_rate,
        account_concurrency=account_concurrency,
        lease=lease,
    )
    import procrastinate

    from a2e_async._worker import names
    from a2e_async._worker.connector import PatientConnector

    app = procrastinate.App(connector=PatientConnector(_database(journal)))
    app.add_tasks_from(made, namespace=names.NAMESPACE)
    return app


def blueprint(
    a2e: A2E,
    *,
    journal: str,
    concurrency: int = 64,
    timeout: float = DEFAULT_WAIT,
    retries: int = 0,
    download_to: str | Path | None = None,
    max_coins: float | None = None,
    start_rate: float | None = None,
    account_concurrency: int | None = None,
    lease: float = 30.0,
) -> procrastinate.Blueprint:
    """Make the tasks that carry out jobs, to add to an app of your own.

    The task ``a2e:job`` takes a job as `Job.to_dict` gives it. Each process has one open run for all its
    messages, from the first one on. The task ``a2e:rescue`` gives the messages of workers that are gone back
    to the queue, once a minute. Both are in the queue ``a2e``.

    Args:
        a2e: the client.
        journal: the URL of the database, which may be another one than the app's.
        concurrency, timeout, retries, download_to, max_coins, start_rate, account_concurrency, lease: see
            `A2E.bulk`.

    Raises:
        InvalidArgument: an argument is invalid.
        ConfigurationError: the extra is missing.

    Example:
        ```python
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
        app.add_tasks_from(worker.blueprint(A2E(), journal=url), namespace="a2e")
        ```
    """
    url = _database(journal)
    _require_extra()
    delivery = _delivery(
        a2e,
        url,
        None,
        concurrency=concurrency,
        timeout=timeout,
        retries=retries,
        download_to=download_to,
        max_coins=max_coins,
        start_rate=start_rate,
        account_concurrency=account_concurrency,
        lease=lease,
    )
    from a2e_async._worker.messages import blueprint_of

    return blueprint_of(delivery, rescue_after=max(_RESCUE_AFTER, lease))


def _delivery(
    a2e: A2E, url: Any, on_outcome: Callable[[Outcome[Any]], object] | None, **settings: Any
) -> Delivery:
    from a2e_async._worker.delivery import Delivery

    def make_run() -> OpenRun:
        run: OpenRun = a2e.bulk(journal=url, **settings)
        return run

    return Delivery(a2e, make_run, on_outcome)


def _database(journal: Any) -> DatabaseURL:
    """The URL of the database.

    Raises:
        InvalidArgument: it is not the URL of a database.
    """
    from a2e_async._journal.database_url import database_url_in

    url = database_url_in(journal)
    if url is None:
        raise InvalidArgument("journal", f"{shown(journal)} is not the URL of a database (postgresql://...)")
    return url.checked()


def _check_priority(priority: Any) -> None:
    if type(priority) is not int or not -(2**31) <= priority < 2**31:
        raise InvalidArgument("priority", f"{shown(priority)} is not a whole number of 32 bits")


def _require() -> None:
    """Require the extra, and asyncio.

    Raises:
        ConfigurationError: one of them is missing.
    """
    _require_extra()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError("procrastinate runs on asyncio only, not on trio") from None


def _require_extra() -> None:
    try:
        import procrastinate  # noqa: F401 - only whether it is there
        import psycopg_pool  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            f"the queue needs the extra 'worker': pip install 'a2e-async[worker]' ({error})"
        ) from None
