"""The parts of a client that belong to one event loop: connections, pollers, starters, uploads."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, TypeVar

import attrs

from a2e_async._files.body_files import check_body, files_in, upload_files_in
from a2e_async._files.downloads import Downloader
from a2e_async._files.presign import presigner
from a2e_async._files.upload_cache import UploadCache
from a2e_async._files.uploads import Uploader
from a2e_async._spec.features import UPLOAD
from a2e_async._spec.operation import Call
from a2e_async._tasks.list_pages import ListPages
from a2e_async._tasks.polling import Poller
from a2e_async._tasks.readers import TaskReader
from a2e_async._tasks.starting import Starter
from a2e_async._transport.connections import Connections
from a2e_async._transport.pace import Kind
from a2e_async._transport.peers import Peers
from a2e_async._transport.requests import Transport, segment_of
from a2e_async.announcer import SILENT, Announcer
from a2e_async.clock import Clock
from a2e_async.hooks import StartHooks
from a2e_async.policies import Lateness, RetryPolicy, StartPolicy
from a2e_async.protocols import Family
from a2e_async.settings import Settings

if TYPE_CHECKING:
    import httpx

__all__ = ["Policies", "Runtime"]


@attrs.frozen
class Policies:
    """How a client behaves over time.

    Attributes:
        retry: how requests are repeated.
        start: what to do with starts whose outcome is unknown.
        lateness: how late a finished task may be noticed.
        clock: the clock for pauses and deadlines.
    """

    retry: RetryPolicy
    start: StartPolicy
    lateness: Lateness
    clock: Clock


class Runtime:
    """The parts of a client that belong to one event loop.

    Args:
        settings: token, base URL, timeouts.
        policies: how it behaves over time.
        transport: an httpx transport to use instead of its own connections.
        uploads: the client's uploads, shared by all its event loops.
        hooks: the client's webhooks, if it has any.
        presign_path: where presigned URLs are asked for; raises an error where that is not known.
        events: tells the client's listeners what it does; None if it has none.
    """

    def __init__(
        self,
        settings: Settings,
        policies: Policies,
        transport: httpx.AsyncBaseTransport | None,
        uploads: UploadCache,
        hooks: StartHooks | None = None,
        presign_path: Callable[[], str] = lambda: UPLOAD.path,
        events: Announcer | None = None,
    ) -> None:
        self._settings = settings
        self.policies = policies
        self.events = events = events or SILENT
        self.hooks = hooks
        self._private_hosts = settings.in_private_network

        self.http = Connections(
            transport=transport,
            max_connections=settings.max_connections,
            timeout=settings.timeout,
            user_agent=settings.user_agent,
            http=settings.http,
            proxy=settings.proxy,
            peers=None if self._private_hosts else Peers(settings.host),
        )
        self.transport = Transport(self.http, settings, policies.retry, policies.clock, events)

        presign = presigner(functools.partial(self.transport.send, repeatable=True), presign_path)
        self.uploader = Uploader(
            self.http,
            presign,
            clock=policies.clock,
            retry=policies.retry,
            cache=uploads,
            private_hosts=self._private_hosts,
            events=events,
        )
        self.downloader = Downloader(
            self.http,
            clock=policies.clock,
            retry=policies.retry,
            slow_after=settings.timeout,
            private_hosts=self._private_hosts,
            events=events,
        )

        self._readers: dict[str, TaskReader] = {}
        self._pollers: dict[str, Poller] = {}
        self._starters: dict[str, Starter] = {}

    @property
    def account(self) -> str:
        """Whose token the client has, as ``user@host``."""
        return self._settings.account

    def session(self) -> AbstractAsyncContextManager[None]:
        """Keep connections open while the block runs; the last one out closes them."""
        return self.http.open()

    def poller(self, workflow: Family) -> Poller:
        """Return the poller that all waiters of a workflow share."""
        poller = _get_or_make(
            self._pollers,
            workflow.name,
            lambda: Poller(
                self.reader(workflow),
                self.policies.lateness,
                self.policies.clock,
                self.policies.retry,
                confirm=self.hooks is None or self.hooks.confirm,
                events=self.events,
                workflow=workflow.name,
            ),
        )

        if self.transport.task_seconds:  # of the sandbox
            said = self.transport.task_seconds.get(segment_of(workflow.routes.start.path))
            if said is not None:
                poller.expect(said)

        return poller

    def reader(self, workflow: Family) -> TaskReader:
        """Return the reader of a workflow's tasks. It remembers which routes are missing."""
        return _get_or_make(self._readers, workflow.name, lambda: workflow.reader(self.transport))

    def starter(self, workflow: Family) -> Starter:
        """Return the starter that all jobs of a workflow share."""
        listing = workflow.routes.list

        return _get_or_make(
            self._starters,
            workflow.name,
            lambda: Starter(
                functools.partial(self.transport.once, whole=True, fresh=True, kind=Kind.START),
                ListPages(listing, self.transport) if listing else None,
                retry=self.policies.retry,
                policy=self.policies.start,
                pace=self.transport.pace,
                clock=self.policies.clock,
                dated=lambda: self.transport.dated,
                hooks=self.hooks,
                events=self.events,
            ),
        )

    async def with_uploads(self, call: Call) -> Call:
        """Upload the call's files and return the call with their URLs in their place.

        Raises:
            InvalidArgument: a file does not exist, or the service cannot fetch a URL. Nothing was sent.
            UploadError: a file could not be uploaded.
        """
        if call.form:
            return await self._with_contents(call)
        if call.body is not None:
            check_body(call.body, private_hosts=self._private_hosts)
        if call.body is None or not any(True for _ in files_in(call.body)):
            return call
        return attrs.evolve(call, body=await upload_files_in(call.body, self.uploader.upload))

    async def _with_contents(self, call: Call) -> Call:
        """Prepare a body that is not a JSON object: its files are sent in it, or uploaded if it is JSON."""
        if call.form == "json":
            whole = {"body": call.body}
            check_body(whole, private_hosts=self._private_hosts)
            if not any(True for _ in files_in(whole)):
                return call
            return attrs.evolve(call, body=(await upload_files_in(whole, self.uploader.upload))["body"])

        from a2e_async._files.inline_files import with_parts  # few operations need it

        return attrs.evolve(call, body=await with_parts(call.body, self.policies.clock))


T = TypeVar("T")


def _get_or_make(made: dict[str, T], name: str, make: Callable[[], T]) -> T:
    if name not in made:
        made[name] = make()
    return made[name]
