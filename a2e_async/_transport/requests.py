"""API requests: the token, the envelope, and repeating a request where that is safe."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import attrs

from a2e_async._spec.operation import Call, Operation
from a2e_async._transport.connections import Connections
from a2e_async._transport.envelope import Reply, open_envelope
from a2e_async._transport.pace import Kind, Pace
from a2e_async._transport.redaction import mask_error, without_token
from a2e_async._transport.reply_body import read_body
from a2e_async._transport.streamed_response import StreamedResponse
from a2e_async.announcer import SILENT, Announcer
from a2e_async.clock import Clock
from a2e_async.errors import (
    APIError,
    ConfigurationError,
    InvalidArgument,
    NotReady,
    RateLimited,
    RequestTimeout,
    TransportError,
    UnexpectedReply,
)
from a2e_async.failures import Failure, classify
from a2e_async.policies import RetryPolicy
from a2e_async.settings import DOCS_HOST_PROBLEM, Settings
from a2e_async.tries import Tries

__all__ = ["Transport", "segment_of"]

T = TypeVar("T")

_TIMEOUTS = 3  # requests that may run out of time before a call is given up: each takes the whole timeout
_LARGE = 1 << 20  # bytes of a reply that take long to decode
_SANDBOX_SAYS = "a2e-sandbox-task-seconds"
_OF_TOKENS = "/token/"  # in the paths of the operations on API tokens

# Without a handler here, and without one of the caller's, Python writes warnings to the terminal: a request
# that is tried again for some seconds does not look like one that hangs.
logger = logging.getLogger("a2e_async")


class Transport:
    """Sends calls to the configured host only.

    Args:
        http: the connections.
        settings: token, base URL, timeouts.
        retry: how requests are repeated that only read, did not arrive or were refused for now.
        clock: the clock for pauses.
        events: tells listeners of requests that are sent again.

    Attributes:
        pace: gives each request its turn, once the service has refused one for now.
        requests: the number of requests sent.
        task_seconds: how long tasks take, as the sandbox says, by the beginning of their paths.
        dated: the Date of the last successful reply, and when it came, in seconds of the client's clock.
    """

    def __init__(
        self,
        http: Connections,
        settings: Settings,
        retry: RetryPolicy,
        clock: Clock,
        events: Announcer = SILENT,
    ) -> None:
        self.http = http
        self.retry = retry
        self.clock = clock
        self.pace = Pace(clock)
        self.requests = 0
        self.dated: tuple[str, float] | None = None
        self.task_seconds: dict[str, float] = {}
        self._settings = settings
        self._events = events
        self._may_be_sandbox = settings.in_private_network

    async def request(self, operation: Operation[T], call: Call) -> T:
        """Send a call and decode the reply, repeating it as its operation allows.

        Raises:
            APIError, TransportError: after the last attempt.
        """
        data = await self.send(call, repeatable=operation.repeatable)
        return operation.decode(call, data)

    async def send(
        self, call: Call, *, repeatable: bool, whole: bool = False, kind: Kind = Kind.OTHER
    ) -> Any:
        """Send a call, repeating it as allowed; returns the reply's data, not decoded.

        Args:
            call: the call.
            repeatable: whether it may be sent again when its outcome is unknown.
            whole: return the whole body of the reply.
            kind: what it is for, which says how urgent it is.

        Raises:
            APIError, TransportError: after the last attempt.
        """
        tries = Tries(self.retry, self.clock, self._events, call.path)
        while True:
            tries.begin()
            try:
                return await self.once(call, whole=whole, kind=kind)
            except (APIError, TransportError) as error:
                failure = classify(error)
                if failure is Failure.FINAL or isinstance(error, NotReady):
                    raise  # how long to wait for what is not ready, the caller decides
                if failure is Failure.UNKNOWN and not repeatable:
                    _explain_single_attempt(error)
                    raise
                if isinstance(error, RequestTimeout) and tries.number >= _TIMEOUTS:
                    raise

                pause = tries.pause(error, error.retry_after)
                if pause is None:
                    raise
                logger.info("%s %s: %s; again in %.2f s", call.method, call.path, type(error).__name__, pause)
            await self.clock.sleep(pause)

    async def once(
        self,
        call: Call,
        *,
        whole: bool = False,
        fresh: bool = False,
        ready: Callable[[], None] | None = None,
        kind: Kind = Kind.OTHER,
        turn: float | None = None,
    ) -> Any:
        """Send a call exactly once; the reply's data, or its whole body.

        It waits for its turn. A start does not: it has its turn before it is written down.

        Args:
            call: the call.
            whole: return the whole body.
            fresh: do not send it on a connection that was idle. The host may close one just when it is used
                again, and then nobody knows whether it has read the request.
            ready: called right before its first byte leaves. If it raises, nothing is sent.
            kind: what it is for.
            turn: the moment of a start's turn.

        Raises:
            APIError, TransportError: see `a2e_async.failures.classify` for what they mean.
            ConfigurationError: the base URL leads to the documentation.
        """
        headers, content = _written(call)
        pace = self.pace
        if pace.limited:
            if kind is not Kind.START:
                turn = await pace.turn(kind)
            await pace.space(kind, turn)

        epoch = pace.epoch
        began = time.perf_counter()
        self.requests += 1
        try:
            reply = await self.http.send(
                call.method,
                self._settings.base_url + call.path,
                headers=headers,
                query=call.query,
                content=content,
                timeout=call.timeout,
                token=self._settings.token,
                fresh=fresh,
                ready=ready,
            )

            spent = time.perf_counter() - began
            logger.debug("%s %s: %d in %.3f s", call.method, call.path, reply.status, spent)
            if call.takes_content and _is_content(reply):
                if self._settings.shapes is not None:
                    self._settings.shapes.see_file(call, reply)
                return reply.content
            opened = await self._opened(reply, call, whole=whole, may_be_empty=call.may_be_empty)
            now = self.clock.now()
            pace.accepted(kind, epoch, now)
            if self._may_be_sandbox and _SANDBOX_SAYS in reply.headers:
                self._note_task_seconds(call.path, reply.headers[_SANDBOX_SAYS])
            if "date" in reply.headers and "age" not in reply.headers:
                self.dated = (reply.headers["date"], now)
            return opened
        except RateLimited as error:
            await pace.refused(kind, epoch, self.retry.bounded(error.retry_after))
            raise
        except UnexpectedReply as error:
            if error.body is None:  # it was not masked with a body
                self.mask(error)
            if self._settings.is_docs_host:
                raise ConfigurationError(f"{DOCS_HOST_PROBLEM} ({error})") from None
            raise
        except TransportError as error:
            self.mask(error)
            raise

    def mask(self, error: BaseException) -> None:
        """Mask the token, wherever an error shows it."""
        mask_error(error, self._settings.token)

    async def _opened(
        self, reply: Reply, call: Call, *, whole: bool = False, may_be_empty: bool = False
    ) -> Any:
        """Decode a reply: a large one in a worker thread, so that it does not hold the event loop."""
        token, shapes = self._settings.token, self._settings.shapes
        if _OF_TOKENS not in reply.path:  # whoever manages tokens wants to see them
            reply = attrs.evolve(reply, content=without_token(reply.content, token))

        def open_masked() -> Any:
            try:
                opened = open_envelope(reply, time.time(), whole=whole, may_be_empty=may_be_empty)
            except APIError as error:
                if shapes is not None:
                    shapes.see(call, reply, refused=True)
                mask_error(error, token)
                raise
            if shapes is not None:
                shapes.see(call, reply, refused=False)
            return opened

        if len(reply.content) > _LARGE:
            with suppress(RuntimeError):  # no thread can be started
                return await anyio.to_thread.run_sync(open_masked)
        return open_masked()

    def _note_task_seconds(self, path: str, said: str) -> None:
        """Note what the sandbox says about a workflow, so that its first poll does not come too late."""
        with suppress(ValueError):
            seconds = float(said)
            if seconds >= 0:
                self.task_seconds[segment_of(path)] = seconds

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[StreamedResponse]:
        """Send a call once; its reply is a stream of server-sent events.

        Raises:
            APIError: the service answered with an error, or not with an event stream.
        """
        headers, content = _written(call)
        pace = self.pace
        if pace.limited:
            await pace.space(Kind.OTHER, await pace.turn(Kind.OTHER))

        epoch = pace.epoch
        async with self.http.stream_api(
            call.method,
            self._settings.base_url + call.path,
            headers={**headers, "accept": "text/event-stream", "accept-encoding": "identity"},
            query=call.query,
            content=content,
            timeout=call.timeout,
            token=self._settings.token,
        ) as response:
            if response.status != 200 or "event-stream" not in response.headers.get("content-type", ""):
                reply = await read_body(response)
                try:
                    await self._opened(
                        Reply(call.method, call.path, response.status, response.headers, reply), call
                    )
                except RateLimited as error:
                    await pace.refused(Kind.OTHER, epoch, self.retry.bounded(error.retry_after))
                    raise
                raise UnexpectedReply(
                    "not an event stream", status=response.status, method=call.method, path=call.path
                )

            packed = response.headers.get("content-encoding", "identity")
            if packed != "identity":
                raise UnexpectedReply(
                    f"a stream packed as {packed!r}, which was not asked for",
                    status=response.status,
                    method=call.method,
                    path=call.path,
                )
            pace.accepted(Kind.OTHER, epoch, self.clock.now())
            yield response


def segment_of(path: str) -> str:
    """The beginning of a path that is the same for all operations of a workflow."""
    return "/".join(path.split("/")[:4])


def _explain_single_attempt(error: APIError | TransportError) -> None:
    """Add to an error why its request, which may have been done, was not sent again."""
    error.args = (
        f"{error}; sent once and not again: it may have been done, and it is not known whether doing it "
        "twice does harm. Check first, then repeat it yourself",
    )


def _is_content(reply: Reply) -> bool:
    """Whether a reply is a file or a text, and neither JSON nor an error page."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_page = kind in ("text/html", "application/xhtml+xml", "") or kind.endswith(("/json", "+json"))
    return 200 <= reply.status < 300 and reply.status != 202 and bool(reply.content) and not is_page


def _written(call: Call) -> tuple[dict[str, str], bytes | None]:
    """The headers and the bytes of a request."""
    headers = _headers(call)
    if not call.form or call.body is None:
        return headers, _encoded(call)

    from a2e_async._spec.bodies import encoded  # few operations need it

    content, headers["content-type"] = encoded(call.form, call.body)
    return headers, content


def _headers(call: Call) -> dict[str, str]:
    headers = {
        "accept": "*/*" if call.takes_content else "application/json",
        **{name.lower(): value for name, value in call.headers.items()},
    }
    if call.body is not None:
        headers["content-type"] = "application/json"
    return headers


def _encoded(call: Call) -> bytes | None:
    if call.body is None:
        return None
    try:
        return json.dumps(call.body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument("body", f"cannot be sent as JSON: {error}") from None
