"""The types of the client without await.

Generated from the async client by `make regenerate`. Do not edit.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Generic, Literal, NoReturn, Self, Unpack, overload

import httpx

import a2e_async.api.account as _account
import a2e_async.api.actor_swap as _actor_swap
import a2e_async.api.anchor as _anchor
import a2e_async.api.avatar_video as _avatar_video
import a2e_async.api.caption_removal as _caption_removal
import a2e_async.api.custom_avatar as _custom_avatar
import a2e_async.api.custom_background as _custom_background
import a2e_async.api.dubbing as _dubbing
import a2e_async.api.face_swap_image as _face_swap_image
import a2e_async.api.face_swap_preview as _face_swap_preview
import a2e_async.api.face_swap_task as _face_swap_task
import a2e_async.api.flux2 as _flux2
import a2e_async.api.generation as _generation
import a2e_async.api.gpt_image as _gpt_image
import a2e_async.api.grok_video as _grok_video
import a2e_async.api.hailuo_video as _hailuo_video
import a2e_async.api.happyhorse_video as _happyhorse_video
import a2e_async.api.head_swap as _head_swap
import a2e_async.api.image_edit as _image_edit
import a2e_async.api.image_to_video as _image_to_video
import a2e_async.api.kling_image as _kling_image
import a2e_async.api.kling_omni as _kling_omni
import a2e_async.api.kling_video as _kling_video
import a2e_async.api.minimax_h3_video as _minimax_h3_video
import a2e_async.api.motion_transfer as _motion_transfer
import a2e_async.api.nano_banana as _nano_banana
import a2e_async.api.photobook as _photobook
import a2e_async.api.product_avatar as _product_avatar
import a2e_async.api.qwen2_image as _qwen2_image
import a2e_async.api.seedance2_video as _seedance2_video
import a2e_async.api.seedance_video as _seedance_video
import a2e_async.api.sora_video as _sora_video
import a2e_async.api.storage as _storage
import a2e_async.api.talking_photo as _talking_photo
import a2e_async.api.talking_video as _talking_video
import a2e_async.api.text_to_image as _text_to_image
import a2e_async.api.think_sound as _think_sound
import a2e_async.api.tokens as _tokens
import a2e_async.api.transactions as _transactions
import a2e_async.api.tts as _tts
import a2e_async.api.upscale as _upscale
import a2e_async.api.veo_video as _veo_video
import a2e_async.api.video_twin as _video_twin
import a2e_async.api.virtual_try_on as _virtual_try_on
import a2e_async.api.voice as _voice
import a2e_async.api.wan25 as _wan25
import a2e_async.api.wan26_image as _wan26_image
import a2e_async.api.wan26_r2v as _wan26_r2v
import a2e_async.api.wan27_image as _wan27_image
import a2e_async.api.wan30 as _wan30
import a2e_async.api.wan_spicy as _wan_spicy
from a2e_async import A2EError as A2EError
from a2e_async import APIError as APIError
from a2e_async import AuthenticationError as AuthenticationError
from a2e_async import BudgetReached as BudgetReached
from a2e_async import CallOptions as CallOptions
from a2e_async import Clock as Clock
from a2e_async import ConfigurationError as ConfigurationError
from a2e_async import Confirmation as Confirmation
from a2e_async import ConnectionFailed as ConnectionFailed
from a2e_async import DownloadError as DownloadError
from a2e_async import Event as Event
from a2e_async import InsufficientCredits as InsufficientCredits
from a2e_async import InvalidArgument as InvalidArgument
from a2e_async import InvalidRequest as InvalidRequest
from a2e_async import JournalError as JournalError
from a2e_async import Lateness as Lateness
from a2e_async import Media as Media
from a2e_async import ModerationError as ModerationError
from a2e_async import NotFound as NotFound
from a2e_async import NotReady as NotReady
from a2e_async import OutputMissing as OutputMissing
from a2e_async import PermissionDenied as PermissionDenied
from a2e_async import PlanRequired as PlanRequired
from a2e_async import Quote as Quote
from a2e_async import RateLimited as RateLimited
from a2e_async import Record as Record
from a2e_async import RequestTimeout as RequestTimeout
from a2e_async import RetryPolicy as RetryPolicy
from a2e_async import ServerError as ServerError
from a2e_async import Source as Source
from a2e_async import StartPolicy as StartPolicy
from a2e_async import SubmissionUncertain as SubmissionUncertain
from a2e_async import Summary as Summary
from a2e_async import SystemClock as SystemClock
from a2e_async import TaskError as TaskError
from a2e_async import TaskFailed as TaskFailed
from a2e_async import TaskHook as TaskHook
from a2e_async import TaskNotFound as TaskNotFound
from a2e_async import TaskRecord as TaskRecord
from a2e_async import TaskRejected as TaskRejected
from a2e_async import TransportError as TransportError
from a2e_async import UncertainStart as UncertainStart
from a2e_async import UnexpectedReply as UnexpectedReply
from a2e_async import Upload as Upload
from a2e_async import UploadError as UploadError
from a2e_async import WaitTimeout as WaitTimeout
from a2e_async import WebhookError as WebhookError
from a2e_async import Webhooks as Webhooks
from a2e_async import WorkflowSummary as WorkflowSummary
from a2e_async import gallery as gallery
from a2e_async._spec.media import Address, Made
from a2e_async.announcer import Listener
from a2e_async.catalogue import WorkflowInfo
from a2e_async.pages import T
from a2e_async.plain import Plain
from a2e_async.records import JSONObject, TaskRecordT, TaskRecordT_co
from a2e_async.row_jobs import Frame
from a2e_async.tracing import Tracing

__all__ = [
    "A2E",
    "A2EError",
    "APIError",
    "AuthenticationError",
    "BudgetReached",
    "BulkRun",
    "CallOptions",
    "Clock",
    "ConfigurationError",
    "Confirmation",
    "ConnectionFailed",
    "DownloadError",
    "Event",
    "Events",
    "FileStream",
    "InsufficientCredits",
    "InvalidArgument",
    "InvalidRequest",
    "Job",
    "JournalError",
    "Lateness",
    "Media",
    "ModerationError",
    "NotFound",
    "NotReady",
    "OpenRun",
    "Outcome",
    "OutputMissing",
    "Pages",
    "PermissionDenied",
    "PlanRequired",
    "Quote",
    "RateLimited",
    "Record",
    "RequestTimeout",
    "Resource",
    "Result",
    "RetryPolicy",
    "SavedFile",
    "ServerError",
    "Source",
    "StartPolicy",
    "SubmissionUncertain",
    "Summary",
    "SystemClock",
    "Task",
    "TaskError",
    "TaskFailed",
    "TaskHook",
    "TaskNotFound",
    "TaskRecord",
    "TaskRejected",
    "TransportError",
    "UncertainStart",
    "UnexpectedReply",
    "Upload",
    "UploadError",
    "WaitTimeout",
    "WebhookError",
    "Webhooks",
    "Workflow",
    "WorkflowSummary",
    "gallery",
]

class A2E(Api):
    """The A2E media generation API.

    Use it as ``with A2E() as a2e``: connections and the client's thread end with the block. Without a block they
    end with `close`, when the client is collected, or with the interpreter. Any number of threads may use it.

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
        with A2E() as a2e:
            result = a2e.text_to_image(prompt="a red kite").run()
            print(result.download("out"))
        ```
    """
    @overload
    def bulk(
        self,
        jobs: Iterable[Job[TaskRecordT]],
        *,
        concurrency: int = 64,
        timeout: float = 900.0,
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
    ) -> BulkRun[TaskRecordT]:
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
        ``download_to`` is raised by the ``for`` after the Outcomes of the running jobs. An open run
        raises these errors to those who ask, and tries again with the next call.

        Args:
            jobs: an iterable of Jobs. It is read lazily, only a few jobs ahead. None makes
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
                and at its end, as in `Task.wait`.
            account_concurrency: the most tasks at once of all runs that share the journal; None for no
                limit. In one process the smaller of this and ``concurrency`` counts.
            lease: seconds after which a process that shows no sign of life loses its jobs to the others that
                share the journal. At least 1; a file is not shared.

        Returns:
            The run. Enter it with ``with`` and read it with ``for``; an open run with
            ``run.result(job)``.

        Raises:
            InvalidArgument: an argument is invalid, or on entering the run: the journal is another account's.
            JournalError: on entering the run: the journal is in use, damaged, or from a newer version.

        Example:
            ```python
            with a2e.bulk(jobs, concurrency=64, journal="run.db", download_to="out") as run:
                for outcome in run:
                    print(outcome.paths if outcome.result else outcome.error)
            print(run.summary())
            ```

            An open run, for a web application or the worker of a queue:

            ```python
            with a2e.bulk(journal="run.db") as run:
                result = run.result(a2e.text_to_image(prompt="a red kite").with_key("order-17"))
            ```
        """

    @overload
    def bulk(
        self,
        jobs: None = None,
        *,
        concurrency: int = 64,
        timeout: float = 900.0,
        journal: str | Path | None = None,
        retries: int = 0,
        download_to: str | Path | None = None,
        max_coins: float | None = None,
        start_rate: float | None = None,
        changed: Literal["raise", "restart"] = "raise",
        on_update: Callable[[Job[Any], Any], Any] | None = None,
        account_concurrency: int | None = None,
        lease: float = 30.0,
    ) -> OpenRun:
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
        ``download_to`` is raised by the ``for`` after the Outcomes of the running jobs. An open run
        raises these errors to those who ask, and tries again with the next call.

        Args:
            jobs: an iterable of Jobs. It is read lazily, only a few jobs ahead. None makes
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
                and at its end, as in `Task.wait`.
            account_concurrency: the most tasks at once of all runs that share the journal; None for no
                limit. In one process the smaller of this and ``concurrency`` counts.
            lease: seconds after which a process that shows no sign of life loses its jobs to the others that
                share the journal. At least 1; a file is not shared.

        Returns:
            The run. Enter it with ``with`` and read it with ``for``; an open run with
            ``run.result(job)``.

        Raises:
            InvalidArgument: an argument is invalid, or on entering the run: the journal is another account's.
            JournalError: on entering the run: the journal is in use, damaged, or from a newer version.

        Example:
            ```python
            with a2e.bulk(jobs, concurrency=64, journal="run.db", download_to="out") as run:
                for outcome in run:
                    print(outcome.paths if outcome.result else outcome.error)
            print(run.summary())
            ```

            An open run, for a web application or the worker of a queue:

            ```python
            with a2e.bulk(journal="run.db") as run:
                result = run.result(a2e.text_to_image(prompt="a red kite").with_key("order-17"))
            ```
        """

    def upload(
        self,
        source: Source,
        *,
        name: str | None = None,
        content_type: str | None = None,
        progress: Callable[[int, int], Any] | None = None,
    ) -> Upload:
        """Upload a file, to pass wherever the API takes a media URL.

        The service charges for upload URLs, so each client uploads the same content only once.

        Args:
            source: a `pathlib.Path`, bytes, an open binary file, an upload of a web framework, a Pillow
                image, or an iterable of bytes. A file is read from its current position.
            name: the file's name; by default the source's own.
            content_type: by default found from the content.
            progress: called with the bytes sent and the bytes in total.

        Returns:
            The Upload: url, sha256, size (bytes), content_type.

        Raises:
            InvalidArgument: the file does not exist, is empty or too large. Nothing was sent.
            UploadError: the storage refused the file or could not be reached.

        Example:
            ```python
            upload = a2e.upload(Path("cat.png"))
            job = a2e.image_to_video(image_url=upload, prompt="it waves")
            ```
        """

    def upload_many(self, sources: Iterable[Source], *, concurrency: int = 8) -> Sequence[Upload]:
        """Upload files concurrently.

        Args:
            sources: files, each as in `upload`.
            concurrency: the most uploads at once.

        Returns:
            The Uploads, in the order of the sources.

        Raises:
            InvalidArgument: a source is invalid, for example ``sources[2]``. Nothing was sent.
            UploadError: an upload failed; the others were cancelled.
        """

    def download(
        self,
        url: str | Address | Upload | Made,
        folder: str | os.PathLike[str],
        *,
        name: str | None = None,
        overwrite: bool = False,
        progress: Callable[[int, int | None], Any] | None = None,
    ) -> SavedFile:
        """Download a URL returned by the API, as `Result.download` does.

        The file is streamed and resumed after a broken connection. It appears under its name only when it
        is complete. The token is not sent.

        Args:
            url: https; http on a public host becomes https. Redirects are followed. The Result of a single
                file stands for its URL.
            folder: where to save the file; created if needed. A ``~`` is expanded. It may be the address of
                an object store, such as "s3://bucket/prefix", with the extra ``fsspec``.
            name: the file's name; by default the last part of the URL. The extension comes from the content.
            overwrite: replace a file of the same name; otherwise a different content gets a different name.
            progress: called with the bytes received and the bytes in total (None if unknown).

        Returns:
            The SavedFile: path, size (bytes), content_type, and `compute_sha256`. It can be used as a path.

        Raises:
            InvalidArgument: the URL is invalid, or nothing can be saved in the folder. Nothing was sent.
            ConfigurationError: an object store is given, and fsspec is not installed. Nothing was sent.
            DownloadError: the host refused or sent an error page, or the connection broke too often.

        Example:
            ```python
            url = a2e.tts.send_tts(msg="Hello", tts_id="66dc3c1b7dc1f1c483cc5ab8")
            saved = a2e.download(url, "out", name="hello")
            ```
        """

    def request(
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
            queue = a2e.request("GET", "/api/v1/userNewThing/queueLevel", repeatable=True)
            ```
        """

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
            result = a2e.workflow("userNewThing", {"prompt": "a red kite"}).run()
            ```
        """

    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
    def close(self) -> None:
        """Close all connections, and end the client's thread.

        Calls of other threads that are running are finished before. The client can still be used
        afterwards: the next call starts another thread.

        Raises:
            ConfigurationError: it is called in a running event loop.
        """

    @overload
    def job(self, job: Job[TaskRecordT]) -> Job[TaskRecordT]:
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

    @overload
    def job(self, job: Mapping[str, Any]) -> Job[TaskRecord]:
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

    @overload
    def jobs(
        self,
        rows: Iterable[Mapping[str, Any]] | Frame,
        workflow: Workflow[TaskRecordT],
        *,
        files: str | os.PathLike[str] | None = None,
    ) -> RowJobs[TaskRecordT]:
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
            with a2e.bulk(a2e.jobs(rows, a2e.text_to_image)) as run:
                for outcome in run:
                    print(outcome.key, outcome.result or outcome.error)
            ```
        """

    @overload
    def jobs(
        self,
        rows: Iterable[Mapping[str, Any]] | Frame,
        workflow: str | None = None,
        *,
        files: str | os.PathLike[str] | None = None,
    ) -> RowJobs[TaskRecord]:
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
            with a2e.bulk(a2e.jobs(rows, a2e.text_to_image)) as run:
                for outcome in run:
                    print(outcome.key, outcome.result or outcome.error)
            ```
        """

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

    def balance(self) -> _account.Balance:
        """Ask how many coins the account has. Free of charge.

        Returns:
            The Balance, with ``coins`` and ``diamonds``.

        Raises:
            APIError: the service refused.
            ConfigurationError: this release knows no route for it.

        Example:
            ```python
            print((a2e.balance()).coins)
            ```
        """

    def quote(self, job: Job[Any]) -> Quote:
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
            quote = a2e.quote(a2e.text_to_image(prompt="a red kite"))
            print(quote.coins)
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
    ) -> None: ...

class BulkRun(Generic[TaskRecordT]):
    """A bulk run; see `A2E.bulk`.

    When the block is left early, by an exception or by Ctrl-C, the starts under way are completed and
    written to the journal, for at most `StartPolicy.grace` seconds. Everything else is cancelled here;
    accepted tasks go on at the server. A second Ctrl-C does not wait for the starts. With a journal, the next
    run recovers their tasks.

    The block may be left in another task than it was entered in, as in a test fixture or in a generator that
    is collected. A run whose block is never left ends with its event loop.
    """
    @property
    def stopped(self) -> Exception | None:
        """Why the run stopped starting jobs; None while it runs normally.

        Either the run cannot go on: no coins are left, the token was refused, the budget is reached, or the
        service is unreachable or refuses everything. Or the iterable of the jobs or the journal raised an
        error, which the iteration raises at its end.
        """

    def summary(self) -> Summary:
        """The run in numbers so far."""

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
            with a2e.bulk(jobs, download_to="out") as run:
                run.gallery("out/index.html")
                for outcome in run:
                    ...
            ```
        """

    def uncertain(self) -> Sequence[UncertainStart]:
        """The starts in the journal of which it is not known whether they made a task.

        Starts that this run is sending, or searching for, are not among them. Call it inside the run's
        ``with``. To decide them without running anything, give the run an empty list of jobs.

        Returns:
            The starts, the oldest first. Search for each in the workflow's list, and then `bind` it to its
            task or `release` it.

        Raises:
            JournalError: the journal cannot be read.

        Example:
            ```python
            with a2e.bulk([], journal="run.db") as run:
                for start in run.uncertain():
                    print(start.key, start.workflow, start.marker)
            ```
        """

    def release(self, start: UncertainStart) -> None:
        """Declare that an uncertain start has made no task.

        The next run starts its job again, and pays. So does this one, if it is an open run and is asked for
        the job.

        Args:
            start: one of `uncertain`.

        Raises:
            InvalidArgument: its outcome is known by now, or this run is working on it.
        """

    def bind(self, start: UncertainStart, task_id: str) -> None:
        """Declare which task an uncertain start has made.

        The next run waits for this task. So does this one, if it is an open run and is asked for the job.

        Args:
            start: one of `uncertain`.
            task_id: the id of the task.

        Raises:
            InvalidArgument: the outcome of the start is known by now, this run is working on it, or the task
                is that of another job.
        """

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
    def __iter__(self) -> Self:
        """Iterate over the Outcomes as they complete."""

    def __next__(self) -> Outcome[TaskRecordT]: ...

class Events:
    """The events of one request. The request is sent when the first event is read.

    Iteration ends after the event ``done`` and then closes the connection. Use ``with`` if you may
    stop earlier.

    Raises:
        ConfigurationError: the extra ``sse`` is not installed.
        APIError: the service refused, or sent an ``error`` event.
        RequestTimeout: no event came within the timeout of the request.

    Example:
        ```python
        events = a2e.image_to_video.prompt_extension(
            reference_id="kite", image_url=url, prompt="it flies", negative_prompt="blurry", stream=True
        )
        with events:
            for event in events:
                print(event.kind, event.data)
        ```
    """
    def __iter__(self) -> Self: ...
    def __next__(self) -> Event: ...
    def close(self) -> None:
        """Close the connection."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

class FileStream:
    """The content of a remote file, chunk by chunk. Read it once, with ``for``.

    The first chunk opens it. To know its type and size before, use it as ``with``, or `open` it. If the
    connection breaks, the stream goes on where it was. An error page is never passed on as the file.

    Attributes:
        name: the file's name, with the extension of its content once it is open.
        content_type: as the first bytes show it, else as the host says; None until the stream is open.
        size: bytes; None until the stream is open, and where the host does not say.
    """
    @property
    def name(self) -> str:
        """The file's name, with the extension of its content once it is open."""

    @property
    def content_type(self) -> str | None:
        """As the first bytes show it, else as the host says; None until the stream is open."""

    @property
    def size(self) -> int | None:
        """Bytes; None until the stream is open, and where the host does not say."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What a web response says about the file: ``content-type`` and ``content-length``.

        Empty until the stream is open.
        """

    def open(self) -> Self:
        """Request the file, and return the stream once its first bytes show that it is coming.

        Read it then, or close it.

        Raises:
            DownloadError: the host refused or sent an error page, or the connection broke too often.
        """

    def close(self) -> None:
        """End the stream, wherever it is."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> bytes: ...

class Job(Plain, Generic[TaskRecordT_co]):
    """What to make: a workflow and a checked body. Nothing is sent until it is started.

    Starting a job twice makes, and charges for, two tasks.

    A job can be pickled and copied. Its client stays behind: give it another with `with_client`, or give the
    job to `A2E.job` or `A2E.bulk`. Open files stay behind too, and without them it cannot be started.

    Attributes:
        workflow: the workflow.
        operation: the operation that starts it.
        call: the request, before files are uploaded and without a marker.
        key: identifies the job in a bulk run; see `with_key`.
        quote: its expected cost in coins; see `with_quote`.

    Example:
        ```python
        job = a2e.image_to_video(image_url=Path("cat.png"), prompt="it waves")
        result = job.run(timeout=600)
        ```
    """
    @property
    def workflow(self) -> Workflow[TaskRecordT_co]:
        """The workflow."""

    @property
    def key(self) -> str | None:
        """Identifies the job in a bulk run; see `with_key`."""

    @property
    def quote(self) -> float | None:
        """Its expected cost in coins; see `with_quote`."""

    def with_key(self, key: str) -> Self:
        """Return the job with a key that identifies it in the journal of a bulk run.

        Args:
            key: 1 to 200 characters, unique among the jobs of the run; downloaded files are named after it.

        Raises:
            InvalidArgument: the key is not such a string.

        Example:
            ```python
            job = a2e.text_to_image(prompt="a red kite").with_key("order-17")
            ```
        """

    def with_quote(self, coins: float) -> Self:
        """Return the job with its expected cost, for the budget of a bulk run.

        Args:
            coins: the cost in coins, for example from `A2E.quote` or a price list.

        Raises:
            InvalidArgument: the cost is not a number from 0 up.
        """

    def with_client(self, client: A2E) -> Self:
        """Return the job with a client that sends it, for example after it was unpickled.

        Args:
            client: an `A2E`.

        Raises:
            InvalidArgument: it is not a client.
        """

    def with_uploads(self) -> Self:
        """Upload the files now.

        Returns:
            The job with the URLs of its files in their place.

        Raises:
            UploadError: a file could not be uploaded.
        """

    @property
    def body(self) -> Mapping[str, Any]:
        """The body as given, files included."""

    def start(
        self, *, marker: str | None = None, accepted: Callable[[Sequence[JSONObject]], None] | None = None
    ) -> Task[TaskRecordT_co]:
        """Upload the files and start the task. The service charges when it accepts the start.

        A start is never repeated blindly. If its answer is lost, the task is searched for in the
        workflow's list; see `StartPolicy`.

        Args:
            marker: a text in the task's name by which it can be found; by default a new one.
            accepted: called with the tasks' JSON as soon as the service accepts. If given, a cancellation
                interrupts the request only after `StartPolicy.grace` seconds, so that a paid task can be
                recorded.

        Returns:
            The accepted Task.

        Raises:
            TaskRejected: the service answered with success but made no task, usually after moderation.
            ModerationError, InsufficientCredits, InvalidRequest: refused and not charged.
            SubmissionUncertain: it is unknown whether a task was made.
            UploadError: a file could not be uploaded; nothing was started.

        Example:
            ```python
            task = a2e.text_to_image(prompt="a red kite").start()
            print(task.id, task.coins)
            ```
        """

    def run(
        self, *, timeout: float = 900.0, on_update: Callable[[TaskRecordT_co], Any] | None = None
    ) -> Result[TaskRecordT_co]:
        """Start the task and wait for its result.

        Args:
            timeout: seconds for all of it: uploads, start and wait.
            on_update: called with the accepted task's record, each time it shows another status or progress,
                and at the end; see `Task.wait`.

        Returns:
            The Result.

        Raises:
            ConfigurationError: the API cannot report on tasks of this workflow; nothing was sent.
            TaskFailed: the task ended without a result.
            WaitTimeout: the task is still running; ``error.task.wait()`` waits again.
            SubmissionUncertain: the timeout has passed before the start was answered; ``error.marker`` is in
                the name of the task that it may have made.
            RequestTimeout: the timeout has passed before anything was started.
            A2EError: any other error that `start` raises.

        Example:
            ```python
            result = a2e.image_to_video(image_url=Path("cat.png"), prompt="it waves").run(timeout=1800)
            print(result.urls, result.coins)
            ```
        """

    def require_awaitable(self) -> None:
        """Check that the end of its tasks can be known: by asking, or by the service's call.

        Raises:
            ConfigurationError: it cannot.
        """

    @property
    def family(self) -> str:
        """The name of the workflow."""

    @property
    def takes_name(self) -> bool:
        """Whether the start takes a name, which can contain a marker."""

    @property
    def takes_webhook(self) -> bool:
        """Whether the start takes the address of a webhook and was given none."""

    def to_dict(self) -> dict[str, Any]:
        """Return the job as JSON has it, for a queue or a database. `A2E.job` makes a job of it again.

        It holds what the job was given, a ``webhook_token`` too. Files on disk are named by their absolute
        paths, so they must be there where the job is started.

        Raises:
            InvalidArgument: a file is in memory or open, and has no place in JSON. Upload it before, with
                `with_uploads`.
        """

class OpenRun:
    """A bulk run that takes its jobs one by one; see `A2E.bulk`.

    A job is known by its key (`Job.with_key`), else by workflow, body and the content of its files. Whoever
    asks for the result of a job that is under way waits for the same task. Whoever asks again later gets the
    same result: from the journal, or without one from the memory of this run. That grows with each job, so a
    service that runs for long has a journal. Two equal jobs without keys are one job here; give them
    different keys to make two tasks.

    A caller who is cancelled cancels nothing: the job goes on, and the next call gets its result.

    The run may be used by any number of threads at once.

    When no coins are left, the token is refused or the service cannot be reached, the jobs that are not
    started yet fail for that reason. The run is not over: the next call tries again, about one job a second
    until one is accepted. A job that could exceed ``max_coins`` fails alone.

    When the block is left, the starts under way are completed and written to the journal, for at most
    `StartPolicy.grace` seconds, and whoever still waits gets an `A2EError`. Accepted tasks go on at the
    server; with a journal, the next run that is asked for them waits for them.

    The block may be left in another task than it was entered in. A run that is never left ends with its event
    loop.
    """
    @property
    def stopped(self) -> Exception | None:
        """Why the run starts no jobs at the moment; None while it runs normally.

        No coins are left, the token was refused, the service is unreachable or refuses everything, the
        journal cannot be written, or something must be mended on this machine. The next call tries again.
        """

    def summary(self) -> Summary:
        """The run in numbers so far."""

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
            with a2e.bulk(jobs, download_to="out") as run:
                run.gallery("out/index.html")
                for outcome in run:
                    ...
            ```
        """

    def uncertain(self) -> Sequence[UncertainStart]:
        """The starts in the journal of which it is not known whether they made a task.

        Starts that this run is sending, or searching for, are not among them. Call it inside the run's
        ``with``. To decide them without running anything, give the run an empty list of jobs.

        Returns:
            The starts, the oldest first. Search for each in the workflow's list, and then `bind` it to its
            task or `release` it.

        Raises:
            JournalError: the journal cannot be read.

        Example:
            ```python
            with a2e.bulk([], journal="run.db") as run:
                for start in run.uncertain():
                    print(start.key, start.workflow, start.marker)
            ```
        """

    def release(self, start: UncertainStart) -> None:
        """Declare that an uncertain start has made no task.

        The next run starts its job again, and pays. So does this one, if it is an open run and is asked for
        the job.

        Args:
            start: one of `uncertain`.

        Raises:
            InvalidArgument: its outcome is known by now, or this run is working on it.
        """

    def bind(self, start: UncertainStart, task_id: str) -> None:
        """Declare which task an uncertain start has made.

        The next run waits for this task. So does this one, if it is an open run and is asked for the job.

        Args:
            start: one of `uncertain`.
            task_id: the id of the task.

        Raises:
            InvalidArgument: the outcome of the start is known by now, this run is working on it, or the task
                is that of another job.
        """

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
    def result(self, job: Job[TaskRecordT]) -> Result[TaskRecordT]:
        """Start the job, unless it was started before, and wait for its result.

        Args:
            job: the job. One that was unpickled gets the client of the run.

        Returns:
            The Result. With ``download_to`` its files are downloaded; `outcome` has their paths.

        Raises:
            InvalidArgument: it is not a Job, or its key belongs to a job that asked for something else.
            TaskFailed: the task ended without a result.
            InsufficientCredits, AuthenticationError, BudgetReached, TransportError: the job was not started,
                because the run starts none now. Nothing was paid.
            WaitTimeout: the task is still running after ``timeout`` seconds. Ask again to wait again.
            SubmissionUncertain: it is not known whether the start made a task. Nothing is sent again.
            DownloadError: the result's files could not be downloaded. Ask again to download them.
            ConfigurationError: the run was not entered, or was left.
            A2EError: any other error of the job; or the run was left before the job's end.

        Example:
            ```python
            with a2e.bulk(journal="run.db") as run:
                result = run.result(a2e.text_to_image(prompt="a red kite").with_key("order-17"))
            ```
        """

    def outcome(self, job: Job[TaskRecordT]) -> Outcome[TaskRecordT]:
        """Do what `result` does, and return the job's Outcome. An error of the job itself is not raised.

        Args:
            job: the job.

        Returns:
            The Outcome: ``result`` or ``error``, and ``paths`` of the files that were downloaded.

        Raises:
            InvalidArgument: it is not a Job.
            ConfigurationError: the run was not entered, or was left.
            A2EError: the run starts no jobs now, for the reason that this error names; or the run was left
                before the job's end.
        """

    def __iter__(self) -> NoReturn: ...

class Outcome(Plain, Generic[TaskRecordT_co]):
    """How one job of a bulk run ended.

    It can be pickled and copied. Pickled, its job and result leave their client behind; see `with_client`.

    Attributes:
        job: the Job.
        index: its position in the input, from 0; in an open run, how many jobs came before it.
        key: the key that identifies it in the journal. Without a journal, the job's own key or None; an open
            run derives one.
        result: the Result; None if there is none.
        error: why there is no Result, or why its files could not be downloaded; None if all went well.
            Usually an `A2EError`; any other exception is a bug, here or in the caller's code.
        paths: the downloaded files: each a `Path`; in an object store its address, a str such as
            "s3://bucket/out/cat.mp4".
        attempts: accepted starts, earlier runs included.
        replayed: the job had already ended, in an earlier run or before an open run was asked again; this
            Outcome comes from the journal, or from the memory of the open run.
    """
    @property
    def job(self) -> Job[TaskRecordT_co]:
        """The Job."""

    @property
    def index(self) -> int:
        """Its position in the input, from 0; in an open run, how many jobs came before it."""

    @property
    def key(self) -> str | None:
        """The key that identifies it in the journal. Without a journal, the job's own key or None; an open run derives one."""

    @property
    def result(self) -> Result[TaskRecordT_co] | None:
        """The Result; None if there is none."""

    @property
    def error(self) -> Exception | None:
        """Why there is no Result, or why its files could not be downloaded; None if all went well. Usually an `A2EError`; any other exception is a bug, here or in the caller's code."""

    @property
    def paths(self) -> Sequence[Path | Any]:
        """The downloaded files: each a `Path`; in an object store its address, a str such as "s3://bucket/out/cat.mp4"."""

    @property
    def attempts(self) -> int:
        """Accepted starts, earlier runs included."""

    @property
    def replayed(self) -> bool:
        """The job had already ended, in an earlier run or before an open run was asked again; this Outcome comes from the journal, or from the memory of the open run."""

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON has it. Of the job it names the workflow and the key."""

    def urls_for(self, field: str) -> Sequence[str]:
        """The URLs that fit a field of another job; see `Result.urls_for`.

        Raises:
            InvalidArgument: there is no Result, or it has no such file.
        """

    def with_client(self, client: A2E) -> Self:
        """Return the outcome with a client for its job and its result; see `Task.with_client`."""

class Pages(Generic[T]):
    """The records of a list operation. Pages are requested as they are needed.

    The list may change while it is read. Newer records push older ones to the next page: each record is
    still returned once. Deleted records, or records that no longer have the status asked for, pull later
    ones up: where the service reports the total, the pages affected are read again, so none is missed.

    Stops where the service says that nothing follows; else after a page without new records, or after a
    short page unless the service reports more. If it stops before that, a warning says so.

    Example:
        ```python
        for record in a2e.image_to_video.list(page_size=100):
            print(record.id, record.status)
        newest = a2e.image_to_video.list().first(10)
        ```
    """
    def __iter__(self) -> Iterator[T]:
        """Iterate over the records, each once, in the server's order (usually newest first)."""

    def first(self, count: int = 1) -> Sequence[T]:
        """Return at most `count` records from the start of the list.

        Args:
            count: how many; no more pages are requested than these need.

        Example:
            ```python
            latest = a2e.text_to_image.list().first(10)
            ```
        """

    def pages(self) -> Iterator[Sequence[T]]:
        """Iterate over the pages; records already returned are left out."""

class Resource:
    """The operations of one resource of the API: those with the same first path segment.

    A copy of a resource is the resource itself. Pickled, it leaves its client behind.

    Args:
        client: sends the requests; None in a resource that was unpickled.
    """

    name: ClassVar[str]

    @property
    def client(self) -> A2E | None:
        """Sends the requests; None in a resource that was unpickled."""

    def with_client(self, client: A2E) -> Self:
        """Return the resource of another client.

        Raises:
            InvalidArgument: it is not a client.
        """

class Result(Plain, Generic[TaskRecordT_co]):
    """A finished task.

    It can be pickled and copied. Pickled, it leaves its client behind: to download elsewhere, give it another
    with `with_client`.

    Attributes:
        task: the task.
        records: its record; several if the start made several tasks.
        failed: the records of tasks that failed while others succeeded.
        coins: the coins charged, None if the family does not report them.
        elapsed: seconds from acceptance until the end was noticed.
    """
    @property
    def urls(self) -> Sequence[str]:
        """The URLs of everything that was made. They expire after about three days: download soon.

        Inputs that the record echoes are not included. Empty for a family that makes no file, such as
        `a2e.voice`; see `ids`.
        """

    def download(
        self,
        folder: str | os.PathLike[str],
        *,
        name: str | None = None,
        progress: Callable[[int, int | None], Any] | None = None,
    ) -> Sequence[Path | Any]:
        """Download everything that was made.

        Args:
            folder: where to save the files; created if needed. Or an object store: "s3://bucket/prefix".
            name: the files' name without extension; by default the workflow and the task's id. Several
                files are numbered. The extension comes from the content.
            progress: called with the bytes received and the bytes in total, of all files together (None
                until the sizes of all are known).

        Returns:
            The paths of the files, in the order of `urls`. In an object store they are addresses (str).

        Raises:
            ConfigurationError, InvalidArgument: nothing can be saved there. Nothing was sent.
            DownloadError: a file could not be downloaded; the next call resumes it.

        Example:
            ```python
            result = a2e.text_to_image(prompt="a red kite").run()
            paths = result.download("out", name="kite")
            ```
        """

    def fetch(
        self,
        folder: str | os.PathLike[str],
        *,
        name: str | None = None,
        progress: Callable[[int, int | None], Any] | None = None,
    ) -> Sequence[SavedFile]:
        """Download as `download` does; returns the path, size (bytes) and content type of each file."""

    def read(self, index: int = 0, *, max_bytes: int = ...) -> bytes:
        """Download one file into memory.

        Args:
            index: which one, of several; -1 is the last.
            max_bytes: a larger file is refused. For large files there are `stream` and `download`.

        Returns:
            Its content.

        Raises:
            InvalidArgument: there is no such file.
            DownloadError: the host refused (links expire after about three days) or sent an error page, the
                file is too large, or the connection broke too often.

        Example:
            ```python
            result = a2e.text_to_image(prompt="a red kite").run()
            picture = result.read()
            ```
        """

    def stream(self, index: int = 0, *, max_bytes: int = ...) -> FileStream:
        """Download one file chunk by chunk, to pass it on. Nothing is sent before it is opened.

        Args:
            index: which one, of several; -1 is the last.
            max_bytes: a larger file is refused.

        Returns:
            The stream: read it with ``for``. As ``with`` it is opened at once, and knows its
            ``content_type`` and its ``size`` (bytes; None where the host does not say).

        Raises:
            InvalidArgument: there is no such file.
            DownloadError: as for `read`, when it is opened or read.

        Example:
            ```python
            with result.stream() as file:
                print(file.name, file.content_type, file.size)
                for chunk in file:
                    ...
            ```
        """

    def urls_for(self, field: str) -> Sequence[str]:
        """The URLs that fit a field of another job, by its name; a job takes the Result itself as well.

        Args:
            field: such as ``image_url``. A field whose name says no medium takes all files.

        Raises:
            InvalidArgument: there are no files, or only those of another medium.

        Example:
            ```python
            picture = a2e.text_to_image(prompt="a red kite").run()
            clip = a2e.image_to_video(image_url=picture, prompt="it flies").run()
            ```
        """

    @property
    def task(self) -> Task[TaskRecordT_co]:
        """The task."""

    @property
    def records(self) -> Sequence[TaskRecordT_co]:
        """Its record; several if the start made several tasks."""

    @property
    def failed(self) -> Sequence[TaskRecordT_co]:
        """The records of tasks that failed while others succeeded."""

    @property
    def coins(self) -> float | None:
        """The coins charged, None if the family does not report them."""

    @property
    def elapsed(self) -> float:
        """Seconds from acceptance until the end was noticed."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON has it, for a web response or a database."""

    def with_client(self, client: A2E) -> Self:
        """Return the result with a client that downloads its files; see `Task.with_client`."""

    @property
    def record(self) -> TaskRecordT_co:
        """The record; the first one if there are several."""

    @property
    def ids(self) -> Sequence[str]:
        """The ids to pass to other operations, one for each record.

        A video twin has an ``anchor_id``, for `a2e.avatar_video`. Any other id is the task's own: that of a
        voice is the ``user_voice_id`` of `a2e.tts.send_tts`.
        """

class SavedFile(Plain):
    """A downloaded file. `open` and `pathlib.Path` accept it as a path, and `fsspec.open` as an address.

    Attributes:
        path: where it is: a `Path`; in an object store its address, such as ``s3://bucket/out/cat.mp4``.
        size: bytes.
        content_type: detected from its first bytes, otherwise as its host reported it.
        reused: an existing file with the same content was kept.
    """
    @property
    def path(self) -> Path | Any:
        """Where it is: a `Path`; in an object store its address, such as ``s3://bucket/out/cat.mp4``."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def content_type(self) -> str:
        """Detected from its first bytes, otherwise as its host reported it."""

    @property
    def reused(self) -> bool:
        """An existing file with the same content was kept."""

    @property
    def name(self) -> str:
        """The file's name: the last part of its path or address."""

    def __fspath__(self) -> str: ...
    def compute_sha256(self) -> str:
        """Hash the current content of the file, in worker threads.

        Returns:
            The SHA-256, in hex.

        Raises:
            DownloadError: the file cannot be read any more.

        Example:
            ```python
            saved = a2e.download(url, "out")
            digest = saved.compute_sha256()
            ```
        """

class Task(Plain, Generic[TaskRecordT_co]):
    """A task on the server. If one start makes several tasks, all of them.

    It can be pickled and copied. Pickled, it leaves its client behind: give it another with `with_client`.

    Attributes:
        workflow: the workflow.
        ids: the ids of all tasks that the start made.
        raws: their JSON, as last received.
        sent: URLs that the start was given.
        given: the names of the fields that the start was given; None if they are not known.
    """
    @property
    def workflow(self) -> Workflow[TaskRecordT_co]:
        """The workflow."""

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all tasks that the start made."""

    @property
    def raws(self) -> Sequence[JSONObject]:
        """Their JSON, as last received."""

    @property
    def sent(self) -> frozenset[str]:
        """URLs that the start was given."""

    @property
    def given(self) -> frozenset[str] | None:
        """The names of the fields that the start was given; None if they are not known."""

    @property
    def id(self) -> str:
        """The task's id; the first one if the start made several tasks."""

    @property
    def record(self) -> TaskRecordT_co:
        """The record as last received; that of the first task if there are several."""

    @property
    def coins(self) -> float | None:
        """The coins charged, None if the family does not report them."""

    @property
    def progress(self) -> float | None:
        """The progress in percent as last received, None if the family does not report it."""

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON has it: workflow, ids, coins, and its records as last received."""

    def with_client(self, client: A2E) -> Self:
        """Return the task with a client that asks for it, for example after it was unpickled.

        Args:
            client: an `A2E`.

        Raises:
            InvalidArgument: it is not a client.

        Example:
            ```python
            result = error.task.with_client(a2e).wait()
            ```
        """

    def wait(
        self, *, timeout: float = 900.0, on_update: Callable[[TaskRecordT_co], Any] | None = None
    ) -> Result[TaskRecordT_co]:
        """Wait until the task has ended. All waiters of a workflow share the same few requests.

        With `A2E(webhooks=…)` the service's call about the task ends the wait at once.

        A task that is said to be completed but shows no output yet is asked for again for some tens of
        seconds.

        Args:
            timeout: seconds to wait.
            on_update: called with the record as it is known, each time it shows another status or progress,
                and at the end, without an additional request. If it fails, that is logged, and
                it is not called again.

        Returns:
            The Result. If the start made several tasks, it holds those that succeeded.

        Raises:
            TaskFailed: the task ended without a result; if there are several, all of them did.
            TaskNotFound: the service does not know the task, by any route.
            OutputMissing: the task is said to be completed, but its output did not come; wait again.
            WaitTimeout: the task is still running; wait again.
            ConfigurationError: the API cannot report on tasks of this workflow.

        Example:
            ```python
            task = a2e.text_to_image(prompt="a red kite").start()
            result = task.wait(timeout=300)
            ```
        """

    def updates(self, *, timeout: float = 900.0) -> TaskUpdates[TaskRecordT_co]:
        """Iterate over the task's records as they come: now, with each change, and at the end.

        It uses the same shared requests as `wait`, and ends when the task has ended, also if it failed.

        Args:
            timeout: seconds to wait, in all; the time in the body of the loop does not count.

        Raises:
            ConfigurationError: the API cannot report on tasks of this workflow.

        Example:
            ```python
            for record in task.updates():
                print(record.status, task.progress)
            ```
        """

    def delete(self) -> None:
        """Delete the task at the service. If one start made several tasks, all of them.

        It is gone from the history; coins are not paid back. What was downloaded stays.

        Raises:
            ConfigurationError: the API cannot delete tasks of this workflow. Nothing was sent.
            TaskNotFound: the service does not know the task; it may have been deleted before.

        Example:
            ```python
            a2e.text_to_image.task("67d2f1c0a8e5b3d4c6f70123").delete()
            ```
        """

    def refresh(self) -> TaskRecordT_co:
        """Request the record now.

        Returns:
            The record.

        Raises:
            TaskNotFound: the service does not know the task.
            ConfigurationError: the API cannot report on tasks of this workflow.
        """

    def output_urls(self, raw: JSONObject) -> Sequence[str]:
        """The URLs of the outputs in a record of this task."""

    def result(self, *, elapsed: float = 0.0) -> Result[TaskRecordT_co]:
        """Make the Result of a task that has ended.

        Args:
            elapsed: seconds that it took.

        Raises:
            TaskFailed: the task ended without a result.
            OutputMissing: a task is said to be completed, but shows no output.
            WaitTimeout: it has not ended; `wait` waits for it.
        """

class Workflow(Resource, Generic[TaskRecordT_co]):
    """A resource that can start tasks. Call it to make a Job; nothing is sent yet."""

    by_convention: ClassVar[bool]

    record_type: ClassVar[type[TaskRecord]]

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
            result = a2e.text_to_image.task("67d2f1c0a8e5b3d4c6f70123").wait()
            ```
        """

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

    def delete_task(self, task_id: str) -> None:
        """Delete a task by its id; see `Task.delete`.

        Raises:
            ConfigurationError: the API cannot delete tasks of this workflow. Nothing was sent.
        """

    def decode(self, raw: Mapping[str, Any]) -> TaskRecordT_co:
        """Make the typed record of a task's JSON."""

    def require_readable(self) -> None:
        """Check that the API has a route that reports on this workflow's tasks.

        Raises:
            ConfigurationError: it has none, so nothing can be waited for.
        """

class Api:
    """All resources of the API."""
    @property
    def account(self) -> Account:
        """Miscellaneous.

        Methods:
            add(username=, password=): Add a user.
            remaining_coins(): Get the balance.
        """

    @property
    def actor_swap(self) -> ActorSwap:
        """Actor Swap: start actor swap task.

        Args:
            image_url (Media, required): Reference actor. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url (Media, required): Control video. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            prompt (str): What is wanted, in words.
            negative_prompt (str): What is not wanted, in words.
            timeout (int): Seconds. Server default: 300.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ActorSwapRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.actor_swap(image_url=Path("cat.png"), video_url=Path("clip.mp4"))
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def anchor(self) -> Anchor:
        """Generate Avatar Videos.

        Methods:
            list(): List available avatars.
            tts_list(): List system voices (TTS presets).
            language_list(): List supported languages/regions for voices.
            post_voice_list(): List available voices by country/region.
            voice_list(): List available voices (GET).
            character_list(): List the avatars of the older interface.
        """

    @property
    def avatar_video(self) -> AvatarVideo:
        """Generate Avatar Videos: generate AI video with avatar.

        One of audio_src or custom_voice is needed. Background replacement needs an original background
        stored on the avatar, or anchor_background_img / anchor_background_color in the request.

        At least one of audio_src and custom_voice is needed. Only one of back_id and custom_back_id may
        be given. web_bg_width, web_bg_height, web_people_width and web_people_height are needed with
        back_id, custom_back_id or color.

        Args:
            anchor_id (str, required): The avatar's id.
            anchor_type (float, required): 0 system avatar, 1 custom avatar.
            title (str): The title of the video, to find it again. At most 40 characters.
            audio_src (Media): Audio URL; needed when custom_voice is absent. A URL, a Path, bytes, an `Upload` or a `Result`.
            custom_voice (Media): Audio URL; needed when audio_src is absent. A URL, a Path, bytes, an `Upload` or a `Result`.
            anchor_background_img (Media): URL; needed to replace a background when the avatar stores no original one. A URL, a Path, bytes, an `Upload` or a `Result`.
            color (str): RGBA.
            anchor_background_color (str): RGBA; needed to replace a background when the avatar stores no original one.
            back_id (str): System background; not together with `custom_back_id` (error 30005).
            face_swap_id (str): The id of a face swap.
            custom_back_id (str): From custom_back/add; not together with `back_id` (error 30005).
            wl_model (str): Watermark/logo setting.
            is_skip_rs (bool): Skips resolution scaling.
            web_bg_width (float): Output canvas width. Needed with back_id, custom_back_id or color. Server default: 0.
            web_bg_height (float): Output canvas height. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_width (float): Avatar width in the output. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_height (float): Avatar height in the output. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_x (float): Pixels from the left edge of the canvas to the avatar. Server default: 0.
            web_people_y (float): Pixels from the top edge of the canvas to the avatar. Server default: 0.
            web_dist_bg_width (float): Width of the background on the canvas, in pixels. -1 is its own width. Server default: -1.
            web_dist_bg_height (float): Height of the background on the canvas, in pixels. -1 is its own height. Server default: -1.
            web_dist_bg_x (float): Pixels from the left edge of the canvas to the background. Server default: 0.
            web_dist_bg_y (float): Pixels from the top edge of the canvas to the background. Server default: 0.
            resolution (float): Height in pixels. Server default: 1080.
            msg (str): The text that is spoken, as clients send it. It is not turned into speech here.
            erode_factor (float): How much is cut off along the avatar's outline when its background is replaced.
            is_skip_gp (bool): Skips green-screen processing.
            is_caption_enabled (bool): Whether captions are shown.
            gp_model (mapping): Green-screen settings.
            is_to_public_pool (bool): Whether the video may be shown to others.
            lip_model (str): Lip-sync model.
            caption_align (mapping): Style and position of the captions.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `AvatarVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.avatar_video(
                anchor_id="507f1f77bcf86cd799439011",
                anchor_type=0,
                audio_src=Path("speech.mp3"),
            )
            result = job.run()
            ```

        More methods: `get`, `list`, `generate_public_access_token` and `task`.
        """

    @property
    def caption_removal(self) -> CaptionRemoval:
        """Caption Removal: start caption removal task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            source_url (Media, required): The video to clean. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `CaptionRemovalRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.caption_removal(source_url=Path("clip.mp4"))
            result = job.run()
            ```

        More methods: `list`, `all_processing`, `batch_detail`, `get`, `delete`, `retry` and `task`.
        """

    @property
    def custom_avatar(self) -> CustomAvatar:
        """Create Avatars.

        Methods:
            add(): Add new record.
            list(): List the custom avatars.
            delete(): Delete record.
            all_tags(): List all tags.
            update(id): Update record.
        """

    @property
    def custom_background(self) -> CustomBackground:
        """Background Matting.

        Methods:
            add(img_url=): Add new custom background.
            list(): List the custom backgrounds.
            delete(): Delete record.
            all_background(): List all backgrounds.
            random_background(): Get a random background.
        """

    @property
    def dubbing(self) -> Dubbing:
        """AI Dubbing: start AI dubbing task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            source_url (Media): The video or audio to dub. A URL, a Path, bytes, an `Upload` or a `Result`.
            source_lang (str): The language that is spoken in it, such as en; auto finds out.
            target_lang (str): The language to dub into, such as es.
            num_speakers (int): How many people speak.
            drop_background_audio (bool): Whether the music and noise behind the speech are left out.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            body (mapping): Members of the JSON body that are not documented.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `DubbingRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.dubbing(source_url=Path("clip.mp4"), target_lang="es")
            result = job.run()
            ```

        More methods: `list`, `all_processing`, `get`, `delete` and `task`.
        """

    @property
    def face_swap_image(self) -> FaceSwapImage:
        """Face Swap.

        Methods:
            add(face_url=): Add a new face image for face swapping.
            list(): Get user's face swap image records.
            delete(id): Remove a face swap image.
        """

    @property
    def face_swap_preview(self) -> FaceSwapPreview:
        """Face Swap: create a new face swap preview task.

        Args:
            video_url (Media, required): The video, or picture, that gets the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            face_url (Media, required): A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `FaceSwapPreviewRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.face_swap_preview(video_url=Path("clip.mp4"), face_url=Path("cat.png"))
            result = job.run()
            ```

        More methods: `status` and `task`.
        """

    @property
    def face_swap_task(self) -> FaceSwapTask:
        """Face Swap: create a new face swap task.

        Args:
            video_url (Media, required): The video, or picture, that gets the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            face_url (Media, required): A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            cover_url (Media): Cover image URL. A URL, a Path, bytes, an `Upload` or a `Result`.
            model_version (str): v1 is the default (JAH pipeline); v2 (ComfyUI) handles images only.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `FaceSwapTaskRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.face_swap_task(video_url=Path("clip.mp4"), face_url=Path("cat.png"))
            result = job.run()
            ```

        More methods: `list`, `status`, `batch_detail`, `get`, `delete`, `retry` and `task`.
        """

    @property
    def flux2(self) -> Flux2:
        """Flux 2: start Flux 2 Pro image generation or editing.

        Text-to-image, or image-to-image with up to 8 reference images. Usually 20-60 seconds. Images
        expire after 7 days. A 200 may instead report detected NSFW content. 402 when credits are short.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            input_images (list of Media): Reference images. With any, the picture is made from them. Each a URL, a Path, bytes, an `Upload` or a `Result`. At most 8 items.
            aspect_ratio (str): Width to height. One of 1:1, 16:9, 9:16, 4:3, 3:4, 2:3, 3:2, custom, match_input_image. Server default: 9:16.
            resolution (str): 1K is about 1 megapixel, 2K about 2. Server default: 1K.
            force_generate (bool): Generates despite NSFW detection; default true for API callers, false for web. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Flux2Record` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.flux2(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def generation(self) -> Generation:
        """Credits.

        Methods:
            quote(endpoint=, request_body=): Estimate generation credit consumption.
        """

    @property
    def gpt_image(self) -> GptImage:
        """GPT Image: start GPT Image generation or editing.

        Text-to-image, or editing of up to 16 images. Results expire after 3 days.
        webhook_url/webhook_token work for API-token callers only, best effort.

        resolution 4K cannot be combined with model gpt-image-2 and aspect_ratio 1:1.

        Args:
            prompt (str, required): What is wanted, in words. At most 3000 characters.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            input_images (list of Media): Image URLs for editing; at most 16 (gpt-image-1.5). Each a URL, a Path, bytes, an `Upload` or a `Result`.
            model (str): 1.5: 20/35 coins; 2: per image 25 (1K), 35 (2K), 45 (4K), quality fixed medium. One of gpt-image-1.5, gpt-image-2, gpt-image-2.5-sunburst, gpt-image-2.5-flare. Server default: gpt-image-1.5.
            aspect_ratio (str): gpt-image-1.5: only 1:1, 3:2, 2:3, others become 1:1; gpt-image-2: all nine. One of auto, 1:1, 9:16, 21:9, 16:9, 4:3, 3:2, 3:4, 2:3. Server default: 1:1.
            quality (str): gpt-image-1.5 only. One of medium, high. Server default: medium.
            resolution (str): gpt-image-2 only; 1:1 excludes 4K; aspect_ratio auto or omitted: 1K only. One of 1K, 2K, 4K. Server default: 1K.
            force_generate (bool): Generates despite detected NSFW.
            save_as_png (any JSON): Whether the picture is a PNG.
            background (any JSON): The background of the picture.
            creation_mode (any JSON): How the picture is made.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `GptImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.gpt_image(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def grok_video(self) -> GrokVideo:
        """Grok Video: start Grok Imagine video generation.

        text-to-video needs prompt; image-to-video needs an image (image_urls or image_url).

        prompt is needed with model_type text-to-video or left out. image_urls or image_url is needed
        with model_type image-to-video. model_version 1.5 cannot be combined with model_type
        text-to-video or left out. aspect_ratio can only be 1:1, 16:9 or 9:16 with model_type
        text-to-video or left out and model_version legacy or left out.

        Args:
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model_type (str): From words alone, or from an image. One of text-to-video, image-to-video. Server default: text-to-video.
            model_version (str): 1.5 works with image-to-video only. One of legacy, 1.5. Server default: legacy.
            prompt (str): Needed for text-to-video; optional for image-to-video.
            mode (str): For image-to-video the upstream may turn spicy into normal. One of fun, normal, spicy. Server default: normal.
            image_urls (list of Media): The images to animate. image-to-video needs at least one. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            image_url (Media): Single-image alternative to image_urls; the server puts it first in image_urls. A URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Legacy text: 1:1/16:9/9:16; legacy image may add 4:3/3:4/3:2/2:3; 1.5 takes all. One of auto, 1:1, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3. Server default: 16:9.
            duration (str): Seconds. One of 6, 10, 15. Server default: 6.
            nsfw_checker (bool): Acts for model_version 1.5. Server default: False.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `GrokVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.grok_video(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def hailuo_video(self) -> HailuoVideo:
        """Hailuo Video Generation: start Hailuo video generation.

        Image-to-video only. prompt and at least one image are needed; 1080P cannot be combined with 10
        s.

        At least one of image_urls and image_url is needed. duration 10 cannot be combined with
        resolution 1080P.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            image_urls (list of Media): The images to animate; at least one is needed. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            image_url (Media): Single-image alternative to image_urls. A URL, a Path, bytes, an `Upload` or a `Result`.
            resolution (str): 1080P is not allowed with duration 10. One of 768P, 1080P. Server default: 768P.
            duration (str): Seconds. One of 6, 10. Server default: 6.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `HailuoVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.hailuo_video(
                prompt="A cat playing with a ball of yarn",
                image_urls=[Path("cat.png")],
            )
            result = job.run()
            ```

        More methods: `list`, `get`, `delete` and `task`.
        """

    @property
    def happyhorse_video(self) -> HappyhorseVideo:
        """HappyHorse Video: start HappyHorse video generation task (T2V / I2V / R2V / Video-Edit).

        HappyHorse on Alibaba DashScope. Without `model_version` version 1.0 is used. Modes t2v, i2v,
        r2v exist in 1.0 and 1.1, video-edit only in 1.0; models are named like happyhorse-1.1-t2v.

        prompt is needed with mode t2v, r2v or video-edit. image_url is needed with mode i2v.
        reference_image_urls is needed with mode r2v. edit_video_url is needed with mode video-edit.
        resolution can only be 720P or 1080P and reference_image_urls is at most 5 with mode video-edit.
        duration can only be 5, 10 or 15 and resolution can only be 720P or 1080P with mode t2v, i2v or
        r2v and model_version 1.0 or left out. ratio can only be 16:9, 9:16, 1:1, 4:3 or 3:4 with mode
        t2v or r2v and model_version 1.0 or left out.

        Args:
            mode (str, required): Text (t2v), image (i2v) or reference (r2v) to video, or editing of a video (video-edit).
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model_version (str): video-edit always runs 1.0; 1.1 allows more durations, ratios and 480P. Server default: 1.0.
            prompt (str): Needed for t2v, r2v and video-edit; optional for i2v.
            image_url (Media): First frame; i2v only. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls (list of Media): r2v needs 1-9; video-edit takes 0-5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            edit_video_url (Media): video-edit only. A URL, a Path, bytes, an `Upload` or a `Result`.
            input_video_seconds (float): Seconds of the input video as the client measured; estimates video-edit cost.
            duration (str): Seconds; 1.0: 5, 10 or 15; 1.1: 3-15; ignored for video-edit. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            resolution (str): 480P only with 1.1 in t2v, i2v, r2v. One of 480P, 720P, 1080P. Server default: 720P.
            ratio (str): t2v and r2v only; 4:5, 5:4, 9:21, 21:9 need 1.1. One of 16:9, 9:16, 1:1, 4:3, 3:4, 4:5, 5:4, 9:21, 21:9. Server default: 16:9.
            audio_setting (str): video-edit only; auto: model decides; origin: input audio kept. Server default: auto.
            seed (int): Range 0 to 2147483647.
            watermark (bool): DashScope watermark. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `HappyhorseVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.happyhorse_video(mode="t2v", prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def head_swap(self) -> HeadSwap:
        """Head Swap: start head swap generation.

        An image target gives an image, a video target (at most 15 s) a video. A detected age under 15
        is refused (codes 1003 and 1004). The status is initialized, sent, processing, completed or
        failed.

        Args:
            image_url (Media, required): The head to transplant. A URL, a Path, bytes, an `Upload` or a `Result`.
            target_image_url (Media, required): Body image or video (video at most 15 seconds); decides the output kind. A URL, a Path, bytes, an `Upload` or a `Result`.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `HeadSwapRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.head_swap(image_url=Path("cat.png"), target_image_url=Path("clip.mp4"))
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def image_edit(self) -> ImageEdit:
        """Image Edit: start image editing task.

        Args:
            edit_type (str, required): What is edited: what a person wears, or a product. One of clothing, product.
            image_urls (list of Media, required): The picture to edit first, then those of the clothing or product. Each a URL, a Path, bytes, an `Upload` or a `Result`. At least 2 items.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            timeout (float): Seconds. Server default: 120.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ImageEditRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.image_edit(edit_type="clothing", image_urls=[Path("cat.png"), Path("cat.png")])
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def image_to_video(self) -> ImageToVideo:
        """Image to Video: start image to video conversion.

        The V2 models make their own audio (auto_add_audio is ignored) and are not covered by plan
        waivers; a2e-v2 costs more per second.

        end_image_url is needed with model_type FLF2V.

        Args:
            image_url (Media, required): The picture to animate; it is the first frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            prompt (str): What is wanted, in words.
            negative_prompt (str): What is not wanted, in words.
            lora (str): Lora ID; its preset replaces prompt and negative_prompt, which may then be omitted.
            model_type (str): From one picture (GENERAL), or from a first and a last frame (FLF2V). Server default: GENERAL.
            model_version (str): The model. Server default: a2e-v2 for Ultra users, a2e otherwise. a2e-v2 costs more per second; a2e-v2-flash costs the same as a2e.
            end_image_url (Media): Needed when model_type is FLF2V. A URL, a Path, bytes, an `Upload` or a `Result`.
            extend_prompt (bool): Whether the prompt is extended automatically. Server default: True.
            number_of_images (int): How many videos are made. 1 to 8. Server default: 1.
            video_time (int): Seconds. One of 5, 10, 15, 20. Server default: 5.
            video_length (int): Deprecated, frames; use video_time. 1 to 1000.
            skip_face_enhance (bool): False enhances face similarity. Server default: False.
            mask_face (bool): Web NSFW preflight; true only once the user agreed to face masking.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ImageToVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.image_to_video(image_url=Path("cat.png"))
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `avg_processing_time`, `unlimited_queue_level`,
        `mark_shared`, `mark_downloaded`, `mark_copied`, `get`, `delete`, `prompt_extension`,
        `flf2v_prompt_extension` and `task`.
        """

    @property
    def kling_image(self) -> KlingImage:
        """Kling Image: start Kling 3.0 image generation.

        Creates one or more tasks, as many as `n` says.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            input_images (list of Media): Reference image URLs, publicly reachable. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of 1:1, 16:9, 9:16, 4:3, 3:4, 2:3, 3:2, 21:9. Server default: 9:16.
            n (int): How many pictures are made; each is a task. 1 to 9.
            resolution (str): How large the pictures are. One of 1k, 2k. Server default: 1k.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `KlingImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_image(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def kling_omni(self) -> KlingOmni:
        """Kling Omni: start Kling Omni video generation.

        Model kling-v3-omni. Up to 7 reference images, 3-15 s. Server turns plain URLs, boolean sound
        and unindexed multi_prompt into the official Kling forms.

        prompt is needed with multi_shot False or left out, or with shot_type intelligence. shot_type is
        needed with multi_shot True. multi_prompt is needed with shot_type customize.

        Args:
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            prompt (str): Needed when multi_shot is false or shot_type is intelligence; refer to images as <<<image_N>>>.
            image_list (list of Media): Up to 7 image URLs; jpg/jpeg/png, 10 MB each at most. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            mode (str): std gives 720p, pro gives 1080p. Server default: std.
            duration (str): Seconds, 3 to 15. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            aspect_ratio (str): Width to height. One of 16:9, 9:16, 1:1. Server default: 16:9.
            sound (bool): Whether the video has sound. Server default: False.
            multi_shot (bool): Whether the video has several shots. Server default: False.
            shot_type (str): Needed when multi_shot is true. One of intelligence, customize.
            multi_prompt (list of mapping): Needed when shot_type is customize; 1 to 6 shots whose durations sum to duration.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `KlingOmniRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_omni(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `update`, `delete` and `task`.
        """

    @property
    def kling_video(self) -> KlingVideo:
        """Kling Video: start Kling video generation.

        motion-control moves a video's motion onto an image. Version 2.6: 5 or 10 s; 3.0 (standard or
        fast): 3-15 s. End frame needs pro. 4k: version 3.0 text or image video only.

        image_url is needed with mode image-to-video or motion-control. video_url is needed with mode
        motion-control. duration can only be 5 or 10 with mode text-to-video or image-to-video and
        version 2.6 or left out. model_version can only be standard and quality_mode can only be std or
        pro with version 2.6 or left out, or with mode motion-control. mode can only be image-to-video
        with end_image_url. quality_mode must be pro with end_image_url and model_version standard or
        left out, or with version 2.6 or left out and sound True. sound True cannot be combined with
        version 2.6 or left out and end_image_url.

        Args:
            mode (str, required): Text or image to video, or the motion of a video moved onto an image. One of text-to-video, image-to-video, motion-control.
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            version (str): 2.6: 5 or 10 s; 3.0: 5, 10 or 15 s (but see duration). Server default: 2.6.
            model_version (str): fast: version 3.0 only, text/image-to-video, 3-15 s, takes resolution instead of quality_mode 4k. One of standard, fast. Server default: standard.
            resolution (str): For model_version fast. One of 720p, 1080p. Server default: 720p.
            quality_mode (str): 4k: only Kling 3.0 text-to-video and image-to-video. One of std, pro, 4k. Server default: std.
            duration (str): Seconds. Version 2.6: 5 or 10; version 3.0: 3 to 15. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            image_url (Media): Needed when mode is image-to-video or motion-control. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url (Media): Needed when mode is motion-control. A URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Only for text-to-video. One of 16:9, 9:16, 1:1. Server default: 16:9.
            sound (bool): Version 2.6: pro only; version 3.0: std or pro. 4k is a separate price tier. Server default: False.
            end_image_url (Media): End frame; image-to-video with pro only; in version 2.6 not together with sound. A URL, a Path, bytes, an `Upload` or a `Result`.
            character_orientation (str): For motion-control. image: 3-10 s; video: 3-30 s. Server default: video.
            negative_prompt (str): What is not wanted, in words.
            seed (float): Seed of the random generator.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `KlingVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_video(mode="text-to-video", prompt="A beautiful sunset over the ocean")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `update`, `delete` and `task`.
        """

    @property
    def minimax_h3_video(self) -> MinimaxH3Video:
        """MiniMax H3 Video Generation: start MiniMax H3 video generation.

        image-to-video needs first_frame_url; reference-to-video needs at least one of the reference
        image, video or audio lists.

        first_frame_url is needed with mode image-to-video. reference_image_urls, reference_video_urls
        or reference_audio_urls is needed with mode reference-to-video. aspect_ratio can only be 21:9,
        16:9, 4:3, 1:1, 3:4 or 9:16 with mode text-to-video or left out.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            mode (str): From words alone, from an image, or after reference media. One of text-to-video, image-to-video, reference-to-video. Server default: text-to-video.
            first_frame_url (Media): Needed when mode is image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            last_frame_url (Media): Optional; image-to-video only. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls (list of Media): reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_video_urls (list of Media): reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_audio_urls (list of Media): reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            resolution (str): How large the video is: 768 lines, or 2K. One of 768P, 2K. Server default: 2K.
            duration (str): Seconds. One of 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 12.
            aspect_ratio (str): adaptive only for reference-to-video, its default; ignored for image-to-video. One of adaptive, 21:9, 16:9, 4:3, 1:1, 3:4, 9:16.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `MinimaxH3VideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.minimax_h3_video(prompt="A cinematic sunrise over snowy mountains")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def motion_transfer(self) -> MotionTransfer:
        """Motion Transfer: start motion transfer task.

        Args:
            image_url (Media, required): Reference image. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url (Media, required): Source of the motion. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            positive_prompt (str): What is wanted, in words.
            negative_prompt (str): What is not wanted, in words.
            timeout (float): Seconds. Server default: 300.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `MotionTransferRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.motion_transfer(image_url=Path("cat.png"), video_url=Path("clip.mp4"))
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def nano_banana(self) -> NanoBanana:
        """Nano Banana: start Nano Banana image generation.

        NSFW is checked before generating. webhook_url/webhook_token work for API-token callers only,
        best effort.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model (str): nano-banana has no resolution control (edits when given images); lite is 1K only. One of nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite. Server default: nano-banana-pro.
            input_images (list of Media): Image URLs, for editing and composition. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of auto, 16:9, 1:1, 9:16, 4:3, 3:4, 2:3, 3:2, 4:5, 5:4, 21:9. Server default: auto.
            image_size (str): Only nano-banana-pro and nano-banana-2; nano-banana-2-lite is always 1K. One of 1K, 2K, 4K. Server default: 1K.
            google_search (bool): Grounding by web search; nano-banana-2 only. Server default: False.
            force_generate (bool): Generates despite detected NSFW; default true for API callers, false on the web. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `NanoBananaRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.nano_banana(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def photobook(self) -> Photobook:
        """Photobook: start photobook generation.

        Creates a photobook task that yields `total_count` (4, 8, 12 or 16) photos from one face image.
        No webhook input here.

        Args:
            face_image_url (Media, required): One face image, used for every photo. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            location (str): Where the photos are set, in words.
            clothing (str): Applied in the image-edit step.
            total_count (int): How many photos are made. One of 4, 8, 12, 16. Server default: 4.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `PhotobookRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.photobook(face_image_url=Path("cat.png"))
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def product_avatar(self) -> ProductAvatar:
        """Product Avatar: generate product avatar with AI (Async).

        Statuses: initialized, sent, pending, processing, then completed (result_image_url) or failed
        (failure). Tasks fail after 2 hours; credits come back on timeout or failure.

        Args:
            image_urls (list of Media, required): Index 0 is the product, index 1 the person. Each a URL, a Path, bytes, an `Upload` or a `Result`. Exactly 2 items.
            product_rect (mapping, required): Position and size of the product.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            prompt (str): What is wanted, in words.
            timeout (float): Seconds. Server default: 120.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ProductAvatarRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.product_avatar(
                image_urls=[Path("cat.png"), Path("cat.png")],
                product_rect={"x": 100, "y": 150, "width": 200, "height": 300, "rotation": 0, "scale": 1},
            )
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def qwen2_image(self) -> Qwen2Image:
        """Qwen Image: start a new Qwen2 image generation/edit task.

        Text-to-image or image editing. webhook_url/webhook_token work for API-token callers only, best
        effort.

        size can only be 1024*1024, 1328*880, 880*1328, 1152*864, 864*1152, 1280*720, 720*1280 or
        1512*648 with model qwen-image-2.0, qwen-image-2.0-pro, qwen-image-3.0 or left out.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model (str): The model. Only qwen-image-3.0-pro makes the sizes with 2048. One of qwen-image-2.0, qwen-image-2.0-pro, qwen-image-3.0, qwen-image-3.0-pro. Server default: qwen-image-2.0.
            input_images (list of Media): Reference images; the URLs must be public. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            size (str): The 2K sizes (with 2048) need qwen-image-3.0-pro; the others suit every model. One of 1024*1024, 1328*880, 880*1328, 1152*864, 864*1152, 1280*720, 720*1280, 1512*648, 2048*2048, 2048*1365, 1365*2048, 2048*1536, 1536*2048, 2048*1152, 1152*2048. Server default: 1024*1024.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Qwen2ImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.qwen2_image(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `get`, `batch_detail`, `delete` and `task`.
        """

    @property
    def seedance2_video(self) -> Seedance2Video:
        """Seedance 2.x: start Seedance 2.x video generation.

        Seedance 2.0 (standard/mini/fast) or 2.5. Inputs must be public URLs; asset:// URIs are refused.
        2.0: 15 s, 9 images, 3 videos, 3 audios; 2.5: 30 s, 30/10/10, up to 1080p, audio-only allowed.

        image_url is needed with mode image-to-video. first_frame_url and last_frame_url are needed with
        mode first-last-frames. reference_urls, video_urls or audio_urls is needed with mode reference.
        reference_urls or video_urls is needed with mode reference and model_version standard, mini,
        fast or left out. duration is at most 15, reference_urls is at most 9, video_urls is at most 3
        and audio_urls is at most 3 with model_version standard, mini, fast or left out. resolution can
        only be 480p or 720p with model_version mini or fast. resolution can only be 480p, 720p or 1080p
        with model_version 2.5. mode must be reference and model_version must be 2.5 with
        omni_reference_task_type. video_urls is needed, duration must be -1, aspect_ratio must be
        adaptive and video_urls is at most 1 with omni_reference_task_type edit. aspect_ratio must be
        adaptive with omni_reference_task_type extend.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            mode (str): Inputs by `mode`: image_url; first_frame_url+last_frame_url; reference_urls/video_urls/audio_urls. Audio alone needs 2.5. One of text-to-video, image-to-video, first-last-frames, reference. Server default: text-to-video.
            model_version (str): standard/mini/fast are Seedance 2.0 tiers; 2.5 has one tier, higher limits. Server default: standard.
            omni_reference_task_type (str): 2.5 reference mode. edit: adaptive ratio, duration -1, exactly one video; extend: adaptive ratio.
            image_url (Media): First frame for image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            first_frame_url (Media): Needed for first-last-frames. A URL, a Path, bytes, an `Upload` or a `Result`.
            last_frame_url (Media): Needed for first-last-frames; optional for image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_urls (list of Media): Images for reference `mode`: at most 9 on 2.0, 30 on 2.5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            video_urls (list of Media): mp4/mov. 2.0: 3 clips, 2-15 s each; 2.5: 10 clips, 30 s together. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            audio_urls (list of Media): mp3/wav. 2.0: 3 clips, 2-15 s each, 15 s together, not alone; 2.5: 10. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            duration (int): Seconds; at most 15 on 2.0, 30 on 2.5; 2.5 edit needs -1. 4 to 30. Server default: 5.
            input_video_duration (float): Seconds, an estimate; billed on the larger of this and the probed length. 2 to 45.5.
            aspect_ratio (str): Width to height. One of adaptive, 21:9, 16:9, 4:3, 1:1, 3:4, 9:16. Server default: 16:9.
            resolution (str): 4k: 2.0 standard only; 2.5: up to 1080p; fast/mini: 480p or 720p. Server default: 720p.
            generate_audio (bool): Billing includes audio; send false to turn it off. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Seedance2VideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.seedance2_video(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `update`, `delete` and `task`.
        """

    @property
    def seedance_video(self) -> SeedanceVideo:
        """Seedance 1.5 Pro: start Seedance 1.5 Pro video generation.

        Asynchronous, on BytePlus ModelArk Seedance 1.5 Pro. Three uses: text, image, first and last
        frames (inferred from the two image URLs).

        image_url is needed with mode image-to-video.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            mode (str): First-last-frames: send image-to-video with image_url and end_image_url. One of text-to-video, image-to-video. Server default: text-to-video.
            image_url (Media): Needed for image-to-video; is the first frame when end_image_url is given. A URL, a Path, bytes, an `Upload` or a `Result`.
            end_image_url (Media): Last frame; together with image_url switches to first-last-frames. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration (str): Seconds. One of 5, 10. Server default: 5.
            aspect_ratio (str): Width to height. One of 16:9, 9:16, 1:1. Server default: 16:9.
            resolution (str): How large the video is. One of 480p, 720p. Server default: 720p.
            camera_fixed (bool): Whether the camera does not move. Server default: False.
            generate_audio (bool): Whether the video has sound. Server default: False.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `SeedanceVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.seedance_video(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list` and `task`.
        """

    @property
    def sora_video(self) -> SoraVideo:
        """Sora 2 Pro Video: start Sora 2 Pro video generation (powered by Kling 3.0).

        Runs on the official Kling 3.0 API in spite of its name. Text-to-video or image-to-video (the
        default).

        image_urls is needed with model_type image-to-video or left out.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model_type (str): From words alone, or from images. One of text-to-video, image-to-video. Server default: image-to-video.
            image_urls (list of Media): Needed when model_type is image-to-video. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of portrait, landscape. Server default: landscape.
            duration_seconds (str): Seconds. One of 5, 10, 15. Server default: 5.
            quality (str): The quality of the video. One of standard, high. Server default: standard.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `SoraVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.sora_video(prompt="a red kite over the sea", image_urls=[Path("cat.png")])
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def storage(self) -> Storage:
        """Miscellaneous.

        Methods:
            get_upload_presigned_url(key=): Get pre-signed upload URL.
            upload_presigned_url(key=): Get pre-signed upload URL.
        """

    @property
    def talking_photo(self) -> TalkingPhoto:
        """Talking Photo: start talking photo generation.

        Makes a video from a portrait image and, optionally, an audio track. Returns the task record.

        Args:
            image_url (Media, required): A picture of the person who speaks. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt (str, required): What is wanted, in words.
            negative_prompt (str, required): What is not wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            audio_url (Media): What the person says. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration (int): Seconds; 0 is as long as the audio. 0 to 20. Server default: 3.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `TalkingPhotoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.talking_photo(
                image_url=Path("cat.png"),
                prompt="Make this person smile and speak",
                negative_prompt="blurry, distorted",
            )
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete`, `callback` and `task`.
        """

    @property
    def talking_video(self) -> TalkingVideo:
        """Talking Video: start talking video generation.

        Args:
            video_url (Media, required): A video of the person who speaks. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt (str, required): What is wanted, in words.
            negative_prompt (str, required): What is not wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            audio_url (Media): What the person says. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration (int): Seconds. 1 to 20. Server default: 3.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `TalkingVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.talking_video(
                video_url=Path("clip.mp4"),
                prompt="Make this person smile and speak",
                negative_prompt="blurry, distorted",
            )
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def text_to_image(self) -> TextToImage:
        """Text to Image: start text to image generation.

        May create several tasks (one per image, see max_images). webhook_url/webhook_token work for
        API-token callers only, best effort.

        input_images is at most 2 with model_type a2e or left out.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            width (float): Pixels. Server default: 1024.
            height (float): Pixels. Server default: 1024.
            model_type (str): The model. seedream also takes model_version and aspect_ratio. One of a2e, seedream, zimage. Server default: a2e.
            input_images (list of Media): Reference images: at most 2 for a2e, 10 for Seedream 5.0 Pro. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            skip_face_enhance (bool): a2e image edit only: turns off face-similarity enhancement. Server default: False.
            aspect_ratio (str): Seedream only. One of 1:1, 4:3, 3:4, 16:9, 9:16, 2:3, 3:2, 21:9.
            max_images (int): Each image becomes a task of its own. 1 to 8.
            model_version (str): With model_type seedream. One of 4.5, 5.0, 5.0-pro.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `TextToImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.text_to_image(prompt="A beautiful sunset over mountains")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete`, `quick_add_avatar` and `task`.
        """

    @property
    def think_sound(self) -> ThinkSound:
        """ThinkSound: start ThinkSound generation.

        Args:
            video_url (Media, required): Only .mp4, .avi, .mov or .mkv. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            caption (str): What the sound is of, in words.
            cot_description (str): Chain-of-thought text.
            seed (float): Seed of the random generator.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ThinkSoundRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.think_sound(video_url=Path("clip.mp4"))
            result = job.run()
            ```

        More methods: `delete`, `get`, `list`, `batch_detail` and `task`.
        """

    @property
    def tokens(self) -> Tokens:
        """Miscellaneous.

        Methods:
            generate(alias=): Generate API token.
            delete(id): Delete API token.
            list(): List API tokens.
            status(id=, enabled=): Switch an API token on or off.
        """

    @property
    def transactions(self) -> Transactions:
        """Credits.

        Methods:
            credits_history(): Get credits history.
        """

    @property
    def tts(self) -> Tts:
        """TTS and Voice Clone.

        Methods:
            send_tts(msg=): Generate text-to-speech audio.
            preview_list(): Get TTS preview list.
            preview_delete(id): Delete TTS preview record.
        """

    @property
    def upscale(self) -> Upscale:
        """Upscale: start upscale task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            source_url (Media, required): Source may be an image or a video. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `UpscaleRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.upscale(source_url=Path("clip.mp4"))
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def veo_video(self) -> VeoVideo:
        """Veo Video: start Veo 3.1 video generation.

        Text, image-frame and reference-image input (see generation_type).

        image_urls is needed with generation_type FIRST_AND_LAST_FRAMES_2_VIDEO or REFERENCE_2_VIDEO.
        image_urls is at most 2 with generation_type FIRST_AND_LAST_FRAMES_2_VIDEO.

        Args:
            prompt (str, required): May be an empty string: the server then uses a placeholder text.
            name (str): Optional; the server makes one when left out. Without one, the SDK names the task.
            generation_type (str): Text only, start/end frame images, or reference images. One of TEXT_2_VIDEO, FIRST_AND_LAST_FRAMES_2_VIDEO, REFERENCE_2_VIDEO. Server default: TEXT_2_VIDEO.
            image_urls (list of Media): FIRST_AND_LAST_FRAMES_2_VIDEO: 1-2 (start, end); REFERENCE_2_VIDEO: 1-3. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            model (str): veo3 for quality, veo3_fast for speed. Server default: veo3_fast.
            aspect_ratio (str): Auto: the server decides. One of 16:9, 9:16, Auto. Server default: Auto.
            watermark (str): Optional watermark text.
            seeds (float): Optional; 10000 to 99999.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `VeoVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.veo_video(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete`, `get_1080p` and `task`.
        """

    @property
    def video_twin(self) -> VideoTwin:
        """Video Twin: start video twin training.

        Trains from an image or a video source.

        At least one of image_url and video_url is needed.

        Args:
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            image_url (Media): A picture of the person. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url (Media): A video of the person. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_background_image (str): The background of the avatar.
            video_background_color (str): RGBA.
            gender (str): The avatar's gender. One of female, male.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has what it made in `ids`, and the
            task as `VideoTwinRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.video_twin(image_url=Path("cat.png"))
            result = job.run()
            ```

        More methods: `upload`, `training`, `upload_status`, `user_records`, `remove`, `list`,
        `continue_training`, `training_records`, `batch_detail`, `get`, `retry`, `eye_contact` and
        `task`.
        """

    @property
    def virtual_try_on(self) -> VirtualTryOn:
        """Virtual Try-On: start virtual try-on task.

        Args:
            image_urls (list of Media, required): Index 0 is the person, index 1 the clothing (two images described). Each a URL, a Path, bytes, an `Upload` or a `Result`. 2 to 4 items.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            timeout (float): Seconds. Server default: 120.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `VirtualTryOnRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.virtual_try_on(image_urls=[Path("cat.png"), Path("cat.png")])
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def voice(self) -> Voice:
        """TTS and Voice Clone: start voice training.

        One training submission at a time per user; concurrent ones are refused. Coins depend on model;
        a failed creation is refunded. Body needs name and voice_urls.

        Args:
            voice_urls (list of Media, required): Recordings of the voice. Each a URL, a Path, bytes, an `Upload` or a `Result`. At least 1 item.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            gender (str): The gender of the voice. One of female, male. Server default: female.
            denoise (bool): Whether noise is removed from the recordings.
            enhance_voice_similarity (bool): Whether the voice is brought closer to the recordings.
            model (str): The model that is trained; the price depends on it. One of a2e, cartesia, minimax, elevenlabs. Server default: a2e.
            language (str): When left out, the server infers it from the request headers.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has what it made in `ids`, and the
            task as `VoiceRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.voice(voice_urls=[Path("speech.mp3")])
            result = job.run()
            ```

        More methods: `training_record`, `completed_record`, `delete`, `get`, `update` and `task`.
        """

    @property
    def wan25(self) -> Wan25:
        """Wan Image to Video: start Wan video generation.

        Wan 2.5, 2.6 and 2.7. Modes other than first_frame need model=wan2.7-i2v. text_to_video takes no
        media; reference_image needs 1-5 ordered `reference_media` (or legacy `reference_image_urls`);
        see the URL fields for the rest.

        image_url is needed with model wan2.5-i2v-preview, wan2.6-i2v, wan2.6-i2v-flash or left out, or
        with model wan2.7-i2v and task_type first_frame, first_last_frame or left out. last_frame_url is
        needed with model wan2.7-i2v and task_type first_last_frame. first_clip_url is needed with model
        wan2.7-i2v and task_type video_extend. edit_video_url is needed with model wan2.7-i2v and
        task_type video_edit. reference_media or reference_image_urls is needed with model wan2.7-i2v
        and task_type reference_image. task_type can only be first_frame and duration can only be 5 or
        10 with model wan2.5-i2v-preview or left out. task_type can only be first_frame and duration can
        only be 5, 10 or 15 with model wan2.6-i2v or wan2.6-i2v-flash. duration can only be 5, 10 or 15
        with model wan2.7-i2v and task_type text_to_video, first_frame, first_last_frame, video_extend
        or left out. duration can only be 5, 6, 7, 8, 9 or 10 and reference_image_urls is at most 3 with
        model wan2.7-i2v and task_type video_edit.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            image_url (Media): Needed for task_type first_frame and first_last_frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            negative_prompt (str): What is not wanted, in words.
            duration (str): Seconds; choices depend on model and task_type; reference video caps reference_image at 10. One of 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            resolution (str): How large the video is. One of 480p, 720p, 1080p. Server default: 720p.
            ratio (str): Used only by Wan 2.7 text_to_video and reference_image. One of 16:9, 9:16, 1:1, 4:3, 3:4. Server default: 16:9.
            enable_prompt_expansion (bool): An LLM rewrites the prompt. Server default: False.
            multi_shots (bool): Acts only if enable_prompt_expansion is true. Server default: False.
            model (str): wan2.6-i2v and wan2.7-i2v need a VIP/Max user; wan2.6-i2v-flash is for all. One of wan2.5-i2v-preview, wan2.6-i2v, wan2.6-i2v-flash, wan2.7-i2v. Server default: wan2.5-i2v-preview.
            task_type (str): Used only if model is wan2.7-i2v. One of text_to_video, first_frame, first_last_frame, reference_image, video_extend, video_edit. Server default: first_frame.
            last_frame_url (Media): Needed for first_last_frame, optional for video_extend. A URL, a Path, bytes, an `Upload` or a `Result`.
            first_clip_url (Media): Needed for Wan 2.7 video_extend. A URL, a Path, bytes, an `Upload` or a `Result`.
            edit_video_url (Media): Needed for Wan 2.7 video_edit. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls (list of Media): Wan 2.7: legacy image-only reference_image input; video_edit takes at most 3. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_media (list of mapping): Ordered; input videos are billed with the output duration, 5-second input cap. 1 to 5 items.
            seed (float): Server picks one at random if omitted. 0 to 2147483647.
            audio (bool): Whether the video gets generated audio. Server default: True.
            audio_url (Media): first-frame modes; WAV/MP3, 3-30 s, 15 MB at most; cut to video length. A URL, a Path, bytes, an `Upload` or a `Result`.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Wan25Record` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan25(prompt="a red kite over the sea", image_url=Path("cat.png"))
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def wan26_image(self) -> Wan26Image:
        """Wan2.6 Image: start a new Wan2.6-Image generation task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            prompt (str, required): What is wanted, in words. At most 2000 characters.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            input_images (list of Media): For editing; 0 to 4 images. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, 21:9. Server default: 1:1.
            negative_prompt (str): What is not wanted, in words. At most 500 characters.
            prompt_extend (bool): Lets the server rewrite the prompt. Server default: True.
            force_generate (bool): Generates despite detected NSFW.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Wan26ImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan26_image(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `get`, `batch_detail`, `delete` and `task`.
        """

    @property
    def wan26_r2v(self) -> Wan26R2v:
        """Wan 2.6 R2V Flash: start reference-to-video generation.

        Makes a video from reference images or videos.

        Args:
            reference_urls (list of Media, required): Images or videos, at most 5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            prompt (str, required): Name the inputs as character1, character2 ...
            model (str): flash: faster and cheaper; standard: higher quality, audio only. One of wan2.6-r2v-flash, wan2.6-r2v. Server default: wan2.6-r2v-flash.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            duration (str): Seconds. One of 5, 10. Server default: 5.
            resolution (str): Tier; with aspect_ratio sets the actual size. One of 720p, 1080p. Server default: 720p.
            aspect_ratio (str): Width to height. One of 16:9, 9:16, 1:1, 4:3, 3:4. Server default: 16:9.
            shot_type (str): One shot, or several. One of single, multi. Server default: single.
            audio (bool): Whether the video has sound. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Wan26R2vRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan26_r2v(reference_urls=[Path("cat.png")], prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

    @property
    def wan27_image(self) -> Wan27Image:
        """Wan2.7 Image: start a new Wan2.7-Image generation task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            prompt (str, required): What is wanted, in words. At most 5000 characters.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model (str): The model. One of wan2.7-image, wan2.7-image-pro. Server default: wan2.7-image.
            input_images (list of Media): For editing; 0 to 9 images, each at most 20 MB. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, 21:9. Server default: 1:1.
            bbox_list (list): Boxes for interactive editing.
            force_generate (bool): Generates despite detected NSFW.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Wan27ImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan27_image(prompt="a red kite over the sea")
            result = job.run()
            ```

        More methods: `list`, `get`, `batch_detail`, `delete` and `task`.
        """

    @property
    def wan30(self) -> Wan30:
        """Wan Image to Video: start Wan3.0 all-in-one video generation.

        Reference videos: 3-15 s each, 15 s together, plus output at most 30 s. First/last frames
        exclude reference media; file excludes link; no negative_prompt. 720P 15 s: about 14 minutes,
        prime about 2.

        Args:
            model (str, required): prime: the same quality, faster, at a higher price per second. One of wan3.0-video, wan3.0-video-prime. Server default: wan3.0-video.
            input (mapping, required): Prompt and media of the video.
            parameters (mapping, required): Resolution, duration and other settings of the video.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            mode (str): From words alone, from a first frame, from a first and a last one, or after reference media. One of text-to-video, first-frame, first-last-frames, reference. Server default: text-to-video.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Only a webhook reports that the task is done.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan30(
                model="wan3.0-video",
                input={"prompt": "a red kite over the sea"},
                parameters={"resolution": "1080P"},
            )
            task = job.start()
            ```

        More methods: `task`.
        """

    @property
    def wan_spicy(self) -> WanSpicy:
        """Wan Image to Video: start Wan Spicy image-to-video generation.

        Run through a third party (mulerouter.ai/carrothub). wan2.7: audio, 720p/1080p, 2-15 s; wan2.2:
        no audio, 480p/720p, 5 or 8 s.

        resolution can only be 720p or 1080p with model wan2.7-i2v-spicy or left out. resolution can
        only be 480p or 720p and duration can only be 5 or 8 with model wan2.2-i2v-spicy.

        Args:
            prompt (str, required): What is wanted, in words.
            image_url (Media, required): Https only. A URL, a Path, bytes, an `Upload` or a `Result`.
            resolution (str, required): wan2.7: 720p or 1080p; wan2.2: 480p or 720p.
            duration (float, required): Seconds; wan2.7: 2-15; wan2.2: 5 or 8.
            model (str): Only 2.7 has audio. One of wan2.7-i2v-spicy, wan2.2-i2v-spicy. Server default: wan2.7-i2v-spicy.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            negative_prompt (str): Only with wan2.7-i2v-spicy.
            audio_url (Media): Only with wan2.7-i2v-spicy; https, .wav or .mp3. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt_extend (bool): Whether the prompt is extended automatically. Server default: True.
            seed (int): Seed of the random generator.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `WanSpicyRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan_spicy(
                prompt="a red kite over the sea",
                image_url=Path("cat.png"),
                resolution="720p",
                duration=2,
            )
            result = job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """

class RowJobs(Generic[TaskRecordT_co]):
    """The Jobs of rows; see `A2E.jobs`. Each is made anew whenever it is asked for, so few are in memory.

    Args:
        client: the client of the jobs.
        rows: mappings, or a data frame.
        workflow: makes the jobs of rows that name none.
        files: the folder in which texts may name files; None for none.

    Raises:
        InvalidArgument: a row is invalid. The message gives its number.
    """
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Job[TaskRecordT_co]]:
        """Make the jobs, in the order of the rows."""

class TaskUpdates(Generic[TaskRecordT_co]):
    """The records of a task as they come: the one that is known, each change, and the last one.

    A record comes when its status or progress differs from the one before. A slow loop gets the newest record
    instead of all that came meanwhile, and always the last one of each task. No request is sent that
    `Task.wait` would not send, and none while the loop's own body runs, unless others wait too.

    The iteration ends when the task has ended, also if it failed: `Task.wait` then returns the Result, or
    raises, without a request. It may be left at any time.

    Raises:
        TaskNotFound: the service does not know the task, by any route.
        WaitTimeout: the task is still running; iterate again.
        ConfigurationError: two loops read the same updates, at once or in different event loops.

    Example:
        ```python
        task = a2e.image_to_video(image_url=Path("cat.png"), prompt="it waves").start()
        for record in task.updates():
            print(record.status, task.progress)
        result = task.wait()
        ```
    """
    def __iter__(self) -> Self: ...
    def __next__(self) -> TaskRecordT_co: ...
    def close(self) -> None:
        """As `close`, for `contextlib.aclosing`."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

class Account(Resource):
    """Miscellaneous (`user`).

    Every method also takes the options in `CallOptions`.
    """
    def add(self, *, username: str, password: str, **options: Unpack[CallOptions]) -> Any:
        """Add a user.

        Args:
            username: The new user's name.
            password: The new user's password.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def remaining_coins(self, **options: Unpack[CallOptions]) -> _account.Balance:
        """Get the balance.

        Args:
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class ActorSwap(Workflow[_actor_swap.ActorSwapRecord]):
    """Actor Swap (`actorSwap`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        image_url: Media,
        video_url: Media,
        name: str | None = None,
        prompt: str | None = None,
        negative_prompt: str | None = None,
        timeout: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_actor_swap.ActorSwapRecord]:
        """Start actor swap task.

        Args:
            image_url: Reference actor. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url: Control video. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            timeout: Seconds. Server default: 300.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.actor_swap(image_url=Path("cat.png"), video_url=Path("clip.mp4"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_actor_swap.ActorSwapRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_actor_swap.ActorSwapRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _actor_swap.ActorSwapRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Removes the task from the history only; other results stay.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Anchor(Resource):
    """Generate Avatar Videos (`anchor`).

    Every method also takes the options in `CallOptions`.
    """
    def list(
        self, *, web_type: Literal["a2e", "tyzn"] | str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_anchor.Avatar]:
        """List available avatars.

        System avatars and the caller's own.

        Args:
            web_type: Send a2e or tyzn to get the default system avatars too.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def tts_list(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Sequence[_anchor.SystemVoice]:
        """List system voices (TTS presets).

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def language_list(
        self, *, voice_map_type: str | None = None, **options: Unpack[CallOptions]
    ) -> Sequence[_anchor.LanguageGroup]:
        """List supported languages/regions for voices.

        Args:
            voice_map_type: Filter by locale mapping.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def post_voice_list(
        self,
        *,
        country: str | None = None,
        region: str | None = None,
        voice_map_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Sequence[_anchor.VoiceGroup]:
        """List available voices by country/region.

        Args:
            country: The language of the voices: a `value` of `a2e.anchor.language_list()`.
            region: The region of the language: a `value` of its children.
            voice_map_type: Language and region in one, such as es-MX.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def voice_list(
        self,
        *,
        country: str | None = None,
        region: str | None = None,
        voice_map_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Sequence[_anchor.VoiceGroup]:
        """List available voices (GET).

        Args:
            country: The language of the voices: a `value` of `a2e.anchor.language_list()`. Server default: en.
            region: The region of the language: a `value` of its children. Server default: US.
            voice_map_type: Language and region in one, such as es-MX. Server default: en-US.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def character_list(
        self,
        *,
        type: str | None = None,
        user_video_twin_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Sequence[_anchor.Avatar]:
        """List the avatars of the older interface.

        Those of the system and your own; `list()` is the newer one.

        Args:
            type: `custom` for only your own.
            user_video_twin_id: Only the avatars of this `a2e.video_twin`.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class AvatarVideo(Workflow[_avatar_video.AvatarVideoRecord]):
    """Generate Avatar Videos (`video`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        anchor_id: str,
        anchor_type: float,
        title: str | None = None,
        audio_src: Media | None = None,
        custom_voice: Media | None = None,
        anchor_background_img: Media | None = None,
        anchor_background_color: str | None = None,
        back_id: str | None = None,
        face_swap_id: str | None = None,
        custom_back_id: str | None = None,
        color: str | None = None,
        wl_model: str | None = None,
        is_skip_rs: bool | None = None,
        web_bg_width: float | None = None,
        web_bg_height: float | None = None,
        web_people_width: float | None = None,
        web_people_height: float | None = None,
        web_people_x: float | None = None,
        web_people_y: float | None = None,
        web_dist_bg_width: float | None = None,
        web_dist_bg_height: float | None = None,
        web_dist_bg_x: float | None = None,
        web_dist_bg_y: float | None = None,
        resolution: float | None = None,
        msg: str | None = None,
        erode_factor: float | None = None,
        is_skip_gp: bool | None = None,
        is_caption_enabled: bool | None = None,
        gp_model: _avatar_video.GpModel | None = None,
        is_to_public_pool: bool | None = None,
        lip_model: str | None = None,
        caption_align: _avatar_video.CaptionAlign | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_avatar_video.AvatarVideoRecord]:
        """Generate AI video with avatar.

        One of audio_src or custom_voice is needed. Background replacement needs an original background
        stored on the avatar, or anchor_background_img / anchor_background_color in the request.

        At least one of audio_src and custom_voice is needed. Only one of back_id and custom_back_id may
        be given. web_bg_width, web_bg_height, web_people_width and web_people_height are needed with
        back_id, custom_back_id or color.

        Args:
            anchor_id: The avatar's id.
            anchor_type: 0 system avatar, 1 custom avatar.
            title: The title of the video, to find it again. At most 40 characters.
            audio_src: Audio URL; needed when custom_voice is absent. A URL, a Path, bytes, an `Upload` or a `Result`.
            custom_voice: Audio URL; needed when audio_src is absent. A URL, a Path, bytes, an `Upload` or a `Result`.
            anchor_background_img: URL; needed to replace a background when the avatar stores no original one. A URL, a Path, bytes, an `Upload` or a `Result`.
            color: RGBA.
            anchor_background_color: RGBA; needed to replace a background when the avatar stores no original one.
            back_id: System background; not together with `custom_back_id` (error 30005).
            face_swap_id: The id of a face swap.
            custom_back_id: From custom_back/add; not together with `back_id` (error 30005).
            wl_model: Watermark/logo setting.
            is_skip_rs: Skips resolution scaling.
            web_bg_width: Output canvas width. Needed with back_id, custom_back_id or color. Server default: 0.
            web_bg_height: Output canvas height. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_width: Avatar width in the output. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_height: Avatar height in the output. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_x: Pixels from the left edge of the canvas to the avatar. Server default: 0.
            web_people_y: Pixels from the top edge of the canvas to the avatar. Server default: 0.
            web_dist_bg_width: Width of the background on the canvas, in pixels. -1 is its own width. Server default: -1.
            web_dist_bg_height: Height of the background on the canvas, in pixels. -1 is its own height. Server default: -1.
            web_dist_bg_x: Pixels from the left edge of the canvas to the background. Server default: 0.
            web_dist_bg_y: Pixels from the top edge of the canvas to the background. Server default: 0.
            resolution: Height in pixels. Server default: 1080.
            msg: The text that is spoken, as clients send it. It is not turned into speech here.
            erode_factor: How much is cut off along the avatar's outline when its background is replaced.
            is_skip_gp: Skips green-screen processing.
            is_caption_enabled: Whether captions are shown.
            gp_model: Green-screen settings.
            is_to_public_pool: Whether the video may be shown to others.
            lip_model: Lip-sync model.
            caption_align: Style and position of the captions.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.avatar_video(
                anchor_id="507f1f77bcf86cd799439011",
                anchor_type=0,
                audio_src=Path("speech.mp3"),
            )
            result = job.run()
            ```
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _avatar_video.AvatarVideoRecord:
        """Get record details.

        Args:
            id: Task id that video/generate returned.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def list(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_avatar_video.AvatarVideoRecord]:
        """List avatar videos.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def generate_public_access_token(
        self, *, video_id: str, expire_minutes: Any | None = None, **options: Unpack[CallOptions]
    ) -> Any:
        """Generate public access token.

        Args:
            video_id: The video's id.
            expire_minutes: Minutes.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class CaptionRemoval(Workflow[_caption_removal.CaptionRemovalRecord]):
    """Caption Removal (`userCaptionRemoval`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        source_url: Media,
        name: str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_caption_removal.CaptionRemovalRecord]:
        """Start caption removal task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            source_url: The video to clean. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.caption_removal(source_url=Path("clip.mp4"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_caption_removal.CaptionRemovalRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def all_processing(
        self, **options: Unpack[CallOptions]
    ) -> Sequence[_caption_removal.CaptionRemovalRecord]:
        """List processing records.

        Args:
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_caption_removal.CaptionRemovalRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _caption_removal.CaptionRemovalRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete caption removal task.

        Removes the task from the history.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def retry(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> _caption_removal.CaptionRemovalRecord:
        """Retry a failed task.

        Makes a new attempt at a failed task. The reply may carry another id.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class CustomAvatar(Resource):
    """Create Avatars (`custom_avatar`).

    Every method also takes the options in `CallOptions`.
    """
    def add(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> _custom_avatar.Avatar:
        """Add new record.

        Adds a custom avatar to the caller's library.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def list(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_custom_avatar.Avatar]:
        """List the custom avatars.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(
        self, *, id: str | None = None, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Delete record.

        Args:
            id: The id of the avatar.
            body: Members of the JSON body that are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def all_tags(self, **options: Unpack[CallOptions]) -> Any:
        """List all tags.

        Args:
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def update(
        self, id: str, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Update record.

        Args:
            id: The record's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class CustomBackground(Resource):
    """Background Matting (`custom_back`).

    Images and videos.

    Every method also takes the options in `CallOptions`.
    """
    def add(self, *, img_url: Media, **options: Unpack[CallOptions]) -> _custom_background.Background:
        """Add new custom background.

        Args:
            img_url: The picture of the background. A URL, a Path, bytes, an `Upload` or a `Result`.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def list(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_custom_background.Background]:
        """List the custom backgrounds.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(
        self, *, id: str | None = None, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Delete record.

        Args:
            id: The id of the background.
            body: Members of the JSON body that are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def all_background(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Sequence[_custom_background.Background]:
        """List all backgrounds.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def random_background(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> _custom_background.Background:
        """Get a random background.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Dubbing(Workflow[_dubbing.DubbingRecord]):
    """AI Dubbing (`userDubbing`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        name: str | None = None,
        source_url: Media | None = None,
        source_lang: str | None = None,
        target_lang: str | None = None,
        num_speakers: int | None = None,
        drop_background_audio: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_dubbing.DubbingRecord]:
        """Start AI dubbing task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            name: The task's name, to find it again. Without one, the SDK names the task.
            source_url: The video or audio to dub. A URL, a Path, bytes, an `Upload` or a `Result`.
            source_lang: The language that is spoken in it, such as en; auto finds out.
            target_lang: The language to dub into, such as es.
            num_speakers: How many people speak.
            drop_background_audio: Whether the music and noise behind the speech are left out.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            body: Members of the JSON body that are not documented.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.dubbing(source_url=Path("clip.mp4"), target_lang="es")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_dubbing.DubbingRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def all_processing(self, **options: Unpack[CallOptions]) -> Sequence[_dubbing.DubbingRecord]:
        """List processing records.

        Args:
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _dubbing.DubbingRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete dubbing task.

        Removes the task from the history.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class FaceSwapImage(Resource):
    """Face Swap (`userFaceSwapImage`).

    Image or video targets.

    Every method also takes the options in `CallOptions`.
    """
    def add(self, *, face_url: Media, **options: Unpack[CallOptions]) -> Sequence[_face_swap_image.FaceImage]:
        """Add a new face image for face swapping.

        Args:
            face_url: A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def list(self, **options: Unpack[CallOptions]) -> Pages[_face_swap_image.FaceImage]:
        """Get user's face swap image records.

        Args:
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Remove a face swap image.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class FaceSwapPreview(Workflow[_face_swap_preview.FaceSwapPreviewRecord]):
    """Face Swap (`userFaceSwapPreview`).

    Image or video targets.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self, *, video_url: Media, face_url: Media, **options: Unpack[CallOptions]
    ) -> Job[_face_swap_preview.FaceSwapPreviewRecord]:
        """Create a new face swap preview task.

        Args:
            video_url: The video, or picture, that gets the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            face_url: A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.face_swap_preview(video_url=Path("clip.mp4"), face_url=Path("cat.png"))
            result = job.run()
            ```
        """

    def status(self, id: str, **options: Unpack[CallOptions]) -> _face_swap_preview.FaceSwapPreviewRecord:
        """Get face swap preview status.

        Args:
            id: Preview task id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class FaceSwapTask(Workflow[_face_swap_task.FaceSwapTaskRecord]):
    """Face Swap (`userFaceSwapTask`).

    Image or video targets.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        video_url: Media,
        face_url: Media,
        name: str | None = None,
        cover_url: Media | None = None,
        model_version: Literal["v1", "v2"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_face_swap_task.FaceSwapTaskRecord]:
        """Create a new face swap task.

        Args:
            video_url: The video, or picture, that gets the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            face_url: A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            cover_url: Cover image URL. A URL, a Path, bytes, an `Upload` or a `Result`.
            model_version: v1 is the default (JAH pipeline); v2 (ComfyUI) handles images only.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.face_swap_task(video_url=Path("clip.mp4"), face_url=Path("cat.png"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_face_swap_task.FaceSwapTaskRecord]:
        """Get user's face swap task records.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def status(self, **options: Unpack[CallOptions]) -> Sequence[_face_swap_task.FaceSwapTaskRecord]:
        """Get user's face swap task status.

        Overall status over all of the caller's face-swap tasks; takes no task id.

        Args:
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_face_swap_task.FaceSwapTaskRecord]:
        """Batch query task details.

        Several records in one call; match results by id, not by order.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _face_swap_task.FaceSwapTaskRecord:
        """Get face swap task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete face swap task.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def retry(self, **options: Unpack[CallOptions]) -> _face_swap_task.FaceSwapTaskRecord:
        """Retry face swap task.

        Args:
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Flux2(Workflow[_flux2.Flux2Record]):
    """Flux 2 (`userFlux2`).

    Flux 2 Pro model.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        input_images: Sequence[Media] | None = None,
        aspect_ratio: Literal[
            "1:1", "16:9", "9:16", "4:3", "3:4", "2:3", "3:2", "custom", "match_input_image"
        ]
        | str
        | None = None,
        resolution: Literal["1K", "2K"] | str | None = None,
        force_generate: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_flux2.Flux2Record]:
        """Start Flux 2 Pro image generation or editing.

        Text-to-image, or image-to-image with up to 8 reference images. Usually 20-60 seconds. Images
        expire after 7 days. A 200 may instead report detected NSFW content. 402 when credits are short.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            input_images: Reference images. With any, the picture is made from them. Each a URL, a Path, bytes, an `Upload` or a `Result`. At most 8 items.
            aspect_ratio: Width to height. One of 1:1, 16:9, 9:16, 4:3, 3:4, 2:3, 3:2, custom, match_input_image. Server default: 9:16.
            resolution: 1K is about 1 megapixel, 2K about 2. Server default: 1K.
            force_generate: Generates despite NSFW detection; default true for API callers, false for web. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.flux2(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self,
        *,
        page_size: int | None = None,
        status: Literal["initialized", "processing", "completed", "failed"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[_flux2.Flux2Record]:
        """Get Flux 2 Pro task list.

        Newest first; only tasks within the 7-day retention.

        Args:
            page_size: Records per page. 1 to 100. Server default: 20.
            status: Only records of this status. One of initialized, processing, completed, failed.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_flux2.Flux2Record]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _flux2.Flux2Record:
        """Get task details.

        Gives generation status, image URL and processing time.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete Flux 2 Pro task.

        Soft delete: the record is kept but left out of normal lists.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Generation(Resource):
    """Credits (`generation`).

    Every method also takes the options in `CallOptions`.
    """
    def quote(
        self, *, endpoint: str, request_body: Mapping[str, Any], **options: Unpack[CallOptions]
    ) -> _generation.Quote:
        """Estimate generation credit consumption.

        Estimates credits only: no task, no charge. Only the fields that determine the price are read,
        so a quote does not mean that the whole request is valid.

        Args:
            endpoint: Route path of the generation call; a leading "POST " is tolerated.
            request_body: The generation call's JSON body, unchanged.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class GptImage(Workflow[_gpt_image.GptImageRecord]):
    """GPT Image (`userGptImage`).

    OpenAI GPT-4o image generation and editing.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        input_images: Sequence[Media] | None = None,
        model: Literal["gpt-image-1.5", "gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare"]
        | str
        | None = None,
        aspect_ratio: Literal["auto", "1:1", "9:16", "21:9", "16:9", "4:3", "3:2", "3:4", "2:3"]
        | str
        | None = None,
        quality: Literal["medium", "high"] | str | None = None,
        resolution: Literal["1K", "2K", "4K"] | str | None = None,
        force_generate: bool | None = None,
        save_as_png: Any | None = None,
        background: Any | None = None,
        creation_mode: Any | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_gpt_image.GptImageRecord]:
        """Start GPT Image generation or editing.

        Text-to-image, or editing of up to 16 images. Results expire after 3 days.
        webhook_url/webhook_token work for API-token callers only, best effort.

        resolution 4K cannot be combined with model gpt-image-2 and aspect_ratio 1:1.

        Args:
            prompt: What is wanted, in words. At most 3000 characters.
            name: The task's name, to find it again. Without one, the SDK names the task.
            input_images: Image URLs for editing; at most 16 (gpt-image-1.5). Each a URL, a Path, bytes, an `Upload` or a `Result`.
            model: 1.5: 20/35 coins; 2: per image 25 (1K), 35 (2K), 45 (4K), quality fixed medium. One of gpt-image-1.5, gpt-image-2, gpt-image-2.5-sunburst, gpt-image-2.5-flare. Server default: gpt-image-1.5.
            aspect_ratio: gpt-image-1.5: only 1:1, 3:2, 2:3, others become 1:1; gpt-image-2: all nine. One of auto, 1:1, 9:16, 21:9, 16:9, 4:3, 3:2, 3:4, 2:3. Server default: 1:1.
            quality: gpt-image-1.5 only. One of medium, high. Server default: medium.
            resolution: gpt-image-2 only; 1:1 excludes 4K; aspect_ratio auto or omitted: 1K only. One of 1K, 2K, 4K. Server default: 1K.
            force_generate: Generates despite detected NSFW.
            save_as_png: Whether the picture is a PNG.
            background: The background of the picture.
            creation_mode: How the picture is made.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.gpt_image(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_gpt_image.GptImageRecord]:
        """Get GPT Image task list.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_gpt_image.GptImageRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _gpt_image.GptImageRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete GPT Image task.

        Soft delete: the task leaves later lists.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class GrokVideo(Workflow[_grok_video.GrokVideoRecord]):
    """Grok Video (`grokVideo`).

    xAI Grok.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        name: str | None = None,
        model_type: Literal["text-to-video", "image-to-video"] | str | None = None,
        model_version: Literal["legacy", "1.5"] | str | None = None,
        prompt: str | None = None,
        mode: Literal["fun", "normal", "spicy"] | str | None = None,
        image_urls: Sequence[Media] | None = None,
        image_url: Media | None = None,
        aspect_ratio: Literal["auto", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"] | str | None = None,
        duration: Literal["6", "10", "15"] | str | None = None,
        nsfw_checker: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_grok_video.GrokVideoRecord]:
        """Start Grok Imagine video generation.

        text-to-video needs prompt; image-to-video needs an image (image_urls or image_url).

        prompt is needed with model_type text-to-video or left out. image_urls or image_url is needed
        with model_type image-to-video. model_version 1.5 cannot be combined with model_type
        text-to-video or left out. aspect_ratio can only be 1:1, 16:9 or 9:16 with model_type
        text-to-video or left out and model_version legacy or left out.

        Args:
            name: The task's name, to find it again. Without one, the SDK names the task.
            model_type: From words alone, or from an image. One of text-to-video, image-to-video. Server default: text-to-video.
            model_version: 1.5 works with image-to-video only. One of legacy, 1.5. Server default: legacy.
            prompt: Needed for text-to-video; optional for image-to-video.
            mode: For image-to-video the upstream may turn spicy into normal. One of fun, normal, spicy. Server default: normal.
            image_urls: The images to animate. image-to-video needs at least one. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            image_url: Single-image alternative to image_urls; the server puts it first in image_urls. A URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Legacy text: 1:1/16:9/9:16; legacy image may add 4:3/3:4/3:2/2:3; 1.5 takes all. One of auto, 1:1, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3. Server default: 16:9.
            duration: Seconds. One of 6, 10, 15. Server default: 6.
            nsfw_checker: Acts for model_version 1.5. Server default: False.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.grok_video(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_grok_video.GrokVideoRecord]:
        """Get Grok Video task list.

        Newest first by creation time.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_grok_video.GrokVideoRecord]:
        """Batch query task details.

        Match results by identifier; response ordering is not guaranteed.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _grok_video.GrokVideoRecord:
        """Get Grok Video task detail.

        id is a MongoDB ObjectId.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete Grok Video task.

        Takes the task out of normal history; no cancel of an in-progress task is promised.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class HailuoVideo(Workflow[_hailuo_video.HailuoVideoRecord]):
    """Hailuo Video Generation (`hailuoVideo`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        image_urls: Sequence[Media] | None = None,
        image_url: Media | None = None,
        resolution: Literal["768P", "1080P"] | str | None = None,
        duration: Literal["6", "10"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_hailuo_video.HailuoVideoRecord]:
        """Start Hailuo video generation.

        Image-to-video only. prompt and at least one image are needed; 1080P cannot be combined with 10
        s.

        At least one of image_urls and image_url is needed. duration 10 cannot be combined with
        resolution 1080P.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            image_urls: The images to animate; at least one is needed. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            image_url: Single-image alternative to image_urls. A URL, a Path, bytes, an `Upload` or a `Result`.
            resolution: 1080P is not allowed with duration 10. One of 768P, 1080P. Server default: 768P.
            duration: Seconds. One of 6, 10. Server default: 6.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.hailuo_video(
                prompt="A cat playing with a ball of yarn",
                image_urls=[Path("cat.png")],
            )
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_hailuo_video.HailuoVideoRecord]:
        """Get Hailuo Video task list.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _hailuo_video.HailuoVideoRecord:
        """Get Hailuo Video task detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete Hailuo Video task.

        Soft delete.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class HappyhorseVideo(Workflow[_happyhorse_video.HappyhorseVideoRecord]):
    """HappyHorse Video (`userHappyhorseVideo`).

    Asynchronous, on Alibaba DashScope. 1.0 and 1.1 do text, image and reference to video at 480P (1.1
    only), 720P or 1080P; video-edit is 1.0 only, 720P or 1080P.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        mode: Literal["t2v", "i2v", "r2v", "video-edit"] | str,
        name: str | None = None,
        model_version: Literal["1.0", "1.1"] | str | None = None,
        prompt: str | None = None,
        image_url: Media | None = None,
        reference_image_urls: Sequence[Media] | None = None,
        edit_video_url: Media | None = None,
        input_video_seconds: float | None = None,
        duration: Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        resolution: Literal["480P", "720P", "1080P"] | str | None = None,
        ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9"] | str | None = None,
        audio_setting: Literal["auto", "origin"] | str | None = None,
        seed: int | None = None,
        watermark: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_happyhorse_video.HappyhorseVideoRecord]:
        """Start HappyHorse video generation task (T2V / I2V / R2V / Video-Edit).

        HappyHorse on Alibaba DashScope. Without `model_version` version 1.0 is used. Modes t2v, i2v,
        r2v exist in 1.0 and 1.1, video-edit only in 1.0; models are named like happyhorse-1.1-t2v.

        prompt is needed with mode t2v, r2v or video-edit. image_url is needed with mode i2v.
        reference_image_urls is needed with mode r2v. edit_video_url is needed with mode video-edit.
        resolution can only be 720P or 1080P and reference_image_urls is at most 5 with mode video-edit.
        duration can only be 5, 10 or 15 and resolution can only be 720P or 1080P with mode t2v, i2v or
        r2v and model_version 1.0 or left out. ratio can only be 16:9, 9:16, 1:1, 4:3 or 3:4 with mode
        t2v or r2v and model_version 1.0 or left out.

        Args:
            mode: Text (t2v), image (i2v) or reference (r2v) to video, or editing of a video (video-edit).
            name: The task's name, to find it again. Without one, the SDK names the task.
            model_version: video-edit always runs 1.0; 1.1 allows more durations, ratios and 480P. Server default: 1.0.
            prompt: Needed for t2v, r2v and video-edit; optional for i2v.
            image_url: First frame; i2v only. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls: r2v needs 1-9; video-edit takes 0-5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            edit_video_url: video-edit only. A URL, a Path, bytes, an `Upload` or a `Result`.
            input_video_seconds: Seconds of the input video as the client measured; estimates video-edit cost.
            duration: Seconds; 1.0: 5, 10 or 15; 1.1: 3-15; ignored for video-edit. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            resolution: 480P only with 1.1 in t2v, i2v, r2v. One of 480P, 720P, 1080P. Server default: 720P.
            ratio: t2v and r2v only; 4:5, 5:4, 9:21, 21:9 need 1.1. One of 16:9, 9:16, 1:1, 4:3, 3:4, 4:5, 5:4, 9:21, 21:9. Server default: 16:9.
            audio_setting: video-edit only; auto: model decides; origin: input audio kept. Server default: auto.
            seed: Range 0 to 2147483647.
            watermark: DashScope watermark. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.happyhorse_video(mode="t2v", prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_happyhorse_video.HappyhorseVideoRecord]:
        """List HappyHorse tasks.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_happyhorse_video.HappyhorseVideoRecord]:
        """Batch query task details.

        At most 200 tasks.

        Args:
            ids: The tasks' ids. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _happyhorse_video.HappyhorseVideoRecord:
        """Get HappyHorse task details.

        Includes the mode, current status and video output fields.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete a HappyHorse task.

        Soft delete.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class HeadSwap(Workflow[_head_swap.HeadSwapRecord]):
    """Head Swap (`headSwap`).

    Images.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        image_url: Media,
        target_image_url: Media,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_head_swap.HeadSwapRecord]:
        """Start head swap generation.

        An image target gives an image, a video target (at most 15 s) a video. A detected age under 15
        is refused (codes 1003 and 1004). The status is initialized, sent, processing, completed or
        failed.

        Args:
            image_url: The head to transplant. A URL, a Path, bytes, an `Upload` or a `Result`.
            target_image_url: Body image or video (video at most 15 seconds); decides the output kind. A URL, a Path, bytes, an `Upload` or a `Result`.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.head_swap(image_url=Path("cat.png"), target_image_url=Path("clip.mp4"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_head_swap.HeadSwapRecord]:
        """Get all head swap records.

        Newest first; expired records are left out.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_head_swap.HeadSwapRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _head_swap.HeadSwapRecord:
        """Get head swap task detail.

        Args:
            id: A MongoDB ObjectId.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete head swap task.

        By status: initialized is deleted with a coin refund; sent, pending or processing is refused
        with 400; completed or failed is deleted without refund.

        Args:
            id: A MongoDB ObjectId.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class ImageEdit(Workflow[_image_edit.ImageEditRecord]):
    """Image Edit (`userImageEdit`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        edit_type: Literal["clothing", "product"] | str,
        image_urls: Sequence[Media],
        name: str | None = None,
        timeout: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_image_edit.ImageEditRecord]:
        """Start image editing task.

        Args:
            edit_type: What is edited: what a person wears, or a product. One of clothing, product.
            image_urls: The picture to edit first, then those of the clothing or product. Each a URL, a Path, bytes, an `Upload` or a `Result`. At least 2 items.
            name: The task's name, to find it again. Without one, the SDK names the task.
            timeout: Seconds. Server default: 120.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.image_edit(edit_type="clothing", image_urls=[Path("cat.png"), Path("cat.png")])
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_image_edit.ImageEditRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_image_edit.ImageEditRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _image_edit.ImageEditRecord:
        """Get task details.

        Includes the processing status and the generated image fields.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Removes the task from the history.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class ImageToVideo(Workflow[_image_to_video.ImageToVideoRecord]):
    """Image to Video (`userImage2Video`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        image_url: Media,
        name: str | None = None,
        prompt: str | None = None,
        negative_prompt: str | None = None,
        lora: str | None = None,
        model_type: Literal["GENERAL", "FLF2V"] | str | None = None,
        model_version: Literal["a2e", "a2e-v2", "a2e-v2-flash"] | str | None = None,
        end_image_url: Media | None = None,
        extend_prompt: bool | None = None,
        number_of_images: int | None = None,
        video_time: Literal[5, 10, 15, 20] | int | None = None,
        video_length: int | None = None,
        skip_face_enhance: bool | None = None,
        mask_face: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_image_to_video.ImageToVideoRecord]:
        """Start image to video conversion.

        The V2 models make their own audio (auto_add_audio is ignored) and are not covered by plan
        waivers; a2e-v2 costs more per second.

        end_image_url is needed with model_type FLF2V.

        Args:
            image_url: The picture to animate; it is the first frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            lora: Lora ID; its preset replaces prompt and negative_prompt, which may then be omitted.
            model_type: From one picture (GENERAL), or from a first and a last frame (FLF2V). Server default: GENERAL.
            model_version: The model. Server default: a2e-v2 for Ultra users, a2e otherwise. a2e-v2 costs more per second; a2e-v2-flash costs the same as a2e.
            end_image_url: Needed when model_type is FLF2V. A URL, a Path, bytes, an `Upload` or a `Result`.
            extend_prompt: Whether the prompt is extended automatically. Server default: True.
            number_of_images: How many videos are made. 1 to 8. Server default: 1.
            video_time: Seconds. One of 5, 10, 15, 20. Server default: 5.
            video_length: Deprecated, frames; use video_time. 1 to 1000.
            skip_face_enhance: False enhances face similarity. Server default: False.
            mask_face: Web NSFW preflight; true only once the user agreed to face masking.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.image_to_video(image_url=Path("cat.png"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_image_to_video.ImageToVideoRecord]:
        """List image to video tasks.

        Only records that have not expired.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_image_to_video.ImageToVideoRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def avg_processing_time(self, **options: Unpack[CallOptions]) -> Any:
        """Get average processing time.

        Args:
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def unlimited_queue_level(self, **options: Unpack[CallOptions]) -> Any:
        """Get the level of the unlimited queue.

        Args:
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def mark_shared(
        self, id: str, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Mark record as shared.

        Only records the interaction; the task's media stay as they are.

        Args:
            id: The task's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def mark_downloaded(
        self, id: str, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Mark record as downloaded.

        Only records the interaction; the task's media stay as they are.

        Args:
            id: The task's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def mark_copied(
        self, id: str, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Confirmation:
        """Mark record as copied.

        Only records the interaction; the task's media stay as they are.

        Args:
            id: The task's id.
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _image_to_video.ImageToVideoRecord:
        """Get image to video task detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete an image to video task.

        Only tasks that are initialized, completed or failed can be deleted; an initialized one is
        refunded.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    @overload
    def prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: Literal[True],
        template: Literal["default", "cinematic"] | str | None = None,
        shot_count: int | None = None,
        with_audio: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Events:
        """Extend prompt for image to video.

        An LLM rewrites prompt and negative prompt, for general image-to-video. With `stream` the 200 is
        Server-Sent Events.

        Args:
            reference_id: An id of your own for the request, such as that of a task.
            image_url: The picture to animate. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            lang: Language of the new prompts, such as en. Server default: en.
            max_length: Hard cap in characters on the generated prompts, not a target.
            stream: True answers with Server-Sent Events: delta, result, done, error.
            template: default: one shot; cinematic: scene bible, SHOT 1..N and Audio section. Server default: default.
            shot_count: Cinematic only; server clamps to 1-4. Server default: 2.
            with_audio: Cinematic only: adds an Audio section. Server default: True.
            options: See `CallOptions`.

        Returns:
            The decoded JSON. With stream=True, an iterator over the events.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    @overload
    def prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: Literal[False] | None = None,
        template: Literal["default", "cinematic"] | str | None = None,
        shot_count: int | None = None,
        with_audio: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Extend prompt for image to video.

        An LLM rewrites prompt and negative prompt, for general image-to-video. With `stream` the 200 is
        Server-Sent Events.

        Args:
            reference_id: An id of your own for the request, such as that of a task.
            image_url: The picture to animate. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            lang: Language of the new prompts, such as en. Server default: en.
            max_length: Hard cap in characters on the generated prompts, not a target.
            stream: True answers with Server-Sent Events: delta, result, done, error.
            template: default: one shot; cinematic: scene bible, SHOT 1..N and Audio section. Server default: default.
            shot_count: Cinematic only; server clamps to 1-4. Server default: 2.
            with_audio: Cinematic only: adds an Audio section. Server default: True.
            options: See `CallOptions`.

        Returns:
            The decoded JSON. With stream=True, an iterator over the events.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    @overload
    def flf2v_prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        end_image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: Literal[True],
        **options: Unpack[CallOptions],
    ) -> Events:
        """Extend prompt for FLF2V image to video.

        An LLM rewrites prompt and negative prompt for FLF2V, which needs `end_image_url`. With `stream`
        the 200 is Server-Sent Events.

        Args:
            reference_id: An id of your own for the request, such as that of a task.
            image_url: The first frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            end_image_url: The last frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            lang: Language of the new prompts, such as en. Server default: en.
            max_length: Hard cap in characters on the generated prompts, not a target.
            stream: True answers with Server-Sent Events: delta, result, done, error.
            options: See `CallOptions`.

        Returns:
            The decoded JSON. With stream=True, an iterator over the events.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    @overload
    def flf2v_prompt_extension(
        self,
        *,
        reference_id: str,
        image_url: Media,
        end_image_url: Media,
        prompt: str,
        negative_prompt: str,
        lang: str | None = None,
        max_length: int | None = None,
        stream: Literal[False] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Extend prompt for FLF2V image to video.

        An LLM rewrites prompt and negative prompt for FLF2V, which needs `end_image_url`. With `stream`
        the 200 is Server-Sent Events.

        Args:
            reference_id: An id of your own for the request, such as that of a task.
            image_url: The first frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            end_image_url: The last frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            lang: Language of the new prompts, such as en. Server default: en.
            max_length: Hard cap in characters on the generated prompts, not a target.
            stream: True answers with Server-Sent Events: delta, result, done, error.
            options: See `CallOptions`.

        Returns:
            The decoded JSON. With stream=True, an iterator over the events.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class KlingImage(Workflow[_kling_image.KlingImageRecord]):
    """Kling Image (`userKlingImage`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        input_images: Sequence[Media] | None = None,
        aspect_ratio: Literal["1:1", "16:9", "9:16", "4:3", "3:4", "2:3", "3:2", "21:9"] | str | None = None,
        resolution: Literal["1k", "2k"] | str | None = None,
        n: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_kling_image.KlingImageRecord]:
        """Start Kling 3.0 image generation.

        Creates one or more tasks, as many as `n` says.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            input_images: Reference image URLs, publicly reachable. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of 1:1, 16:9, 9:16, 4:3, 3:4, 2:3, 3:2, 21:9. Server default: 9:16.
            n: How many pictures are made; each is a task. 1 to 9.
            resolution: How large the pictures are. One of 1k, 2k. Server default: 1k.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_image(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(self, **options: Unpack[CallOptions]) -> Pages[_kling_image.KlingImageRecord]:
        """List Kling image tasks.

        Args:
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_kling_image.KlingImageRecord]:
        """Batch get Kling image task details.

        At most 200 tasks.

        Args:
            ids: The tasks' ids. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _kling_image.KlingImageRecord:
        """Get Kling image task details.

        Includes the current status and the generated image fields.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete a Kling image task.

        Soft delete: left out of later list results.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class KlingOmni(Workflow[_kling_omni.KlingOmniRecord]):
    """Kling Omni (`klingOmni`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        name: str | None = None,
        prompt: str | None = None,
        image_list: Sequence[Media] | None = None,
        mode: Literal["std", "pro"] | str | None = None,
        duration: Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        aspect_ratio: Literal["16:9", "9:16", "1:1"] | str | None = None,
        sound: bool | None = None,
        multi_shot: bool | None = None,
        shot_type: Literal["intelligence", "customize"] | str | None = None,
        multi_prompt: Sequence[_kling_omni.MultiPrompt] | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_kling_omni.KlingOmniRecord]:
        """Start Kling Omni video generation.

        Model kling-v3-omni. Up to 7 reference images, 3-15 s. Server turns plain URLs, boolean sound
        and unindexed multi_prompt into the official Kling forms.

        prompt is needed with multi_shot False or left out, or with shot_type intelligence. shot_type is
        needed with multi_shot True. multi_prompt is needed with shot_type customize.

        Args:
            name: The task's name, to find it again. Without one, the SDK names the task.
            prompt: Needed when multi_shot is false or shot_type is intelligence; refer to images as <<<image_N>>>.
            image_list: Up to 7 image URLs; jpg/jpeg/png, 10 MB each at most. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            mode: std gives 720p, pro gives 1080p. Server default: std.
            duration: Seconds, 3 to 15. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            aspect_ratio: Width to height. One of 16:9, 9:16, 1:1. Server default: 16:9.
            sound: Whether the video has sound. Server default: False.
            multi_shot: Whether the video has several shots. Server default: False.
            shot_type: Needed when multi_shot is true. One of intelligence, customize.
            multi_prompt: Needed when shot_type is customize; 1 to 6 shots whose durations sum to duration.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_omni(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_kling_omni.KlingOmniRecord]:
        """Get all Kling Omni video records.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_kling_omni.KlingOmniRecord]:
        """Batch get Kling Omni video details.

        At most 200 ids per call. Match results by identifier, not order.

        Args:
            ids: The tasks' ids. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _kling_omni.KlingOmniRecord:
        """Get Kling Omni video detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def update(self, id: str, *, name: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Update Kling Omni video name.

        Renames only; settings, status and output media stay as they were.

        Args:
            id: The task's id.
            name: The task's name, to find it again.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete Kling Omni video.

        Soft delete: the record is kept but left out of normal lists.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class KlingVideo(Workflow[_kling_video.KlingVideoRecord]):
    """Kling Video (`klingVideo`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        mode: Literal["text-to-video", "image-to-video", "motion-control"] | str,
        prompt: str,
        name: str | None = None,
        version: Literal["2.6", "3.0"] | str | None = None,
        model_version: Literal["standard", "fast"] | str | None = None,
        resolution: Literal["720p", "1080p"] | str | None = None,
        quality_mode: Literal["std", "pro", "4k"] | str | None = None,
        duration: Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        image_url: Media | None = None,
        video_url: Media | None = None,
        aspect_ratio: Literal["16:9", "9:16", "1:1"] | str | None = None,
        sound: bool | None = None,
        end_image_url: Media | None = None,
        character_orientation: Literal["video", "image"] | str | None = None,
        negative_prompt: str | None = None,
        seed: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_kling_video.KlingVideoRecord]:
        """Start Kling video generation.

        motion-control moves a video's motion onto an image. Version 2.6: 5 or 10 s; 3.0 (standard or
        fast): 3-15 s. End frame needs pro. 4k: version 3.0 text or image video only.

        image_url is needed with mode image-to-video or motion-control. video_url is needed with mode
        motion-control. duration can only be 5 or 10 with mode text-to-video or image-to-video and
        version 2.6 or left out. model_version can only be standard and quality_mode can only be std or
        pro with version 2.6 or left out, or with mode motion-control. mode can only be image-to-video
        with end_image_url. quality_mode must be pro with end_image_url and model_version standard or
        left out, or with version 2.6 or left out and sound True. sound True cannot be combined with
        version 2.6 or left out and end_image_url.

        Args:
            mode: Text or image to video, or the motion of a video moved onto an image. One of text-to-video, image-to-video, motion-control.
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            version: 2.6: 5 or 10 s; 3.0: 5, 10 or 15 s (but see duration). Server default: 2.6.
            model_version: fast: version 3.0 only, text/image-to-video, 3-15 s, takes resolution instead of quality_mode 4k. One of standard, fast. Server default: standard.
            resolution: For model_version fast. One of 720p, 1080p. Server default: 720p.
            quality_mode: 4k: only Kling 3.0 text-to-video and image-to-video. One of std, pro, 4k. Server default: std.
            duration: Seconds. Version 2.6: 5 or 10; version 3.0: 3 to 15. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            image_url: Needed when mode is image-to-video or motion-control. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url: Needed when mode is motion-control. A URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Only for text-to-video. One of 16:9, 9:16, 1:1. Server default: 16:9.
            sound: Version 2.6: pro only; version 3.0: std or pro. 4k is a separate price tier. Server default: False.
            end_image_url: End frame; image-to-video with pro only; in version 2.6 not together with sound. A URL, a Path, bytes, an `Upload` or a `Result`.
            character_orientation: For motion-control. image: 3-10 s; video: 3-30 s. Server default: video.
            negative_prompt: What is not wanted, in words.
            seed: Seed of the random generator.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_video(mode="text-to-video", prompt="A beautiful sunset over the ocean")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_kling_video.KlingVideoRecord]:
        """Get all Kling video records.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_kling_video.KlingVideoRecord]:
        """Batch query task details.

        Match results by identifier; response ordering is not guaranteed.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _kling_video.KlingVideoRecord:
        """Get Kling video detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def update(self, id: str, *, name: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Update Kling video name.

        Renames only; settings, status and output media stay as they were.

        Args:
            id: The task's id.
            name: The task's name, to find it again.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete Kling video.

        Takes the task out of normal history; no cancel of an in-progress task is promised.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class MinimaxH3Video(Workflow[_minimax_h3_video.MinimaxH3VideoRecord]):
    """MiniMax H3 Video Generation (`minimaxH3Video`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        mode: Literal["text-to-video", "image-to-video", "reference-to-video"] | str | None = None,
        first_frame_url: Media | None = None,
        last_frame_url: Media | None = None,
        reference_image_urls: Sequence[Media] | None = None,
        reference_video_urls: Sequence[Media] | None = None,
        reference_audio_urls: Sequence[Media] | None = None,
        resolution: Literal["768P", "2K"] | str | None = None,
        duration: Literal["4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        aspect_ratio: Literal["adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_minimax_h3_video.MinimaxH3VideoRecord]:
        """Start MiniMax H3 video generation.

        image-to-video needs first_frame_url; reference-to-video needs at least one of the reference
        image, video or audio lists.

        first_frame_url is needed with mode image-to-video. reference_image_urls, reference_video_urls
        or reference_audio_urls is needed with mode reference-to-video. aspect_ratio can only be 21:9,
        16:9, 4:3, 1:1, 3:4 or 9:16 with mode text-to-video or left out.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            mode: From words alone, from an image, or after reference media. One of text-to-video, image-to-video, reference-to-video. Server default: text-to-video.
            first_frame_url: Needed when mode is image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            last_frame_url: Optional; image-to-video only. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls: reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_video_urls: reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_audio_urls: reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            resolution: How large the video is: 768 lines, or 2K. One of 768P, 2K. Server default: 2K.
            duration: Seconds. One of 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 12.
            aspect_ratio: adaptive only for reference-to-video, its default; ignored for image-to-video. One of adaptive, 21:9, 16:9, 4:3, 1:1, 3:4, 9:16.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.minimax_h3_video(prompt="A cinematic sunrise over snowy mountains")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_minimax_h3_video.MinimaxH3VideoRecord]:
        """Get MiniMax H3 Video task list.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_minimax_h3_video.MinimaxH3VideoRecord]:
        """Batch query MiniMax H3 Video task details.

        Duplicate ids are dropped; at most 200 ids per call. Match results by identifier, not order.

        Args:
            ids: An empty list gives an empty result. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _minimax_h3_video.MinimaxH3VideoRecord:
        """Get MiniMax H3 Video task detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete MiniMax H3 Video task.

        Soft delete.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class MotionTransfer(Workflow[_motion_transfer.MotionTransferRecord]):
    """Motion Transfer (`motionTransfer`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        image_url: Media,
        video_url: Media,
        name: str | None = None,
        positive_prompt: str | None = None,
        negative_prompt: str | None = None,
        timeout: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_motion_transfer.MotionTransferRecord]:
        """Start motion transfer task.

        Args:
            image_url: Reference image. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url: Source of the motion. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            positive_prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            timeout: Seconds. Server default: 300.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.motion_transfer(image_url=Path("cat.png"), video_url=Path("clip.mp4"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_motion_transfer.MotionTransferRecord]:
        """Get all motion transfer records.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_motion_transfer.MotionTransferRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _motion_transfer.MotionTransferRecord:
        """Get motion transfer task detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete motion transfer task.

        Removes the task from the history only; other results stay.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class NanoBanana(Workflow[_nano_banana.NanoBananaRecord]):
    """Nano Banana (`userNanoBanana`).

    Google Gemini image model; text, or text with up to four reference images.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        model: Literal["nano-banana", "nano-banana-pro", "nano-banana-2", "nano-banana-2-lite"]
        | str
        | None = None,
        input_images: Sequence[Media] | None = None,
        aspect_ratio: Literal["auto", "16:9", "1:1", "9:16", "4:3", "3:4", "2:3", "3:2", "4:5", "5:4", "21:9"]
        | str
        | None = None,
        image_size: Literal["1K", "2K", "4K"] | str | None = None,
        google_search: bool | None = None,
        force_generate: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_nano_banana.NanoBananaRecord]:
        """Start Nano Banana image generation.

        NSFW is checked before generating. webhook_url/webhook_token work for API-token callers only,
        best effort.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            model: nano-banana has no resolution control (edits when given images); lite is 1K only. One of nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite. Server default: nano-banana-pro.
            input_images: Image URLs, for editing and composition. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of auto, 16:9, 1:1, 9:16, 4:3, 3:4, 2:3, 3:2, 4:5, 5:4, 21:9. Server default: auto.
            image_size: Only nano-banana-pro and nano-banana-2; nano-banana-2-lite is always 1K. One of 1K, 2K, 4K. Server default: 1K.
            google_search: Grounding by web search; nano-banana-2 only. Server default: False.
            force_generate: Generates despite detected NSFW; default true for API callers, false on the web. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.nano_banana(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self,
        *,
        page_size: int | None = None,
        status: Literal["initialized", "processing", "completed", "failed"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[_nano_banana.NanoBananaRecord]:
        """Get Nano Banana task list.

        Args:
            page_size: Records per page. 1 to 100.
            status: Only records of this status. One of initialized, processing, completed, failed.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_nano_banana.NanoBananaRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _nano_banana.NanoBananaRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Soft delete: the record is kept but leaves the normal lists.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Photobook(Workflow[_photobook.PhotobookRecord]):
    """Photobook (`userPhotobook`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        face_image_url: Media,
        name: str | None = None,
        location: str | None = None,
        clothing: str | None = None,
        total_count: Literal[4, 8, 12, 16] | int | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_photobook.PhotobookRecord]:
        """Start photobook generation.

        Creates a photobook task that yields `total_count` (4, 8, 12 or 16) photos from one face image.
        No webhook input here.

        Args:
            face_image_url: One face image, used for every photo. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            location: Where the photos are set, in words.
            clothing: Applied in the image-edit step.
            total_count: How many photos are made. One of 4, 8, 12, 16. Server default: 4.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.photobook(face_image_url=Path("cat.png"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_photobook.PhotobookRecord]:
        """Get photobook records.

        Newest first.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_photobook.PhotobookRecord]:
        """Batch query task details.

        Gives only the records that the caller owns.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _photobook.PhotobookRecord:
        """Get photobook record detail.

        Also syncs the latest pipeline status before it answers.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete photobook record.

        Owner only. A record still processing cannot be deleted (400).

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class ProductAvatar(Workflow[_product_avatar.ProductAvatarRecord]):
    """Product Avatar (`productAvatar`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        image_urls: Sequence[Media],
        product_rect: _product_avatar.ProductRect,
        name: str | None = None,
        prompt: str | None = None,
        timeout: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_product_avatar.ProductAvatarRecord]:
        """Generate product avatar with AI (Async).

        Statuses: initialized, sent, pending, processing, then completed (result_image_url) or failed
        (failure). Tasks fail after 2 hours; credits come back on timeout or failure.

        Args:
            image_urls: Index 0 is the product, index 1 the person. Each a URL, a Path, bytes, an `Upload` or a `Result`. Exactly 2 items.
            product_rect: Position and size of the product.
            name: The task's name, to find it again. Without one, the SDK names the task.
            prompt: What is wanted, in words.
            timeout: Seconds. Server default: 120.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.product_avatar(
                image_urls=[Path("cat.png"), Path("cat.png")],
                product_rect={"x": 100, "y": 150, "width": 200, "height": 300, "rotation": 0, "scale": 1},
            )
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_product_avatar.ProductAvatarRecord]:
        """List all product avatar tasks.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_product_avatar.ProductAvatarRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _product_avatar.ProductAvatarRecord:
        """Query task status and get result.

        id is the one that start returned.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete a product avatar task.

        Soft delete: the record is marked deleted but stays in the database.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Qwen2Image(Workflow[_qwen2_image.Qwen2ImageRecord]):
    """Qwen Image (`userQwen2Image`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        model: Literal["qwen-image-2.0", "qwen-image-2.0-pro", "qwen-image-3.0", "qwen-image-3.0-pro"]
        | str
        | None = None,
        input_images: Sequence[Media] | None = None,
        size: Literal[
            "1024*1024",
            "1328*880",
            "880*1328",
            "1152*864",
            "864*1152",
            "1280*720",
            "720*1280",
            "1512*648",
            "2048*2048",
            "2048*1365",
            "1365*2048",
            "2048*1536",
            "1536*2048",
            "2048*1152",
            "1152*2048",
        ]
        | str
        | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_qwen2_image.Qwen2ImageRecord]:
        """Start a new Qwen2 image generation/edit task.

        Text-to-image or image editing. webhook_url/webhook_token work for API-token callers only, best
        effort.

        size can only be 1024*1024, 1328*880, 880*1328, 1152*864, 864*1152, 1280*720, 720*1280 or
        1512*648 with model qwen-image-2.0, qwen-image-2.0-pro, qwen-image-3.0 or left out.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            model: The model. Only qwen-image-3.0-pro makes the sizes with 2048. One of qwen-image-2.0, qwen-image-2.0-pro, qwen-image-3.0, qwen-image-3.0-pro. Server default: qwen-image-2.0.
            input_images: Reference images; the URLs must be public. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            size: The 2K sizes (with 2048) need qwen-image-3.0-pro; the others suit every model. One of 1024*1024, 1328*880, 880*1328, 1152*864, 864*1152, 1280*720, 720*1280, 1512*648, 2048*2048, 2048*1365, 1365*2048, 2048*1536, 1536*2048, 2048*1152, 1152*2048. Server default: 1024*1024.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.qwen2_image(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(self, **options: Unpack[CallOptions]) -> Pages[_qwen2_image.Qwen2ImageRecord]:
        """List Qwen2 image tasks.

        Args:
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _qwen2_image.Qwen2ImageRecord:
        """Get Qwen2 image task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_qwen2_image.Qwen2ImageRecord]:
        """Batch get Qwen2 image task details.

        Gives at most 200 of the caller's tasks; match them by id.

        Args:
            ids: The tasks' ids. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete a Qwen2 image task.

        Soft delete: the task leaves later lists.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Seedance2Video(Workflow[_seedance2_video.Seedance2VideoRecord]):
    """Seedance 2.x (`seedance2Video`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        mode: Literal["text-to-video", "image-to-video", "first-last-frames", "reference"]
        | str
        | None = None,
        model_version: Literal["standard", "mini", "fast", "2.5"] | str | None = None,
        omni_reference_task_type: Literal["reference", "edit", "extend"] | str | None = None,
        image_url: Media | None = None,
        first_frame_url: Media | None = None,
        last_frame_url: Media | None = None,
        reference_urls: Sequence[Media] | None = None,
        video_urls: Sequence[Media] | None = None,
        audio_urls: Sequence[Media] | None = None,
        input_video_duration: float | None = None,
        duration: int | None = None,
        aspect_ratio: Literal["adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"] | str | None = None,
        resolution: Literal["480p", "720p", "1080p", "4k"] | str | None = None,
        generate_audio: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_seedance2_video.Seedance2VideoRecord]:
        """Start Seedance 2.x video generation.

        Seedance 2.0 (standard/mini/fast) or 2.5. Inputs must be public URLs; asset:// URIs are refused.
        2.0: 15 s, 9 images, 3 videos, 3 audios; 2.5: 30 s, 30/10/10, up to 1080p, audio-only allowed.

        image_url is needed with mode image-to-video. first_frame_url and last_frame_url are needed with
        mode first-last-frames. reference_urls, video_urls or audio_urls is needed with mode reference.
        reference_urls or video_urls is needed with mode reference and model_version standard, mini,
        fast or left out. duration is at most 15, reference_urls is at most 9, video_urls is at most 3
        and audio_urls is at most 3 with model_version standard, mini, fast or left out. resolution can
        only be 480p or 720p with model_version mini or fast. resolution can only be 480p, 720p or 1080p
        with model_version 2.5. mode must be reference and model_version must be 2.5 with
        omni_reference_task_type. video_urls is needed, duration must be -1, aspect_ratio must be
        adaptive and video_urls is at most 1 with omni_reference_task_type edit. aspect_ratio must be
        adaptive with omni_reference_task_type extend.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            mode: Inputs by `mode`: image_url; first_frame_url+last_frame_url; reference_urls/video_urls/audio_urls. Audio alone needs 2.5. One of text-to-video, image-to-video, first-last-frames, reference. Server default: text-to-video.
            model_version: standard/mini/fast are Seedance 2.0 tiers; 2.5 has one tier, higher limits. Server default: standard.
            omni_reference_task_type: 2.5 reference mode. edit: adaptive ratio, duration -1, exactly one video; extend: adaptive ratio.
            image_url: First frame for image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            first_frame_url: Needed for first-last-frames. A URL, a Path, bytes, an `Upload` or a `Result`.
            last_frame_url: Needed for first-last-frames; optional for image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_urls: Images for reference `mode`: at most 9 on 2.0, 30 on 2.5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            video_urls: mp4/mov. 2.0: 3 clips, 2-15 s each; 2.5: 10 clips, 30 s together. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            audio_urls: mp3/wav. 2.0: 3 clips, 2-15 s each, 15 s together, not alone; 2.5: 10. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            duration: Seconds; at most 15 on 2.0, 30 on 2.5; 2.5 edit needs -1. 4 to 30. Server default: 5.
            input_video_duration: Seconds, an estimate; billed on the larger of this and the probed length. 2 to 45.5.
            aspect_ratio: Width to height. One of adaptive, 21:9, 16:9, 4:3, 1:1, 3:4, 9:16. Server default: 16:9.
            resolution: 4k: 2.0 standard only; 2.5: up to 1080p; fast/mini: 480p or 720p. Server default: 720p.
            generate_audio: Billing includes audio; send false to turn it off. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.seedance2_video(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_seedance2_video.Seedance2VideoRecord]:
        """Get all records.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_seedance2_video.Seedance2VideoRecord]:
        """Batch get task details.

        At most 200 ids per call. Match results by identifier, not order.

        Args:
            ids: The ids of the tasks. At most 200 items.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _seedance2_video.Seedance2VideoRecord:
        """Get task detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def update(self, id: str, *, name: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Rename task.

        Renames only; settings, status and output media stay as they were.

        Args:
            id: The task's id.
            name: The task's name, to find it again.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Takes the task out of normal history; no cancel of an in-progress task is promised.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class SeedanceVideo(Workflow[_seedance_video.SeedanceVideoRecord]):
    """Seedance 1.5 Pro (`seedanceVideo`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        mode: Literal["text-to-video", "image-to-video"] | str | None = None,
        image_url: Media | None = None,
        end_image_url: Media | None = None,
        duration: Literal["5", "10"] | str | None = None,
        aspect_ratio: Literal["16:9", "9:16", "1:1"] | str | None = None,
        resolution: Literal["480p", "720p"] | str | None = None,
        camera_fixed: bool | None = None,
        generate_audio: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_seedance_video.SeedanceVideoRecord]:
        """Start Seedance 1.5 Pro video generation.

        Asynchronous, on BytePlus ModelArk Seedance 1.5 Pro. Three uses: text, image, first and last
        frames (inferred from the two image URLs).

        image_url is needed with mode image-to-video.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            mode: First-last-frames: send image-to-video with image_url and end_image_url. One of text-to-video, image-to-video. Server default: text-to-video.
            image_url: Needed for image-to-video; is the first frame when end_image_url is given. A URL, a Path, bytes, an `Upload` or a `Result`.
            end_image_url: Last frame; together with image_url switches to first-last-frames. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration: Seconds. One of 5, 10. Server default: 5.
            aspect_ratio: Width to height. One of 16:9, 9:16, 1:1. Server default: 16:9.
            resolution: How large the video is. One of 480p, 720p. Server default: 720p.
            camera_fixed: Whether the camera does not move. Server default: False.
            generate_audio: Whether the video has sound. Server default: False.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.seedance_video(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_seedance_video.SeedanceVideoRecord]:
        """Get all Seedance video records.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class SoraVideo(Workflow[_sora_video.SoraVideoRecord]):
    """Sora 2 Pro Video (`soraVideo`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        model_type: Literal["text-to-video", "image-to-video"] | str | None = None,
        image_urls: Sequence[Media] | None = None,
        aspect_ratio: Literal["portrait", "landscape"] | str | None = None,
        duration_seconds: Literal["5", "10", "15"] | str | None = None,
        quality: Literal["standard", "high"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_sora_video.SoraVideoRecord]:
        """Start Sora 2 Pro video generation (powered by Kling 3.0).

        Runs on the official Kling 3.0 API in spite of its name. Text-to-video or image-to-video (the
        default).

        image_urls is needed with model_type image-to-video or left out.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            model_type: From words alone, or from images. One of text-to-video, image-to-video. Server default: image-to-video.
            image_urls: Needed when model_type is image-to-video. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of portrait, landscape. Server default: landscape.
            duration_seconds: Seconds. One of 5, 10, 15. Server default: 5.
            quality: The quality of the video. One of standard, high. Server default: standard.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.sora_video(prompt="a red kite over the sea", image_urls=[Path("cat.png")])
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_sora_video.SoraVideoRecord]:
        """List Sora 2 Pro records.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_sora_video.SoraVideoRecord]:
        """Batch get Sora 2 Pro video task details.

        Match results by identifier; response ordering is not guaranteed.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _sora_video.SoraVideoRecord:
        """Get Sora 2 Pro record detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete Sora 2 Pro record.

        Soft delete.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Storage(Resource):
    """Miscellaneous (`r2`).

    Every method also takes the options in `CallOptions`.
    """
    def get_upload_presigned_url(
        self,
        *,
        key: str,
        bucket: str | None = None,
        url_prefix: str | None = None,
        cdn_domain: str | None = None,
        expires_in: int | None = None,
        content_type: str | None = None,
        file_size: float | None = None,
        content_length: float | None = None,
        **options: Unpack[CallOptions],
    ) -> _storage.PresignedUpload:
        """Get pre-signed upload URL.

        Legacy signer for an R2 PUT; POST /api/v1/r2/upload-presigned-url is its successor. Returned key
        lies under {url_prefix}/{env}/user/{user_id}/.

        Args:
            key: The object's key. The service puts it under a prefix of its own.
            bucket: Where the file is kept. Files in 3days-apac go after three days. Server default: 3days-apac.
            url_prefix: First part of the object key; server default adam2eve.
            cdn_domain: Bare domain suffix (no scheme, no path); when omitted makefun.ai behaviour applies.
            expires_in: Seconds for which the URL can be used. At least 60.
            content_type: MIME type tied to the signed upload.
            file_size: Bytes; if given, the signed URL fixes Content-Length.
            content_length: Bytes; wins over file_size when both are sent.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def upload_presigned_url(
        self,
        *,
        key: str,
        bucket: str | None = None,
        url_prefix: str | None = None,
        cdn_domain: str | None = None,
        expires_in: int | None = None,
        content_type: str | None = None,
        file_size: float | None = None,
        content_length: float | None = None,
        **options: Unpack[CallOptions],
    ) -> _storage.PresignedUpload:
        """Get pre-signed upload URL.

        Pre-signed R2 PUT. Returned key lies under {url_prefix}/{env}/user/{user_id}/. After the PUT,
        cdn_url is the public address. API-token calls are charged by the R2 pricing rule; web/app
        logins are free.

        Args:
            key: The object's key. The service puts it under a prefix of its own.
            bucket: Where the file is kept. Files in 3days-apac go after three days. Server default: 3days-apac.
            url_prefix: Start of the object key; server default adam2eve; refused in site runtimes.
            cdn_domain: CDN domain suffix; server default makefun.ai; refused in site runtimes.
            expires_in: Seconds for which the URL can be used. At least 60.
            content_type: MIME type that the upload is bound to.
            file_size: Bytes; when given, the URL binds Content-Length to it.
            content_length: Bytes; wins over file_size when both are given.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class TalkingPhoto(Workflow[_talking_photo.TalkingPhotoRecord]):
    """Talking Photo (`talkingPhoto`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        image_url: Media,
        prompt: str,
        negative_prompt: str,
        name: str | None = None,
        audio_url: Media | None = None,
        duration: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_talking_photo.TalkingPhotoRecord]:
        """Start talking photo generation.

        Makes a video from a portrait image and, optionally, an audio track. Returns the task record.

        Args:
            image_url: A picture of the person who speaks. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            audio_url: What the person says. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration: Seconds; 0 is as long as the audio. 0 to 20. Server default: 3.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.talking_photo(
                image_url=Path("cat.png"),
                prompt="Make this person smile and speak",
                negative_prompt="blurry, distorted",
            )
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_talking_photo.TalkingPhotoRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_talking_photo.TalkingPhotoRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _talking_photo.TalkingPhotoRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Removes the task from the history only; other videos stay.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def callback(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Any:
        """Task completion callback.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class TalkingVideo(Workflow[_talking_video.TalkingVideoRecord]):
    """Talking Video (`talkingVideo`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        video_url: Media,
        prompt: str,
        negative_prompt: str,
        name: str | None = None,
        audio_url: Media | None = None,
        duration: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_talking_video.TalkingVideoRecord]:
        """Start talking video generation.

        Args:
            video_url: A video of the person who speaks. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: What is wanted, in words.
            negative_prompt: What is not wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            audio_url: What the person says. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration: Seconds. 1 to 20. Server default: 3.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.talking_video(
                video_url=Path("clip.mp4"),
                prompt="Make this person smile and speak",
                negative_prompt="blurry, distorted",
            )
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_talking_video.TalkingVideoRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_talking_video.TalkingVideoRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _talking_video.TalkingVideoRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Removes the task from the history only; other videos stay.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class TextToImage(Workflow[_text_to_image.TextToImageRecord]):
    """Text to Image (`userText2Image`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        width: float | None = None,
        height: float | None = None,
        model_type: Literal["a2e", "seedream", "zimage"] | str | None = None,
        input_images: Sequence[Media] | None = None,
        skip_face_enhance: bool | None = None,
        aspect_ratio: Literal["1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9"] | str | None = None,
        max_images: int | None = None,
        model_version: Literal["4.5", "5.0", "5.0-pro"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_text_to_image.TextToImageRecord]:
        """Start text to image generation.

        May create several tasks (one per image, see max_images). webhook_url/webhook_token work for
        API-token callers only, best effort.

        input_images is at most 2 with model_type a2e or left out.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            width: Pixels. Server default: 1024.
            height: Pixels. Server default: 1024.
            model_type: The model. seedream also takes model_version and aspect_ratio. One of a2e, seedream, zimage. Server default: a2e.
            input_images: Reference images: at most 2 for a2e, 10 for Seedream 5.0 Pro. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            skip_face_enhance: a2e image edit only: turns off face-similarity enhancement. Server default: False.
            aspect_ratio: Seedream only. One of 1:1, 4:3, 3:4, 16:9, 9:16, 2:3, 3:2, 21:9.
            max_images: Each image becomes a task of its own. 1 to 8.
            model_version: With model_type seedream. One of 4.5, 5.0, 5.0-pro.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.text_to_image(prompt="A beautiful sunset over mountains")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_text_to_image.TextToImageRecord]:
        """Get all text to image records.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_text_to_image.TextToImageRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _text_to_image.TextToImageRecord:
        """Get text to image record detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Removes the task from the history.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def quick_add_avatar(
        self,
        id: str,
        *,
        gender: Literal["female", "male"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> _text_to_image.Avatar:
        """Quick add avatar from generated image.

        Makes a custom avatar out of a text-to-image result.

        Args:
            id: Id of the text-to-image record.
            gender: The avatar's gender. One of female, male.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class ThinkSound(Workflow[_think_sound.ThinkSoundRecord]):
    """ThinkSound (`thinkSound`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        video_url: Media,
        name: str | None = None,
        caption: str | None = None,
        cot_description: str | None = None,
        seed: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_think_sound.ThinkSoundRecord]:
        """Start ThinkSound generation.

        Args:
            video_url: Only .mp4, .avi, .mov or .mkv. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            caption: What the sound is of, in words.
            cot_description: Chain-of-thought text.
            seed: Seed of the random generator.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.think_sound(video_url=Path("clip.mp4"))
            result = job.run()
            ```
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete ThinkSound task.

        Removes the task from the history only; other results stay.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _think_sound.ThinkSoundRecord:
        """Get ThinkSound task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_think_sound.ThinkSoundRecord]:
        """Get all ThinkSound records.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_think_sound.ThinkSoundRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Tokens(Resource):
    """Miscellaneous (`token`).

    Every method also takes the options in `CallOptions`.
    """
    def generate(self, *, alias: str, **options: Unpack[CallOptions]) -> _tokens.ApiToken:
        """Generate API token.

        Args:
            alias: A name for the token, to find it again.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete API token.

        Args:
            id: The token's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def list(self, **options: Unpack[CallOptions]) -> Pages[_tokens.ApiToken]:
        """List API tokens.

        Args:
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def status(self, *, id: str, enabled: Any, **options: Unpack[CallOptions]) -> Confirmation:
        """Switch an API token on or off.

        Args:
            id: The token's id.
            enabled: Whether the token is on.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Transactions(Resource):
    """Credits (`transactionRecord`).

    Every method also takes the options in `CallOptions`.
    """
    def credits_history(
        self,
        *,
        page_size: int | None = None,
        is_consumption: bool | None = None,
        start_date: str | None = None,
        end_date: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[_transactions.Transaction]:
        """Get credits history.

        Amounts above zero are grants or purchases, below zero are spending.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            is_consumption: true: only spending; false: only credit income.
            start_date: ISO date-time, inclusive lower bound on created_at.
            end_date: ISO date-time, inclusive upper bound on created_at.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Tts(Resource):
    """TTS and Voice Clone (`video`).

    Every method also takes the options in `CallOptions`.
    """
    def send_tts(
        self,
        *,
        msg: str,
        tts_id: str | None = None,
        user_voice_id: str | None = None,
        country: str | None = None,
        region: str | None = None,
        speech_rate: float | None = None,
        type: Literal["turnstile", "aliyun_captcha"] | str | None = None,
        turnstile_token: str | None = None,
        captcha_verify_param: str | None = None,
        **options: Unpack[CallOptions],
    ) -> str:
        """Generate text-to-speech audio.

        Needs `tts_id` (over 400 system voices) or user_voice_id. API-token callers: 1000 Unicode
        characters per call and no captcha; web callers: 3000, and a captcha after frequent use.

        At least one of tts_id and user_voice_id is needed. turnstile_token is needed with type
        turnstile. captcha_verify_param is needed with type aliyun_captcha.

        Args:
            msg: The text to speak. 1 to 1000 characters.
            tts_id: System voice (ObjectId); one of tts_id or user_voice_id is needed.
            user_voice_id: Cloned voice (ObjectId); one of tts_id or user_voice_id is needed.
            country: Locale language part, from anchor/language_list top-level value; used with user_voice_id. Server default: en.
            region: Locale region part, from anchor/language_list child value; used with user_voice_id. Server default: US.
            speech_rate: How fast it is spoken; 1 is normal. 0.5 to 2. Server default: 1.
            type: Captcha kind; needed only when a captcha is demanded. One of turnstile, aliyun_captcha.
            turnstile_token: Needed when type is turnstile.
            captcha_verify_param: Needed when type is aliyun_captcha.
            options: See `CallOptions`.

        Returns:
            The audio's URL.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def preview_list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_tts.SpeechPreview]:
        """Get TTS preview list.

        The caller's own preview records of the last 24 hours that are not deleted, recent-playback
        order.

        Args:
            page_size: Records per page. 1 to 100. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def preview_delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete TTS preview record.

        Soft delete; the audio object itself stays in storage.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Upscale(Workflow[_upscale.UpscaleRecord]):
    """Upscale (`userUpscale`).

    Images and videos.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        source_url: Media,
        name: str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_upscale.UpscaleRecord]:
        """Start upscale task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            source_url: Source may be an image or a video. A URL, a Path, bytes, an `Upload` or a `Result`.
            name: The task's name, to find it again. Without one, the SDK names the task.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.upscale(source_url=Path("clip.mp4"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_upscale.UpscaleRecord]:
        """Get all task records.

        Newest first.

        Args:
            page_size: Records per page. At least 1.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_upscale.UpscaleRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _upscale.UpscaleRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Removes the task from the history.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class VeoVideo(Workflow[_veo_video.VeoVideoRecord]):
    """Veo Video (`veoVideo`).

    Google DeepMind Veo; text, or a reference image.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        generation_type: Literal["TEXT_2_VIDEO", "FIRST_AND_LAST_FRAMES_2_VIDEO", "REFERENCE_2_VIDEO"]
        | str
        | None = None,
        image_urls: Sequence[Media] | None = None,
        model: Literal["veo3", "veo3_fast"] | str | None = None,
        aspect_ratio: Literal["16:9", "9:16", "Auto"] | str | None = None,
        watermark: str | None = None,
        seeds: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_veo_video.VeoVideoRecord]:
        """Start Veo 3.1 video generation.

        Text, image-frame and reference-image input (see generation_type).

        image_urls is needed with generation_type FIRST_AND_LAST_FRAMES_2_VIDEO or REFERENCE_2_VIDEO.
        image_urls is at most 2 with generation_type FIRST_AND_LAST_FRAMES_2_VIDEO.

        Args:
            prompt: May be an empty string: the server then uses a placeholder text.
            name: Optional; the server makes one when left out. Without one, the SDK names the task.
            generation_type: Text only, start/end frame images, or reference images. One of TEXT_2_VIDEO, FIRST_AND_LAST_FRAMES_2_VIDEO, REFERENCE_2_VIDEO. Server default: TEXT_2_VIDEO.
            image_urls: FIRST_AND_LAST_FRAMES_2_VIDEO: 1-2 (start, end); REFERENCE_2_VIDEO: 1-3. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            model: veo3 for quality, veo3_fast for speed. Server default: veo3_fast.
            aspect_ratio: Auto: the server decides. One of 16:9, 9:16, Auto. Server default: Auto.
            watermark: Optional watermark text.
            seeds: Optional; 10000 to 99999.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.veo_video(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_veo_video.VeoVideoRecord]:
        """Get all Veo video records.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_veo_video.VeoVideoRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _veo_video.VeoVideoRecord:
        """Get Veo video detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete Veo video record.

        Soft delete: the record is kept but left out of lists.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get_1080p(
        self, id: str, *, timeout: float | None = None, **options: Unpack[CallOptions]
    ) -> Result[_veo_video.VeoVideoRecord]:
        """Get 1080P HD video.

        Only for videos with the aspect ratio 16:9.

        Args:
            id: The task's id.
            timeout: Seconds to wait until it is ready. Without it, one request is sent.
            options: See `CallOptions`.

        Returns:
            The Result. The whole reply is in `record.raw`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
            NotReady: it is not ready yet, and no timeout was given.
            WaitTimeout: it was not ready within the timeout.
        """

class VideoTwin(Workflow[_video_twin.VideoTwinRecord]):
    """Video Twin (`userVideoTwin`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        name: str | None = None,
        image_url: Media | None = None,
        video_url: Media | None = None,
        video_background_image: str | None = None,
        video_background_color: str | None = None,
        gender: Literal["female", "male"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_video_twin.VideoTwinRecord]:
        """Start video twin training.

        Trains from an image or a video source.

        At least one of image_url and video_url is needed.

        Args:
            name: The task's name, to find it again. Without one, the SDK names the task.
            image_url: A picture of the person. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url: A video of the person. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_background_image: The background of the avatar.
            video_background_color: RGBA.
            gender: The avatar's gender. One of female, male.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.video_twin(image_url=Path("cat.png"))
            result = job.run()
            ```
        """

    def upload(self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Any:
        """Upload file.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def training(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> _video_twin.VideoTwinRecord:
        """Start training.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def upload_status(self, **options: Unpack[CallOptions]) -> Any:
        """Get video twin upload status.

        Args:
            options: See `CallOptions`.

        Returns:
            The decoded JSON.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def user_records(self, **options: Unpack[CallOptions]) -> Pages[_video_twin.VideoTwinRecord]:
        """Get user video twin records.

        All of the caller's video-twin records with training state and result data; no paging.

        Args:
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def remove(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Remove video twin.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def list(
        self,
        *,
        page_size: int | None = None,
        status: Literal["pending", "processing", "completed", "failed"] | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[_video_twin.VideoTwinRecord]:
        """Get video twin records.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            status: Only records of this status. One of pending, processing, completed, failed.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def continue_training(self, id: str, **options: Unpack[CallOptions]) -> Job[_video_twin.VideoTwinRecord]:
        """Continue video twin training.

        Resumes a twin whose training was paused.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
        """

    def training_records(self, **options: Unpack[CallOptions]) -> Pages[_video_twin.VideoTwinRecord]:
        """Get training records.

        Args:
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_video_twin.VideoTwinRecord]:
        """Batch query task details.

        Several records in one call; match results by id, not by order.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _video_twin.VideoTwinRecord:
        """Get record details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def retry(
        self, *, body: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> _video_twin.VideoTwinRecord:
        """Retry a failed task.

        Makes a new attempt at a failed task.

        Args:
            body: The JSON body. Its members are not documented.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def eye_contact(
        self, *, id: str | None = None, **options: Unpack[CallOptions]
    ) -> Job[_video_twin.VideoTwinRecord]:
        """Start eye contact enhancement.

        Args:
            id: The record's id.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
        """

class VirtualTryOn(Workflow[_virtual_try_on.VirtualTryOnRecord]):
    """Virtual Try-On (`virtualTryOn`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        image_urls: Sequence[Media],
        name: str | None = None,
        timeout: float | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_virtual_try_on.VirtualTryOnRecord]:
        """Start virtual try-on task.

        Args:
            image_urls: Index 0 is the person, index 1 the clothing (two images described). Each a URL, a Path, bytes, an `Upload` or a `Result`. 2 to 4 items.
            name: The task's name, to find it again. Without one, the SDK names the task.
            timeout: Seconds. Server default: 120.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.virtual_try_on(image_urls=[Path("cat.png"), Path("cat.png")])
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_virtual_try_on.VirtualTryOnRecord]:
        """Get all virtual try-on records.

        Args:
            page_size: Records per page. 1 to 100. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_virtual_try_on.VirtualTryOnRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _virtual_try_on.VirtualTryOnRecord:
        """Get virtual try-on task detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete virtual try-on task.

        Removes the task from the history only; other results stay.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Voice(Workflow[_voice.VoiceRecord]):
    """TTS and Voice Clone (`userVoice`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        voice_urls: Sequence[Media],
        name: str | None = None,
        gender: Literal["female", "male"] | str | None = None,
        denoise: bool | None = None,
        enhance_voice_similarity: bool | None = None,
        model: Literal["a2e", "cartesia", "minimax", "elevenlabs"] | str | None = None,
        language: str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_voice.VoiceRecord]:
        """Start voice training.

        One training submission at a time per user; concurrent ones are refused. Coins depend on model;
        a failed creation is refunded. Body needs name and voice_urls.

        Args:
            voice_urls: Recordings of the voice. Each a URL, a Path, bytes, an `Upload` or a `Result`. At least 1 item.
            name: The task's name, to find it again. Without one, the SDK names the task.
            gender: The gender of the voice. One of female, male. Server default: female.
            denoise: Whether noise is removed from the recordings.
            enhance_voice_similarity: Whether the voice is brought closer to the recordings.
            model: The model that is trained; the price depends on it. One of a2e, cartesia, minimax, elevenlabs. Server default: a2e.
            language: When left out, the server infers it from the request headers.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.voice(voice_urls=[Path("speech.mp3")])
            result = job.run()
            ```
        """

    def training_record(self, **options: Unpack[CallOptions]) -> Pages[_voice.VoiceRecord]:
        """Get voice training records.

        Newest first by created_at. status: sent, pendding, processing, completed, failed.

        Args:
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def completed_record(self, **options: Unpack[CallOptions]) -> Pages[_voice.VoiceRecord]:
        """Get completed voice training records.

        Only status=completed, newest first by created_at.

        Args:
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete voice training record.

        Soft delete: sets deleted=true.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _voice.VoiceRecord:
        """Get voice training record detail.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def update(self, id: str, *, name: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Update voice training record name.

        Changes the name only. Body needs name.

        Args:
            id: The task's id.
            name: The task's name, to find it again.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Wan25(Workflow[_wan25.Wan25Record]):
    """Wan Image to Video (`userWan25`).

    Wan 2.5 / 2.6 per the tag text; Wan3.0 also lives here.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        image_url: Media | None = None,
        negative_prompt: str | None = None,
        duration: Literal["2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
        | str
        | None = None,
        resolution: Literal["480p", "720p", "1080p"] | str | None = None,
        ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4"] | str | None = None,
        enable_prompt_expansion: bool | None = None,
        multi_shots: bool | None = None,
        model: Literal["wan2.5-i2v-preview", "wan2.6-i2v", "wan2.6-i2v-flash", "wan2.7-i2v"]
        | str
        | None = None,
        task_type: Literal[
            "text_to_video",
            "first_frame",
            "first_last_frame",
            "reference_image",
            "video_extend",
            "video_edit",
        ]
        | str
        | None = None,
        last_frame_url: Media | None = None,
        first_clip_url: Media | None = None,
        edit_video_url: Media | None = None,
        reference_image_urls: Sequence[Media] | None = None,
        reference_media: Sequence[_wan25.ReferenceMedia] | None = None,
        seed: float | None = None,
        audio: bool | None = None,
        audio_url: Media | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_wan25.Wan25Record]:
        """Start Wan video generation.

        Wan 2.5, 2.6 and 2.7. Modes other than first_frame need model=wan2.7-i2v. text_to_video takes no
        media; reference_image needs 1-5 ordered `reference_media` (or legacy `reference_image_urls`);
        see the URL fields for the rest.

        image_url is needed with model wan2.5-i2v-preview, wan2.6-i2v, wan2.6-i2v-flash or left out, or
        with model wan2.7-i2v and task_type first_frame, first_last_frame or left out. last_frame_url is
        needed with model wan2.7-i2v and task_type first_last_frame. first_clip_url is needed with model
        wan2.7-i2v and task_type video_extend. edit_video_url is needed with model wan2.7-i2v and
        task_type video_edit. reference_media or reference_image_urls is needed with model wan2.7-i2v
        and task_type reference_image. task_type can only be first_frame and duration can only be 5 or
        10 with model wan2.5-i2v-preview or left out. task_type can only be first_frame and duration can
        only be 5, 10 or 15 with model wan2.6-i2v or wan2.6-i2v-flash. duration can only be 5, 10 or 15
        with model wan2.7-i2v and task_type text_to_video, first_frame, first_last_frame, video_extend
        or left out. duration can only be 5, 6, 7, 8, 9 or 10 and reference_image_urls is at most 3 with
        model wan2.7-i2v and task_type video_edit.

        Args:
            prompt: What is wanted, in words.
            name: The task's name, to find it again. Without one, the SDK names the task.
            image_url: Needed for task_type first_frame and first_last_frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            negative_prompt: What is not wanted, in words.
            duration: Seconds; choices depend on model and task_type; reference video caps reference_image at 10. One of 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            resolution: How large the video is. One of 480p, 720p, 1080p. Server default: 720p.
            ratio: Used only by Wan 2.7 text_to_video and reference_image. One of 16:9, 9:16, 1:1, 4:3, 3:4. Server default: 16:9.
            enable_prompt_expansion: An LLM rewrites the prompt. Server default: False.
            multi_shots: Acts only if enable_prompt_expansion is true. Server default: False.
            model: wan2.6-i2v and wan2.7-i2v need a VIP/Max user; wan2.6-i2v-flash is for all. One of wan2.5-i2v-preview, wan2.6-i2v, wan2.6-i2v-flash, wan2.7-i2v. Server default: wan2.5-i2v-preview.
            task_type: Used only if model is wan2.7-i2v. One of text_to_video, first_frame, first_last_frame, reference_image, video_extend, video_edit. Server default: first_frame.
            last_frame_url: Needed for first_last_frame, optional for video_extend. A URL, a Path, bytes, an `Upload` or a `Result`.
            first_clip_url: Needed for Wan 2.7 video_extend. A URL, a Path, bytes, an `Upload` or a `Result`.
            edit_video_url: Needed for Wan 2.7 video_edit. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls: Wan 2.7: legacy image-only reference_image input; video_edit takes at most 3. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_media: Ordered; input videos are billed with the output duration, 5-second input cap. 1 to 5 items.
            seed: Server picks one at random if omitted. 0 to 2147483647.
            audio: Whether the video gets generated audio. Server default: True.
            audio_url: first-frame modes; WAV/MP3, 3-30 s, 15 MB at most; cut to video length. A URL, a Path, bytes, an `Upload` or a `Result`.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan25(prompt="a red kite over the sea", image_url=Path("cat.png"))
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_wan25.Wan25Record]:
        """Get all Wan 2.5 tasks.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_wan25.Wan25Record]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _wan25.Wan25Record:
        """Get Wan 2.5 task details.

        Includes the generation settings, current status and available video output.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete a Wan 2.5 task.

        Takes the task out of the normal history.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Wan26Image(Workflow[_wan26_image.Wan26ImageRecord]):
    """Wan2.6 Image (`userWan26Image`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        input_images: Sequence[Media] | None = None,
        aspect_ratio: Literal["1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9"] | str | None = None,
        negative_prompt: str | None = None,
        prompt_extend: bool | None = None,
        force_generate: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_wan26_image.Wan26ImageRecord]:
        """Start a new Wan2.6-Image generation task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            prompt: What is wanted, in words. At most 2000 characters.
            name: The task's name, to find it again. Without one, the SDK names the task.
            input_images: For editing; 0 to 4 images. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, 21:9. Server default: 1:1.
            negative_prompt: What is not wanted, in words. At most 500 characters.
            prompt_extend: Lets the server rewrite the prompt. Server default: True.
            force_generate: Generates despite detected NSFW.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan26_image(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_wan26_image.Wan26ImageRecord]:
        """Get task list.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _wan26_image.Wan26ImageRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_wan26_image.Wan26ImageRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Soft delete: the task leaves later lists.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Wan26R2v(Workflow[_wan26_r2v.Wan26R2vRecord]):
    """Wan 2.6 R2V Flash (`userWan26R2V`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        reference_urls: Sequence[Media],
        prompt: str,
        model: Literal["wan2.6-r2v-flash", "wan2.6-r2v"] | str | None = None,
        name: str | None = None,
        duration: Literal["5", "10"] | str | None = None,
        resolution: Literal["720p", "1080p"] | str | None = None,
        aspect_ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4"] | str | None = None,
        shot_type: Literal["single", "multi"] | str | None = None,
        audio: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_wan26_r2v.Wan26R2vRecord]:
        """Start reference-to-video generation.

        Makes a video from reference images or videos.

        Args:
            reference_urls: Images or videos, at most 5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            prompt: Name the inputs as character1, character2 ...
            model: flash: faster and cheaper; standard: higher quality, audio only. One of wan2.6-r2v-flash, wan2.6-r2v. Server default: wan2.6-r2v-flash.
            name: The task's name, to find it again. Without one, the SDK names the task.
            duration: Seconds. One of 5, 10. Server default: 5.
            resolution: Tier; with aspect_ratio sets the actual size. One of 720p, 1080p. Server default: 720p.
            aspect_ratio: Width to height. One of 16:9, 9:16, 1:1, 4:3, 3:4. Server default: 16:9.
            shot_type: One shot, or several. One of single, multi. Server default: single.
            audio: Whether the video has sound. Server default: True.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan26_r2v(reference_urls=[Path("cat.png")], prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_wan26_r2v.Wan26R2vRecord]:
        """Get all R2V tasks.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_wan26_r2v.Wan26R2vRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _wan26_r2v.Wan26R2vRecord:
        """Get R2V task details.

        Includes the current status and the video output fields.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete a R2V task.

        Soft delete.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Wan27Image(Workflow[_wan27_image.Wan27ImageRecord]):
    """Wan2.7 Image (`userWan27Image`).

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        name: str | None = None,
        model: Literal["wan2.7-image", "wan2.7-image-pro"] | str | None = None,
        input_images: Sequence[Media] | None = None,
        aspect_ratio: Literal["1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9"] | str | None = None,
        bbox_list: Sequence[Any] | None = None,
        force_generate: bool | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_wan27_image.Wan27ImageRecord]:
        """Start a new Wan2.7-Image generation task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            prompt: What is wanted, in words. At most 5000 characters.
            name: The task's name, to find it again. Without one, the SDK names the task.
            model: The model. One of wan2.7-image, wan2.7-image-pro. Server default: wan2.7-image.
            input_images: For editing; 0 to 9 images, each at most 20 MB. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio: Width to height. One of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, 21:9. Server default: 1:1.
            bbox_list: Boxes for interactive editing.
            force_generate: Generates despite detected NSFW.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan27_image(prompt="a red kite over the sea")
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_wan27_image.Wan27ImageRecord]:
        """Get task list.

        Args:
            page_size: Records per page. At least 1. Server default: 20.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _wan27_image.Wan27ImageRecord:
        """Get task details.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_wan27_image.Wan27ImageRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete task.

        Soft delete: the task leaves later lists.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

class Wan30(Workflow[_wan30.Wan30Record]):
    """Wan Image to Video (`userWan30`).

    Wan 2.5 / 2.6 per the tag text; Wan3.0 also lives here.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        model: Literal["wan3.0-video", "wan3.0-video-prime"] | str,
        input: _wan30.Input,
        parameters: _wan30.Parameters,
        name: str | None = None,
        mode: Literal["text-to-video", "first-frame", "first-last-frames", "reference"] | str | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_wan30.Wan30Record]:
        """Start Wan3.0 all-in-one video generation.

        Reference videos: 3-15 s each, 15 s together, plus output at most 30 s. First/last frames
        exclude reference media; file excludes link; no negative_prompt. 720P 15 s: about 14 minutes,
        prime about 2.

        Args:
            model: prime: the same quality, faster, at a higher price per second. One of wan3.0-video, wan3.0-video-prime. Server default: wan3.0-video.
            input: Prompt and media of the video.
            parameters: Resolution, duration and other settings of the video.
            name: The task's name, to find it again. Without one, the SDK names the task.
            mode: From words alone, from a first frame, from a first and a last one, or after reference media. One of text-to-video, first-frame, first-last-frames, reference. Server default: text-to-video.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan30(
                model="wan3.0-video",
                input={"prompt": "a red kite over the sea"},
                parameters={"resolution": "1080P"},
            )
            task = job.start()
            ```
        """

class WanSpicy(Workflow[_wan_spicy.WanSpicyRecord]):
    """Wan Image to Video (`userWanSpicy`).

    Wan 2.5 / 2.6 per the tag text; Wan3.0 also lives here.

    Every method also takes the options in `CallOptions`.
    """
    def __call__(
        self,
        *,
        prompt: str,
        image_url: Media,
        resolution: Literal["480p", "720p", "1080p"] | str,
        duration: float,
        model: Literal["wan2.7-i2v-spicy", "wan2.2-i2v-spicy"] | str | None = None,
        name: str | None = None,
        negative_prompt: str | None = None,
        audio_url: Media | None = None,
        prompt_extend: bool | None = None,
        seed: int | None = None,
        webhook_url: str | None = None,
        webhook_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[_wan_spicy.WanSpicyRecord]:
        """Start Wan Spicy image-to-video generation.

        Run through a third party (mulerouter.ai/carrothub). wan2.7: audio, 720p/1080p, 2-15 s; wan2.2:
        no audio, 480p/720p, 5 or 8 s.

        resolution can only be 720p or 1080p with model wan2.7-i2v-spicy or left out. resolution can
        only be 480p or 720p and duration can only be 5 or 8 with model wan2.2-i2v-spicy.

        Args:
            prompt: What is wanted, in words.
            image_url: Https only. A URL, a Path, bytes, an `Upload` or a `Result`.
            resolution: wan2.7: 720p or 1080p; wan2.2: 480p or 720p.
            duration: Seconds; wan2.7: 2-15; wan2.2: 5 or 8.
            model: Only 2.7 has audio. One of wan2.7-i2v-spicy, wan2.2-i2v-spicy. Server default: wan2.7-i2v-spicy.
            name: The task's name, to find it again. Without one, the SDK names the task.
            negative_prompt: Only with wan2.7-i2v-spicy.
            audio_url: Only with wan2.7-i2v-spicy; https, .wav or .mp3. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt_extend: Whether the prompt is extended automatically. Server default: True.
            seed: Seed of the random generator.
            webhook_url: HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token: Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            The Job. Nothing is sent until it is started.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan_spicy(
                prompt="a red kite over the sea",
                image_url=Path("cat.png"),
                resolution="720p",
                duration=2,
            )
            result = job.run()
            ```
        """

    def list(
        self, *, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[_wan_spicy.WanSpicyRecord]:
        """Get all Wan Spicy tasks.

        Args:
            page_size: Records per page. At least 1. Server default: 10.
            options: See `CallOptions`.

        Returns:
            An iterator over the records. It fetches further pages as needed.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def batch_detail(
        self, ids: Sequence[str], **options: Unpack[CallOptions]
    ) -> Sequence[_wan_spicy.WanSpicyRecord]:
        """Batch query task details.

        Args:
            ids: The tasks' ids.
            options: See `CallOptions`.

        Returns:
            The records.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def get(self, id: str, **options: Unpack[CallOptions]) -> _wan_spicy.WanSpicyRecord:
        """Get Wan Spicy task details.

        Includes the current status and the video output fields.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            The record.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """

    def delete(self, id: str, **options: Unpack[CallOptions]) -> Confirmation:
        """Delete a Wan Spicy task.

        Soft delete.

        Args:
            id: The task's id.
            options: See `CallOptions`.

        Returns:
            What the service says about it.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.
            APIError: the service refused.
        """
