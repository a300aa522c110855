"""What every generated resource inherits."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, cast

from a2e_async.errors import ConfigurationError
from a2e_async.jobs import Job, Result, Task
from a2e_async.operations import CallOptions, Operation, checked_id, total_of
from a2e_async.pages import Page, Pages
from a2e_async.readback import ReadBack, Routes
from a2e_async.records import TaskRecord
from a2e_async.transport import decode

if TYPE_CHECKING:
    from a2e_async.events import Events
    from a2e_async.polling import Source
    from a2e_async.runtime import Runtime
    from a2e_async.transport import Transport

__all__ = ["Client", "Resource", "Routes", "Workflow"]

T = TypeVar("T")
RecordT = TypeVar("RecordT", bound=TaskRecord)


class Client(Protocol):
    """What a resource needs of the client that it hangs on."""

    @property
    @abstractmethod
    def runtime(self) -> Runtime:
        """The parts of the client that belong to the running event loop."""


class Resource:
    """Operations under one first path segment of the API.

    Args:
        client: sends the requests.
    """

    name: ClassVar[str]

    def __init__(self, client: Client) -> None:
        self.client = client

    def __repr__(self) -> str:
        return f"<a2e.{self.name}>"

    async def _request(self, operation: Operation[T], values: Mapping[str, Any], options: CallOptions) -> T:
        call = operation.call(values, options)
        runtime = self.client.runtime
        async with runtime.http.open():
            return await runtime.transport.request(operation, await runtime.with_uploads(call))

    def _pages(
        self, operation: Operation[Sequence[T]], values: Mapping[str, Any], options: CallOptions
    ) -> Pages[T]:
        call = operation.call(values, options)

        async def fetch(query: Mapping[str, Any]) -> Page[T]:
            page = call.with_query(query)
            data = await self.client.runtime.transport.send(page, repeatable=operation.repeatable)
            return Page(decode(operation, page, data), total_of(data))

        return Pages(fetch, operation, call)

    def _stream(self, operation: Operation[Any], values: Mapping[str, Any], options: CallOptions) -> Events:
        from a2e_async.events import Events

        return Events(self.client, operation.call(values, options))


class Workflow(Resource, Generic[RecordT]):
    """A resource that can start tasks. Calling it makes a Job; nothing is sent yet."""

    record_type: ClassVar[type[TaskRecord]]
    routes: ClassVar[Routes]

    def task(self, id: str) -> Task[RecordT]:
        """Take up a task of an earlier process.

        Args:
            id: the task's id.

        Returns:
            The Task. Nothing is sent; its record is empty until it is waited for or refreshed.

        Raises:
            InvalidArgument: that cannot be an id.

        Example:
            ```python
            result = await a2e.image_to_video.task("67d2…").wait()
            ```
        """
        return Task(self, [{"_id": checked_id("id", id)}])

    def decode(self, raw: Mapping[str, Any]) -> RecordT:
        """The typed record of a task's JSON object."""
        return cast(RecordT, self.record_type.decode(raw))

    def read_back(self, transport: Transport) -> Source:
        """Where the poller reads this workflow's tasks."""
        return ReadBack(self.routes, transport)

    def require_readable(self) -> None:
        """Refuse to wait where the API offers no way to learn what became of a task.

        Raises:
            ConfigurationError: it does not.
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

    async def _finished(
        self,
        operation: Operation[Any],
        values: Mapping[str, Any],
        options: CallOptions,
        *,
        timeout: float | None,
    ) -> Result[RecordT]:
        """The result of an operation that answers 202 until there is one."""
        from a2e_async.readiness import finished

        return await finished(self.task(values["id"]), operation.call(values, options), timeout)
