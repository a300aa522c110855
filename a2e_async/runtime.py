"""What belongs to one event loop: connections, pollers, starters, uploads under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from a2e_async.attachments import files_in, with_urls
from a2e_async.clock import Clock
from a2e_async.downloads import Downloader
from a2e_async.errors import UnexpectedReply
from a2e_async.http import Http
from a2e_async.operations import Call
from a2e_async.pace import Pace
from a2e_async.policy import RetryPolicy, StartPolicy
from a2e_async.polling import Poller
from a2e_async.readback import ListPages
from a2e_async.schedule import Lateness
from a2e_async.settings import Settings
from a2e_async.starting import Starter
from a2e_async.transport import Transport
from a2e_async.uploads import UploadCache, Uploader

if TYPE_CHECKING:
    import httpx

    from a2e_async.resources import Workflow

__all__ = ["Policies", "Runtime"]


@attrs.frozen
class Policies:
    """How a client behaves over time.

    Attributes:
        retry: reads, and what did not arrive or was refused.
        start: starts whose outcome is unknown.
        lateness: how late a finished task may be noticed.
        clock: the time all of this goes by.
    """

    retry: RetryPolicy
    start: StartPolicy
    lateness: Lateness
    clock: Clock


class Runtime:
    """The parts of a client that live in one event loop.

    Args:
        settings: token, base URL, timeouts.
        policies: how it behaves over time.
        transport: an httpx transport to use instead of own connections.
        uploads: what the client has uploaded in any of its event loops.
    """

    def __init__(
        self,
        settings: Settings,
        policies: Policies,
        transport: httpx.AsyncBaseTransport | None,
        uploads: UploadCache,
    ) -> None:
        self.policies = policies
        self.http = Http(
            transport=transport, max_connections=settings.max_connections, timeout=settings.timeout
        )
        self.transport = Transport(self.http, settings, policies.retry, policies.clock)
        self.uploader = Uploader(
            self.http, self._presign, clock=policies.clock, retry=policies.retry, cache=uploads
        )
        self.downloader = Downloader(self.http, clock=policies.clock, retry=policies.retry)
        self._pace = Pace(policies.clock)
        self._pollers: dict[str, Poller] = {}
        self._starters: dict[str, Starter] = {}

    def poller(self, workflow: Workflow[Any]) -> Poller:
        """The poller that all waiters of a workflow share."""
        return _kept(
            self._pollers,
            workflow.name,
            lambda: Poller(workflow.read_back(self.transport), self.policies.lateness, self.policies.clock),
        )

    def starter(self, workflow: Workflow[Any]) -> Starter:
        """What starts the tasks of a workflow."""
        listing = workflow.routes.list
        return _kept(
            self._starters,
            workflow.name,
            lambda: Starter(
                self.transport.once,
                ListPages(listing, self.transport) if listing else None,
                retry=self.policies.retry,
                policy=self.policies.start,
                pace=self._pace,
                clock=self.policies.clock,
            ),
        )

    async def with_uploads(self, call: Call) -> Call:
        """The call with its files uploaded and their URLs in their places."""
        if call.body is None or not any(True for _ in files_in(call.body)):
            return call
        return attrs.evolve(call, body=await with_urls(call.body, self.uploader.upload))

    async def _presign(self, key: str, content_type: str, size: int) -> tuple[str, str]:
        """Where to put a file, and the public URL it will have.

        Charged for API tokens (H), by a storage tariff far below a coin (M); so a lost answer is
        asked for again, and the same content never is.
        """
        body = {"key": key, "contentType": content_type, "contentLength": size}
        call = Call("POST", "/api/v1/r2/upload-presigned-url", body=body)
        data = await self.transport.send(call, repeatable=True)
        urls = (data.get("uploadUrl"), data.get("cdnUrl")) if isinstance(data, Mapping) else (None, None)
        if not (isinstance(urls[0], str) and isinstance(urls[1], str)):
            raise UnexpectedReply(
                "no uploadUrl and cdnUrl", status=200, method=call.method, path=call.path, body=data
            )
        return urls[0], urls[1]


T = TypeVar("T")


def _kept(kept: dict[str, T], name: str, make: Callable[[], T]) -> T:
    if name not in kept:
        kept[name] = make()
    return kept[name]
