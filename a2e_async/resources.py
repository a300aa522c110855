"""What every generated resource inherits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from a2e_async._spec.field import checked_id
from a2e_async._spec.operation import CallOptions, Operation, total_of
from a2e_async._spec.routes import Routes
from a2e_async.errors import ConfigurationError, NotReady, WaitTimeout
from a2e_async.jobs import Job
from a2e_async.pages import Page, Pages
from a2e_async.protocols import Client
from a2e_async.records import TaskRecord
from a2e_async.tasks import Result, Task, check_timeout

if TYPE_CHECKING:
    from a2e_async._tasks.readers import TaskReader
    from a2e_async._transport.requests import Transport
    from a2e_async.events import Events
    from a2e_async.runtime import Runtime

__all__ = ["Resource", "Workflow"]

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 20.0  # seconds between two reads of what is not ready

T = TypeVar("T")
RecordT = TypeVar("RecordT", bound=TaskRecord)


class Resource:
    """The operations of one resource of the API: those with the same first path segment.

    Args:
        client: sends the requests.
    """

    name: ClassVar[str]

    def __init__(self, client: Client) -> None:
        self.client = client

    def __repr__(self) -> str:
        return f"<a2e.{self.name}>"

    @property
    def runtime(self) -> Runtime:
        """The parts of the client that belong to the running event loop."""
        return self.client.runtime

    async def _request(self, operation: Operation[T], values: Mapping[str, Any], options: CallOptions) -> T:
        call = operation.call(values, options)
        runtime = self.runtime

        async with runtime.session():
            return await runtime.transport.request(operation, await runtime.with_uploads(call))

    def _pages(
        self, operation: Operation[Sequence[T]], values: Mapping[str, Any], options: CallOptions
    ) -> Pages[T]:
        call = operation.call(values, options)

        async def fetch(query: Mapping[str, Any]) -> Page[T]:
            page = call.with_query(query)
            data = await self.runtime.transport.send(page, repeatable=operation.repeatable)
            return Page(operation.decode(page, data), total_of(data))

        return Pages(fetch, operation, call)

    def _stream(self, operation: Operation[Any], values: Mapping[str, Any], options: CallOptions) -> Events:
        from a2e_async.events import Events

        return Events(self.client, operation.call(values, options))


class Workflow(Resource, Generic[RecordT]):
    """A resource that can start tasks. Call it to make a Job; nothing is sent yet."""

    record_type: ClassVar[type[TaskRecord]]
    routes: ClassVar[Routes]

    def task(self, id: str) -> Task[RecordT]:
        """Make the Task of a known id, for example one started by another process.

        Args:
            id: the task's id.

        Returns:
            The Task. Nothing is sent; its record is empty until it is waited for or refreshed.

        Raises:
            InvalidArgument: the id is not 1 to 128 letters, digits, ``_`` or ``-``.

        Example:
            ```python
            result = await a2e.image_to_video.task("67d2…").wait()
            ```
        """
        return Task(self, [{"_id": checked_id("id", id)}])

    def decode(self, raw: Mapping[str, Any]) -> RecordT:
        """Make the typed record of a task's JSON."""
        return cast(RecordT, self.record_type.decode(raw))

    def reader(self, transport: Transport) -> TaskReader:
        """Return the reader that the poller uses for this workflow's tasks."""
        from a2e_async._tasks.readers import RouteReader

        return RouteReader(self.routes, transport)

    def require_readable(self) -> None:
        """Check that the API has a route that reports on this workflow's tasks.

        Raises:
            ConfigurationError: it has none, so nothing can be waited for.
        """
        if not self.routes.readable:
            raise ConfigurationError(
                f"{self.name}: the API has no way to read these tasks back, so nothing can be waited for; "
                "use start() with a webhook_url if you mean it"
            )

    def _job(
        self, operation: Operation[Any], values: Mapping[str, Any], options: CallOptions
    ) -> Job[RecordT]:
        call = operation.call(values, options)
        return Job(self, operation, call)

    async def _wait_until_ready(
        self,
        operation: Operation[Any],
        values: Mapping[str, Any],
        options: CallOptions,
        *,
        timeout: float | None,
    ) -> Result[RecordT]:
        """Repeat a read that is answered with 202 until there is a result.

        Args:
            operation, values, options: the read.
            timeout: seconds to wait; None returns or fails at the first answer.

        Raises:
            NotReady: there is no result yet, and no timeout was given.
            WaitTimeout: there was none when the timeout had passed.
        """
        if timeout is not None:
            timeout = check_timeout(timeout)
        call = operation.call(values, options)
        task = self.task(values["id"])
        runtime = self.runtime
        clock = runtime.policies.clock
        began = clock.now()
        pause = _FIRST_PAUSE

        with clock.move_on_after(math.inf if timeout is None else timeout):
            async with runtime.session():
                while True:
                    try:
                        data = await runtime.transport.send(call, repeatable=True)
                    except NotReady:
                        if timeout is None:
                            raise
                    else:
                        raw = {"_id": task.id, **(data if isinstance(data, Mapping) else {"result": data})}
                        return Result(task=task, records=(self.decode(raw),), elapsed=clock.now() - began)
                    await clock.sleep(pause)
                    pause = min(pause * 1.5, _LONGEST_PAUSE)

        raise WaitTimeout(f"{call.method} {call.path} is not ready after {timeout:g} s; ask again", task=task)
