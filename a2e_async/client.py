"""A2E: the client."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, overload
from weakref import WeakKeyDictionary

from a2e_async.api import Api
from a2e_async.bulk_runs import BulkRuns
from a2e_async.checks import check_positive, check_whole
from a2e_async.errors import ConfigurationError
from a2e_async.files import Files
from a2e_async.hints import Hinted, NotAwaited, NotWith
from a2e_async.policies import Lateness, RetryPolicy, StartPolicy, policy_from
from a2e_async.protocols import NoRuntime
from a2e_async.raw_calls import RawCalls
from a2e_async.records import TaskRecord, TaskRecordT
from a2e_async.settings import BaseURL, Settings, Token, http_library_from, user_agent_from

if TYPE_CHECKING:
    import httpx

    from a2e_async._files.upload_cache import UploadCache
    from a2e_async.announcer import Announcer, Listener
    from a2e_async.api.account import Balance
    from a2e_async.catalogue import WorkflowInfo
    from a2e_async.clock import Clock
    from a2e_async.jobs import Job
    from a2e_async.quotes import Quote
    from a2e_async.resources import Workflow
    from a2e_async.row_jobs import Frame, RowJobs
    from a2e_async.runtime import Runtime
    from a2e_async.sessions import Sessions
    from a2e_async.tracing import Tracing
    from a2e_async.webhooks import Webhooks

__all__ = ["A2E"]


class A2E(Api, BulkRuns, Files, RawCalls, Hinted, NotAwaited, NotWith):
    """The A2E media generation API.

    Use it as ``async with A2E() as a2e``: connections then stay open until the block ends. It works
    without the block too, but then connections are closed whenever nothing is running. One client can
    serve several event loops, one after another or at once; each gets its own connections.

    Args:
        token: the API token; by default from A2E_API_TOKEN, else from the file that ``a2e init`` writes.
        base_url: the address of the API; by default from A2E_BASE_URL, else https://video.a2e.ai. It may
            contain a path prefix, and may end in /api/v1.
        allow_http: send the token over plain http to a host other than this machine.
        timeout: seconds that an API request may take in all, and that a file may take without any progress.
        max_connections: the most API requests at once.
        user_agent: what requests call their sender; by default ``a2e-async/`` and the version.
        proxy: the URL of a proxy for all requests that leave this machine, or "direct" for none; by default
            what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say. socks5 needs the extra ``socks``.
        http: the HTTP library, "httpx" or "httpx2"; by default from A2E_HTTP, else httpx. httpx2 is faster
            and needs the extra ``fast``.
        retry: how requests are repeated that only read, did not arrive or were refused for now.
        start: what to do when it is unknown whether a start made a task.
        lateness: how late a finished task may be noticed.
        webhooks: receives the service's calls, which end waits at once; polling goes on beside them. Each
            start that takes a webhook and was given none asks for such a call. See docs/webhooks.md.
        on_event: a function, or a list of them, called with each `a2e_async.client_events.ClientEvent`. If it
            fails, that is logged, and it is not called again. See docs/events.md.
        tracing: True makes OpenTelemetry spans and metrics, False makes none, and a `Tracing` says how. By
            default they are made if the application has loaded ``opentelemetry.trace`` before it makes the
            client. See docs/tracing.md.
        transport: an httpx transport to use instead of the client's own connections; it is not closed.
            ``proxy`` and ``http`` have no effect on it.
        clock: the clock for pauses and deadlines; by default the event loop's.
        shapes: a JSON file that collects the shapes of replies, for the maintainers of this package: names
            and types of members, no values; by default from A2E_SHAPES, else none. See docs/shapes.md.

    Raises:
        ConfigurationError: an argument is invalid. Nothing was sent.

    Example:
        ```python
        async with A2E() as a2e:
            result = await a2e.text_to_image(prompt="a red kite").run()
            print(await result.download("out"))
        ```
    """

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        allow_http: bool = False,
        timeout: float = 60.0,
        max_connections: int = 32,
        user_agent: str | None = None,
        proxy: str | None = None,
        http: Literal["httpx", "httpx2"] | None = None,
        retry: RetryPolicy | None = None,
        start: StartPolicy | None = None,
        lateness: Lateness | None = None,
        webhooks: Webhooks | None = None,
        on_event: Listener | Sequence[Listener] | None = None,
        tracing: bool | Tracing | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
        shapes: str | Path | None = None,
    ) -> None:
        secret = Token(token)
        address = BaseURL(base_url)
        del token, base_url  # so that no traceback from here can show a secret
        way = log = None
        if proxy is not None:
            from a2e_async._transport.proxies import ProxySetting  # few need it

            way, proxy = ProxySetting(proxy), None  # it may hold a password
            way.checked()

        max_connections = check_whole("max_connections", max_connections, error=ConfigurationError)
        timeout = check_positive("timeout", timeout, unit="seconds", error=ConfigurationError)

        url, agent = address.checked(allow_http=allow_http), user_agent_from(user_agent)
        if shapes is not None or os.environ.get("A2E_SHAPES"):
            from a2e_async._transport.shape_log import shape_log  # few ask for it

            log = shape_log(shapes)
        if webhooks is not None:
            from a2e_async.webhooks import require_webhooks  # few need it

            require_webhooks(webhooks)
        library = http_library_from(http)
        self._settings = Settings(
            secret.checked(), url, float(timeout), max_connections, agent, library, way, log
        )
        self._retry = policy_from("retry", retry, RetryPolicy)
        self._start = policy_from("start", start, StartPolicy)
        self._lateness = policy_from("lateness", lateness, Lateness)
        self._webhooks = webhooks
        self._events: Announcer | None = None
        tracer = None
        if tracing is not None or "opentelemetry.trace" in sys.modules:
            from a2e_async.tracing import tracing_listener  # few are traced

            tracer = tracing_listener(tracing)
        if on_event is not None or tracer is not None:
            from a2e_async.announcer import listeners_from  # few have listeners

            self._events = listeners_from(on_event, tracer)
        self._transport = transport
        self._clock = clock
        self._uploads: UploadCache | None = None
        self._runtimes: WeakKeyDictionary[Any, Runtime] = WeakKeyDictionary()

    def __repr__(self) -> str:
        # A traceback may show a client whose settings were invalid.
        settings: Settings | None = getattr(self, "_settings", None)
        return f"A2E(base_url={settings.base_url!r})" if settings else "A2E(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds a token, so it is not pickled; make one where it is used")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def _hint(self, name: str) -> str | None:
        from difflib import get_close_matches  # few mistype

        near = get_close_matches(name, [name for name in dir(type(self)) if name[0] != "_"], n=1)
        return super()._hint(name) or (f"did you mean a2e.{near[0]}?" if near else None)

    async def __aenter__(self) -> Self:
        await self._blocks.enter(self.runtime.session())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._blocks.leave()

    async def aclose(self) -> None:
        """Leave all ``async with`` blocks of the client.

        Requests that are running are finished; each closes its connection then. The client can still be used
        afterwards, as outside such a block. Closing it twice, or without a block, does nothing. Blocks may be
        left in another task, another event loop or another thread than they were entered in.

        Example:
            ```python
            a2e = await A2E().__aenter__()  # for example when an application begins
            ...
            await a2e.aclose()  # when it ends
            ```
        """
        await self._blocks.close()

    @property
    def _blocks(self) -> Sessions:
        """The ``async with`` blocks that are open, in all event loops."""
        from a2e_async.sessions import Sessions

        # In one step, because the loops may run in several threads.
        sessions: Sessions = vars(self).setdefault("_sessions", Sessions(self._settings.shapes))
        return sessions

    @property
    def runtime(self) -> Runtime:
        """The parts of the client that belong to the running event loop."""
        from a2e_async.event_loops import running_loop

        try:
            loop = running_loop()
        except ConfigurationError as error:
            raise NoRuntime(str(error)) from None

        runtime = self._runtimes.get(loop)
        if runtime is None:
            from a2e_async._files.upload_cache import UploadCache
            from a2e_async.clock import SystemClock
            from a2e_async.features import presign_path
            from a2e_async.runtime import Policies, Runtime

            if self._uploads is None:
                self._uploads = UploadCache()

            policies = Policies(self._retry, self._start, self._lateness, self._clock or SystemClock())
            runtime = self._runtimes[loop] = Runtime(
                self._settings,
                policies,
                self._transport,
                self._uploads,
                self._webhooks,
                presign_path,
                self._events,
            )
        return runtime

    @overload
    def job(self, job: Job[TaskRecordT]) -> Job[TaskRecordT]: ...

    @overload
    def job(self, job: Mapping[str, Any]) -> Job[TaskRecord]: ...

    def job(self, job: Job[TaskRecordT] | Mapping[str, Any]) -> Job[TaskRecordT] | Job[TaskRecord]:
        """Make a Job of what `Job.to_dict` returned, or take up a Job that was unpickled.

        Nothing is sent. What is in the mapping is checked as if it were given in a call. Files in it are read
        from this machine when the job is started, so take a mapping only from where you would take code.

        Args:
            job: a mapping with ``workflow`` and ``body``. It may also have ``method``, for a workflow that
                starts tasks in several ways, ``key``, ``quote``, ``extra_body`` and other options of a call.
                A Job that was unpickled is taken too.

        Returns:
            The Job, with this client.

        Raises:
            InvalidArgument: it is not such a mapping, or a value in it is invalid.

        Example:
            ```python
            job = a2e.job({"workflow": "text_to_image", "body": {"prompt": "a red kite"}, "key": "order-17"})
            assert a2e.job(json.loads(json.dumps(job.to_dict()))).body == job.body
            ```
        """
        from a2e_async.plain_jobs import job_from

        return job_from(self, job)

    @overload
    def jobs(
        self,
        rows: Iterable[Mapping[str, Any]] | Frame,
        workflow: Workflow[TaskRecordT],
        *,
        files: str | os.PathLike[str] | None = None,
    ) -> RowJobs[TaskRecordT]: ...

    @overload
    def jobs(
        self,
        rows: Iterable[Mapping[str, Any]] | Frame,
        workflow: str | None = None,
        *,
        files: str | os.PathLike[str] | None = None,
    ) -> RowJobs[TaskRecord]: ...

    def jobs(
        self,
        rows: Iterable[Mapping[str, Any]] | Frame,
        workflow: str | Workflow[Any] | None = None,
        *,
        files: str | os.PathLike[str] | None = None,
    ) -> RowJobs[Any]:
        """Make a Job of each row. All rows are checked before this returns, and nothing is sent.

        The columns are keywords of the workflow, under Python's names or the API's. Besides them there may
        be ``key`` (`Job.with_key`), ``quote`` (`Job.with_quote`) and ``workflow``. Empty cells (None, NaN, a
        text of blanks) are left out. A text in a column of numbers, of yes or no, or of lists is read as
        such, so the rows of a CSV file can be given as they are.

        Args:
            rows: mappings, such as dicts or the rows of a `csv.DictReader`; or a data frame of pandas,
                polars, pyarrow or narwhals.
            workflow: for rows without a workflow of their own: a name, or a workflow such as
                ``a2e.text_to_image``.
            files: the folder in which a text in a media column names a file. By default it is a URL, so that
                rows from anywhere cannot name the files of this machine.

        Returns:
            The jobs, for `A2E.bulk` or for a loop. Each is made when it is asked for, so that few are in
            memory; their number is ``len(jobs)``.

        Raises:
            InvalidArgument: a row is invalid. The message gives its number, from 1 on.

        Example:
            ```python
            rows = [{"key": "kite", "prompt": "a red kite"}, {"key": "boat", "prompt": "a blue boat"}]
            async with a2e.bulk(a2e.jobs(rows, a2e.text_to_image)) as run:
                async for outcome in run:
                    print(outcome.key, outcome.result or outcome.error)
            ```
        """
        from a2e_async.row_jobs import RowJobs

        return RowJobs(self, rows, workflow, files)

    @property
    def workflows(self) -> Mapping[str, WorkflowInfo]:
        """What can be started: for each name what it makes, the required keywords, and the others.

        Nothing is sent.

        Example:
            ```python
            for name, info in a2e.workflows.items():
                print(name, info.summary, info.required)
            ```
        """
        from a2e_async.catalogue import workflows

        return workflows()

    async def balance(self) -> Balance:
        """Ask how many coins the account has. Free of charge.

        Returns:
            The Balance, with ``coins`` and ``diamonds``.

        Raises:
            APIError: the service refused.
            ConfigurationError: this release knows no route for it.

        Example:
            ```python
            print((await a2e.balance()).coins)
            ```
        """
        from a2e_async.quotes import balance

        return await balance(self)

    async def quote(self, job: Job[Any]) -> Quote:
        """Ask what a Job would cost, without starting it. Free of charge.

        Files are not uploaded for a quote: the service only reads the fields that set the price.

        Args:
            job: the Job.

        Returns:
            The Quote: the price in ``coins`` (None if the reply names no price) and the reply in ``record``.

        Raises:
            APIError: the service has no price for this workflow.
            ConfigurationError: this release knows no route for quotes.

        Example:
            ```python
            quote = await a2e.quote(a2e.text_to_image(prompt="a red kite"))
            print(quote.coins)
            ```
        """
        from a2e_async.quotes import quote

        return await quote(self, job)
