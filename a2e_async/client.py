"""A2E: the client."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack
from weakref import WeakKeyDictionary

import anyio.lowlevel

from a2e_async._spec.media import Upload
from a2e_async._spec.operation import CallOptions, with_body
from a2e_async.api import Api
from a2e_async.checks import check_positive, check_whole
from a2e_async.clock import Clock, SystemClock
from a2e_async.errors import ConfigurationError
from a2e_async.jobs import DEFAULT_WAIT
from a2e_async.policies import Lateness, RetryPolicy, StartPolicy
from a2e_async.records import TaskRecord
from a2e_async.settings import Settings, Token, base_url_from

if TYPE_CHECKING:
    import httpx

    from a2e_async._bulk.run import BulkRun
    from a2e_async._files.destination import SavedFile
    from a2e_async._files.sources import Source
    from a2e_async._files.upload_cache import UploadCache
    from a2e_async.jobs import Job
    from a2e_async.quotes import Quote
    from a2e_async.runtime import Runtime

__all__ = ["A2E"]


class A2E(Api):
    """The A2E media generation API.

    Use it as ``async with A2E() as a2e``: connections then stay open until the block ends. Without the
    block it works too; connections are then closed whenever nothing is under way. One client may
    serve several event loops, one after the other or at once; each gets connections of its own.

    Args:
        token: the API token; from A2E_API_TOKEN if not given.
        base_url: where the API is; from A2E_BASE_URL if not given, else https://video.a2e.ai. May carry
            a path prefix.
        allow_http: send the token over plain http to a host that is not this machine.
        timeout: seconds that a request may go without any progress.
        max_connections: API requests under way at once.
        retry: how reads are repeated, and what did not arrive or was refused.
        start: what to do when it is not known whether a start made a task.
        lateness: how late a finished task may be noticed.
        transport: an httpx transport to use instead of own connections; it stays open.
        clock: the time that pauses and deadlines go by; the event loop's as a rule.

    Raises:
        ConfigurationError: one of them cannot be used. Nothing was sent.

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
        retry: RetryPolicy | None = None,
        start: StartPolicy | None = None,
        lateness: Lateness | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        secret = Token(token)
        del token  # no traceback of what is refused here can show it
        check_whole("max_connections", max_connections, error=ConfigurationError)
        check_positive("timeout", timeout, unit="seconds", error=ConfigurationError)
        self._settings = Settings(
            secret.checked(),
            base_url_from(base_url, allow_http=allow_http),
            float(timeout),
            max_connections,
        )
        self._retry = retry or RetryPolicy()
        self._start = start or StartPolicy()
        self._lateness = lateness or Lateness()
        self._transport = transport
        self._clock = clock or SystemClock()
        self._uploads: UploadCache | None = None
        self._runtimes: WeakKeyDictionary[Any, Runtime] = WeakKeyDictionary()
        self._entered: WeakKeyDictionary[Any, list[AsyncExitStack]] = WeakKeyDictionary()

    def __repr__(self) -> str:
        # A traceback may show a client whose settings were refused.
        settings: Settings | None = getattr(self, "_settings", None)
        return f"A2E(base_url={settings.base_url!r})" if settings else "A2E(...)"

    async def __aenter__(self) -> Self:
        stack = AsyncExitStack()
        await stack.enter_async_context(self.runtime.session())
        self._entered.setdefault(_running_loop(), []).append(stack)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._entered[_running_loop()].pop().aclose()

    @property
    def runtime(self) -> Runtime:
        """The parts of the client that belong to the running event loop."""
        loop = _running_loop()
        runtime = self._runtimes.get(loop)
        if runtime is None:
            from a2e_async._files.upload_cache import UploadCache
            from a2e_async.runtime import Policies, Runtime

            if self._uploads is None:
                self._uploads = UploadCache()
            policies = Policies(self._retry, self._start, self._lateness, self._clock)
            runtime = self._runtimes[loop] = Runtime(self._settings, policies, self._transport, self._uploads)
        return runtime

    async def upload(
        self,
        source: Source,
        *,
        name: str | None = None,
        content_type: str | None = None,
        progress: Callable[[int, int], Any] | None = None,
    ) -> Upload:
        """Upload a file, to be given wherever a media URL is wanted.

        The same content is uploaded once per client and event loop (presigning is charged, H).

        Args:
            source: a `pathlib.Path`, bytes, a binary file object, or an (async) iterable of bytes.
            name: of the file; the source's own as a rule.
            content_type: found from the content as a rule.
            progress: called with the bytes sent and the bytes in all; may be async.

        Returns:
            The Upload: url, sha256, size (bytes), content_type.

        Raises:
            InvalidArgument: no such file, an empty one, one that is too large.
            UploadError: the storage refused it.
        """
        runtime = self.runtime
        async with runtime.session():
            return await runtime.uploader.upload(
                source, name=name, content_type=content_type, progress=progress
            )

    async def upload_many(self, sources: Iterable[Source], *, concurrency: int = 8) -> Sequence[Upload]:
        """Upload files side by side.

        Args:
            sources: as for `upload`.
            concurrency: how many at once.

        Returns:
            The Uploads, in the order of the sources.

        Raises:
            UploadError: one of them failed; the others were cancelled.
        """
        runtime = self.runtime
        async with runtime.session():
            return await runtime.uploader.upload_many(sources, concurrency=concurrency)

    async def download(
        self,
        url: str,
        folder: str | Path,
        *,
        name: str | None = None,
        overwrite: bool = False,
        progress: Callable[[int, int | None], Any] | None = None,
    ) -> SavedFile:
        """Download a file that the API gave the URL of, as `Result.download` does.

        Streamed, resumed after a cut, complete or not there at all. The token is not sent.

        Args:
            url: https, or http on this machine.
            folder: where to; made if it is not there.
            name: of the file; the URL's last part as a rule. The extension comes from the content.
            overwrite: replace a file of that name; without it another content gets another name.
            progress: called with the bytes done and the bytes in all, if the host tells; may be async.

        Returns:
            The SavedFile: path, size (bytes), content_type, and `compute_sha256`. It is a path itself.

        Raises:
            InvalidArgument: not such a URL.
            DownloadError: the host refused it, or its bytes stopped coming.

        Example:
            ```python
            url = await a2e.tts.send_tts(msg="Hello", tts_id="66dc3c1b7dc1f1c483cc5ab8")
            saved = await a2e.download(url, "out", name="hello")
            ```
        """
        runtime = self.runtime
        async with runtime.session():
            return await runtime.downloader.download(
                url, folder=folder, name=name, overwrite=overwrite, progress=progress
            )

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | float | bool] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Call an operation that this release does not know, with the same auth, errors and retries.

        A GET, PUT or DELETE is repeated when its answer is lost; a POST is not.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: from ``/api/v1/`` on, as the service's documentation gives it.
            query: query parameters.
            body: a JSON object; files in it are uploaded and replaced by their URLs.
            options: see `CallOptions`.

        Returns:
            The reply's ``data``, as it came.

        Raises:
            InvalidArgument: no such method, or a path that is not one on the API's host.
            APIError, TransportError: as of every call.

        Example:
            ```python
            queue = await a2e.request("GET", "/api/v1/userNewThing/queueLevel")
            ```
        """
        from a2e_async.by_convention import operation_of

        operation = operation_of(method, path, has_body=body is not None or "extra_body" in options)
        extra = options.get("extra_query", {})
        if isinstance(extra, Mapping):
            extra = {**(query or {}), **extra}
        call = operation.call({}, {**with_body(body, options), "extra_query": extra})
        runtime = self.runtime
        async with runtime.session():
            return await runtime.transport.request(operation, await runtime.with_uploads(call))

    def workflow(self, name: str, body: Mapping[str, Any]) -> Job[TaskRecord]:
        """A Job of a family that this release does not know, run by the API's conventions.

        Started by ``POST {name}/start``, read back by ``batchDetail``, else ``{_id}``, else
        ``detail/{id}``, else its list, whichever the service has. A start whose answer was lost is looked
        for in ``allRecords``.

        Args:
            name: the first path segment, for example ``userNewThing``.
            body: the start's JSON object; files in it are uploaded and replaced by their URLs.

        Returns:
            The Job; its records are plain `TaskRecord`s.

        Raises:
            InvalidArgument: not a path segment, or a body that is no mapping.

        Example:
            ```python
            result = await a2e.workflow("userNewThing", {"prompt": "a red kite"}).run()
            ```
        """
        from a2e_async.by_convention import job_of

        return job_of(self, name, body)

    async def quote(self, job: Job[Any]) -> Quote:
        """What a Job would cost, without starting it. Free (H).

        Files are not uploaded for it: the service reads the pricing fields only.

        Args:
            job: the Job.

        Returns:
            The Quote: ``coins``, if the service names a price under a name that is known (the name is
            not published), and the reply in ``record``.

        Raises:
            APIError: the service cannot quote this workflow.
        """
        from a2e_async.quotes import quote

        return await quote(self.generation, job)

    def bulk(
        self,
        jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]],
        *,
        concurrency: int = 64,
        timeout: float = DEFAULT_WAIT,
        journal: str | Path | None = None,
        retries: int = 0,
        download_to: str | Path | None = None,
        max_coins: float | None = None,
        start_rate: float | None = None,
        finished: Literal["yield", "skip"] = "yield",
    ) -> BulkRun:
        """Run many jobs; their Outcomes come as they complete.

        With a journal the run survives a crash: run the same code again, and finished jobs come from
        the journal, accepted ones are waited for, starts whose outcome is unknown are looked for, and
        the rest is started; also what was refused before, save for moderation. Jobs are recognised by
        their key (`Job.with_key`), else by workflow, body and the content of their files, so their order
        does not matter.

        When coins run out, the token is refused, the budget is reached, or the service cannot be reached
        or refuses everything for as long as ``timeout``, no more jobs are started; those under way are
        brought to their end, and `BulkRun.stopped` says why. What the iterable of jobs or the journal
        raises, comes out of the ``async for`` after the Outcomes of the jobs under way.

        Args:
            jobs: any iterable or async iterable of Jobs, read lazily: never further ahead than a few
                jobs beyond those under way.
            concurrency: tasks at the server at once.
            timeout: seconds to wait for each task after its start was accepted.
            journal: the SQLite file; made if it is not there. One run at a time can use it.
            retries: how often a failed task is started again (and paid again). Moderated ones are not.
            download_to: a folder for the results, which are fetched as they come; files are named after
                the jobs' keys.
            max_coins: no job is started that might bring the run's coins above that; with a journal,
                those of earlier processes count. What a job will cost is its quote (`Job.with_quote`), or
                the service is asked, or it is what its like have cost; the first of a kind whose price
                nobody tells is started alone, and only that one can pass the bound.
            start_rate: starts a second at most.
            finished: what to do with jobs that an earlier run has finished: "yield" their Outcomes from
                the journal, or "skip" them.

        Returns:
            The run, to be used with ``async with`` and read with ``async for``.

        Raises:
            InvalidArgument: a setting that cannot be.
            JournalError: on entering the run: the journal is in use, damaged, or from a newer version.

        Example:
            ```python
            async with a2e.bulk(jobs, concurrency=64, journal="run.db", download_to="out") as run:
                async for outcome in run:
                    print(outcome.paths if outcome.result else outcome.error)
            print(run.summary())
            ```
        """
        from a2e_async._bulk.run import BulkRun
        from a2e_async._bulk.settings import BulkSettings

        settings = BulkSettings(
            concurrency=concurrency,
            timeout=timeout,
            journal=None if journal is None else Path(journal),
            retries=retries,
            download_to=None if download_to is None else Path(download_to),
            max_coins=max_coins,
            start_rate=start_rate,
            finished=finished,
        )
        return BulkRun(self, jobs, settings)


def _running_loop() -> Any:
    try:
        token = anyio.lowlevel.current_token()
    except RuntimeError:
        raise ConfigurationError("there is no running event loop: call this inside async code") from None
    # Older releases of anyio hand out the native token itself.
    return getattr(token, "native_token", token)
