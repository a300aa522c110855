"""What every generated resource inherits."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from a2e_async._spec.field import checked_id
from a2e_async._spec.operation import CallOptions, Operation, Paging
from a2e_async._spec.routes import Routes
from a2e_async.errors import ConfigurationError, InvalidArgument, NotReady, WaitTimeout
from a2e_async.hints import Hinted
from a2e_async.jobs import Job
from a2e_async.pages import Page, Pages
from a2e_async.protocols import Client, NoRuntime
from a2e_async.records import TaskRecord, TaskRecordT_co
from a2e_async.tasks import Result, Task, check_timeout

if TYPE_CHECKING:
    from a2e_async._tasks.readers import TaskReader
    from a2e_async._transport.requests import Transport
    from a2e_async.events import Events
    from a2e_async.runtime import Runtime

__all__ = ["Resource", "Workflow", "makes_jobs"]

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 20.0  # seconds between two reads of what is not ready

T = TypeVar("T")


class Resource:
    """The operations of one resource of the API: those with the same first path segment.

    A copy of a resource is the resource itself. Pickled, it leaves its client behind.

    Args:
        client: sends the requests; None in a resource that was unpickled.
    """

    name: ClassVar[str]

    def __init__(self, client: Client | None) -> None:
        self.client = client

    def __repr__(self) -> str:
        return f"<a2e.{self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def with_client(self, client: Client) -> Self:
        """Return the resource of another client.

        Raises:
            InvalidArgument: it is not a client.
        """
        if not hasattr(type(client), "runtime"):
            raise InvalidArgument("client", f"{type(client).__name__} is not a client, like A2E")
        return self if client is self.client else type(self)(client)

    @property
    def runtime(self) -> Runtime:
        """The parts of the client that belong to the running event loop.

        Raises:
            ConfigurationError: the resource was unpickled and has no client, or no event loop is running.
        """
        return self._client().runtime

    def _client(self) -> Client:
        if self.client is None:
            raise NoRuntime(
                f"{self.name}: this was unpickled, and a client is never pickled; give it one with "
                "with_client(a2e), or a job with a2e.job(job)"
            )
        return self.client

    async def _request(self, operation: Operation[T], values: Mapping[str, Any], options: CallOptions) -> T:
        call = operation.call(values, options)
        runtime = self.runtime

        async with runtime.session():
            return await runtime.transport.request(operation, await runtime.with_uploads(call))

    def _pages(
        self, operation: Operation[Sequence[T]], values: Mapping[str, Any], options: CallOptions
    ) -> Pages[T]:
        call, paging = operation.call(values, options), operation.paging or Paging()

        async def fetch(query: Mapping[str, Any]) -> Page[T]:
            from a2e_async._spec.next_page import ahead_of  # only lists need it
            from a2e_async._transport.envelope import data_of

            page, transport = call.with_query(query), self.runtime.transport
            body = await transport.send(page, repeatable=operation.repeatable, whole=True)
            data = data_of(body)
            ahead = ahead_of(paging, call.path, query, data, body)
            return Page(operation.decode(page, data), ahead.total, ahead.more, ahead.next)

        return Pages(fetch, operation, call)

    def _stream(self, operation: Operation[Any], values: Mapping[str, Any], options: CallOptions) -> Events:
        from a2e_async.events import Events

        return Events(self._client(), operation.call(values, options))


class Workflow(Resource, Hinted, Generic[TaskRecordT_co]):
    """A resource that can start tasks. Call it to make a Job; nothing is sent yet."""

    by_convention: ClassVar[bool] = False  # this release does not know the family

    record_type: ClassVar[type[TaskRecord]]
    routes: ClassVar[Routes]

    def _hint(self, name: str) -> str | None:
        hint = super()._hint(name)
        return hint and hint.replace("{name}", self.name)

    def task(self, id: str) -> Task[TaskRecordT_co]:
        """Make the Task of a known id, for example one started by another process.

        Args:
            id: the task's id.

        Returns:
            The Task. Nothing is sent; its record is empty until it is waited for or refreshed.

        Raises:
            InvalidArgument: the id is not 1 to 128 letters, digits, ``_`` or ``-``.

        Example:
            ```python
            result = await a2e.text_to_image.task("67d2f1c0a8e5b3d4c6f70123").wait()
            ```
        """
        return Task(self, [{"_id": checked_id("id", id)}])

    def schema(self, method: str | None = None) -> dict[str, Any]:
        """What starting a task takes, as JSON Schema (2020-12).

        It has the type, limits and description of each keyword, which ones are required, and the rules
        between them. Where the service may take newer values than this release knows, the known ones are
        ``examples``.

        Args:
            method: another way to start tasks, such as ``continue_training`` of `a2e.video_twin`.

        Raises:
            InvalidArgument: no method of that name makes jobs.

        Example:
            ```python
            schema = a2e.text_to_image.schema()
            assert schema["required"] == ["prompt"]
            ```
        """
        from a2e_async._spec.schemas import schema_of  # few ask for it

        operation = self.start_operation(method)
        function = getattr(type(self), method or "__call__")
        return schema_of(f"{self.name}.{method}" if method else self.name, function, operation)

    def start_method(self, operation: Operation[Any]) -> str | None:
        """The name of the method that makes jobs with an operation; None if calling the workflow does."""
        start = self.routes.start
        if (operation.method, operation.path) == (start.method, start.path):
            return None
        module = vars(sys.modules[type(self).__module__])
        return next((name.lower() for name, value in module.items() if value is operation), None)

    def start_operation(self, method: str | None) -> Operation[Any]:
        """The operation that a method makes jobs with; see `start_method`.

        Raises:
            InvalidArgument: no method of that name makes jobs.
        """
        if method is None:
            return self.routes.start

        # A method that reads or deletes must not be run as a job, whatever a message says.
        name = method if isinstance(method, str) else ""
        found = vars(sys.modules[type(self).__module__]).get(name.upper())
        if not makes_jobs(getattr(type(self), name, None)) or not isinstance(found, Operation):
            raise InvalidArgument("method", f"{method!r} is not a method of {self!r} that makes jobs")
        return found

    async def delete_task(self, task_id: str) -> None:
        """Delete a task by its id; see `Task.delete`.

        Raises:
            ConfigurationError: the API cannot delete tasks of this workflow. Nothing was sent.
        """
        operation = self.routes.delete
        if operation is None:
            raise ConfigurationError(f"{self.name}: the API has no way to delete these tasks")

        wanted = {field.name: task_id for field in operation.fields if field.required}
        await self._request(operation, wanted, {})

    def decode(self, raw: Mapping[str, Any]) -> TaskRecordT_co:
        """Make the typed record of a task's JSON."""
        return cast(TaskRecordT_co, self.record_type.decode(raw))

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
                "give the client webhooks, A2E(webhooks=...), or use start() with a webhook_url of your own"
            )

    def _job(
        self, operation: Operation[Any], values: Mapping[str, Any], options: CallOptions
    ) -> Job[TaskRecordT_co]:
        call = operation.call(values, options)
        return Job(self, operation, call)

    async def _wait_until_ready(
        self,
        operation: Operation[Any],
        values: Mapping[str, Any],
        options: CallOptions,
        *,
        timeout: float | None,
    ) -> Result[TaskRecordT_co]:
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


def makes_jobs(method: Any) -> bool:
    """Whether a method of a workflow's class makes jobs, as its annotations say."""
    returned = getattr(method, "__annotations__", {}).get("return", "")
    return str(returned).startswith("Job[")
