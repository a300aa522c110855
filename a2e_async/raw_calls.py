"""Calls of a client that no generated method makes: operations and families newer than this release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from a2e_async._spec.operation import CallOptions
from a2e_async.records import TaskRecord

if TYPE_CHECKING:
    from a2e_async.jobs import Job
    from a2e_async.runtime import Runtime

__all__ = ["RawCalls"]


class RawCalls:
    """The methods of a client that name an operation or a family by its path."""

    @property
    def runtime(self) -> Runtime:
        """The parts of the client that belong to the running event loop."""
        raise NotImplementedError

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | float | bool] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool = False,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Call an operation unknown to this release, with the same authentication, errors and retries.

        When its answer is lost, it is sent again only if ``repeatable`` says that this does no harm.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: the path as in the service's documentation, starting with ``/api/v1/``.
            query: query parameters.
            body: a JSON object; files in it are uploaded and replaced by their URLs.
            repeatable: whether sending it twice does no more than sending it once, as for a read.
            options: see `CallOptions`.

        Returns:
            The ``data`` of the reply, as decoded from JSON.

        Raises:
            InvalidArgument: the method or the path is invalid. Nothing was sent.
            APIError, TransportError: as for every call.

        Example:
            ```python
            queue = await a2e.request("GET", "/api/v1/userNewThing/queueLevel", repeatable=True)
            ```
        """
        from a2e_async.by_convention import call_of

        operation, call = call_of(method, path, query, body, options, repeatable=repeatable)
        runtime = self.runtime
        async with runtime.session():
            return await runtime.transport.request(operation, await runtime.with_uploads(call))

    def workflow(self, name: str, body: Mapping[str, Any]) -> Job[TaskRecord]:
        """Make a Job of a family unknown to this release, by the API's conventions.

        The task is started by ``POST {name}/start``. It is read by ``batchDetail``, else ``{_id}``, else
        ``detail/{id}``, else the list, whichever exists. A start whose answer was lost is searched for in
        ``allRecords``.

        Args:
            name: the first path segment, for example ``userNewThing``.
            body: the JSON object to start with; files in it are uploaded and replaced by their URLs.

        Returns:
            The Job; its records are plain `TaskRecord` objects.

        Raises:
            InvalidArgument: the name is not a path segment, or the body is not a mapping.

        Example:
            ```python
            result = await a2e.workflow("userNewThing", {"prompt": "a red kite"}).run()
            ```
        """
        from a2e_async.by_convention import job_of

        return job_of(self, name, body)
