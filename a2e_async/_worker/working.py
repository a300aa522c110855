"""A worker: takes messages and carries them out, until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import anyio
import attrs
import procrastinate
from procrastinate.exceptions import ConnectorException

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.leases import beat_interval
from a2e_async._worker import names
from a2e_async._worker.connector import PatientConnector, opened, translated
from a2e_async._worker.delivery import Delivery
from a2e_async._worker.messages import blueprint_of
from a2e_async._worker.others import Others
from a2e_async._worker.rescue import keep_rescuing
from a2e_async._worker.schema import make_tables
from a2e_async.task_groups import in_thread

__all__ = ["Work", "work"]

logger = logging.getLogger("a2e_async")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LONGEST_POLL = 5.0  # seconds between two looks for messages that nobody announced
_SETTLING = 10.0  # seconds for giving messages back
_PAUSE = 1.0  # seconds before a worker that broke off begins again
_KEPT = 24 * 3600.0  # seconds for which a worker without a sign of life stays known: it may be asleep


@attrs.frozen
class Work:
    """How a worker works.

    Attributes:
        concurrency: the most messages at once.
        name: what procrastinate's log calls it.
        grace: seconds for which jobs under way go on after it was told to end.
        lease: seconds after which a worker without a sign of life is taken for dead.
        until_empty: whether it ends when the queue is empty, and the others are done; see `Others`.
        signals: whether it ends on SIGINT and SIGTERM.
        on_leaving: called when it begins to end, with the number of jobs under way.
    """

    concurrency: int
    name: str | None
    grace: float
    lease: float
    until_empty: bool
    signals: bool
    on_leaving: Callable[[int], object] | None = None


class _Leaving:
    """Whether the worker is to end: at leisure, or now."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.now = asyncio.Event()

    def ask(self) -> None:
        """End; asked twice, now."""
        (self.now if self.asked.is_set() else self.asked).set()


async def work(delivery: Delivery, url: DatabaseURL, how: Work) -> None:
    """Carry out messages until the worker is told to end.

    Raises:
        JournalError: the database cannot be used.
        InvalidArgument: other workers use the journal on other terms, or it is another account's.
    """
    await in_thread(make_tables, url)
    connector = PatientConnector(url)
    app = procrastinate.App(connector=connector)
    app.add_tasks_from(blueprint_of(delivery, rescue_after=None), namespace=names.NAMESPACE)

    leaving = _Leaving()
    async with opened(app, url), _entered(delivery):
        with _on_signals(leaving.ask if how.signals else None), translated(url):
            async with _in_background(keep_rescuing(app, connector, delivery, how.lease)):
                await _until_told(app, connector, delivery, how, leaving)


async def _until_told(
    app: procrastinate.App, connector: PatientConnector, delivery: Delivery, how: Work, leaving: _Leaving
) -> None:
    """Work until the queue is empty or the worker is asked to leave; then drain it within its grace time."""
    worker = asyncio.create_task(_keep_working(app, how), name="a2e_async worker")
    is_told = False

    try:
        await _first_of(worker, leaving.asked)
        if not worker.done():
            if how.on_leaving is not None:
                how.on_leaving(len(delivery.under_way))
            # It takes no more messages then, and waits for those under way. Cancelled twice, it would forget
            # them.
            is_told = worker.cancel()
            delivery.drain()
            await _first_of(worker, leaving.now, timeout=how.grace)
    finally:
        if not worker.done():
            delivery.give_back()
            connector.patient = False
            if not is_told:
                worker.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait({worker}, timeout=_SETTLING)

    if worker.done() and not worker.cancelled():
        worker.result()


async def _keep_working(app: procrastinate.App, how: Work) -> None:
    """Run procrastinate's worker. It ends by itself if it may end, or if something is wrong."""
    pause = min(_LONGEST_POLL, how.lease / 2)
    others = Others(app)
    others_have_ended = False

    while True:
        problem: BaseException | None = None

        try:
            await app.run_worker_async(
                queues=[names.QUEUE],
                name=how.name or "a2e",
                concurrency=how.concurrency,
                wait=not how.until_empty,
                fetch_job_polling_interval=pause,
                update_heartbeat_interval=beat_interval(how.lease),
                stalled_worker_timeout=max(_KEPT, how.lease),
                delete_jobs="successful",
                install_signal_handlers=False,
            )
            if how.until_empty:
                # What another worker had may have gone back to the queue after that was found empty.
                if others_have_ended:
                    return
                others_have_ended = await others.have_ended()
                if not others_have_ended:
                    await asyncio.sleep(pause)
                continue
        except ConnectorException as error:
            problem = error.__cause__ or error

        # Such as a row that another application has removed while this machine was asleep.
        logger.warning("queue: the worker broke off (%s), and begins again", problem or "see the log")
        await asyncio.sleep(_PAUSE)


@asynccontextmanager
async def _entered(delivery: Delivery) -> AsyncIterator[None]:
    await delivery.run()
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):
            await delivery.leave()


@asynccontextmanager
async def _in_background(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({task})
        if not task.cancelled() and task.exception() is not None:
            logger.warning("queue: messages were not looked after: %s", task.exception())


async def _first_of(task: asyncio.Task[None], event: asyncio.Event, timeout: float | None = None) -> None:
    """Wait until the task has ended or the event is set, or until the time is over."""
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({task, waiting}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


@contextmanager
def _on_signals(ask: Callable[[], None] | None) -> Iterator[None]:
    """Call `ask` on the first signal and on the second. The third one does what it did before."""
    if ask is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    taken = 0

    def take() -> None:
        nonlocal taken
        taken += 1
        ask()
        if taken == 2:
            restore()

    def restore() -> None:
        for number, handler in before.items():
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, handler)

    try:
        for number in _SIGNALS:
            loop.add_signal_handler(number, take)
    except NotImplementedError:  # Windows: Ctrl-C cancels the task that runs this
        yield
        return
    try:
        yield
    finally:
        restore()
