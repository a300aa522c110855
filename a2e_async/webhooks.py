"""Webhooks: the service's calls when a task has ended. They end the waits for it.

`Webhooks` is an ASGI app. The address of each start ends in the start's marker, and its token is derived
from the marker. So nothing has to be stored to verify a call, and a token that leaks is good for one task.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from a2e_async._tasks.replies import tasks_in
from a2e_async.addresses import is_loopback
from a2e_async.errors import ConfigurationError, InvalidArgument, WebhookError
from a2e_async.hooks import LONGEST_MARKER, HookBus, LocalBus, TaskHook, ends_address
from a2e_async.markers import marker_in
from a2e_async.records import JSONObject, task_id_of, task_status_of

__all__ = ["HookBus", "LocalBus", "TaskHook", "WebhookError", "Webhooks", "require_webhooks"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

logger = logging.getLogger("a2e_async")

_HEADER = "x-a2e-webhook-token"
_LARGEST_BODY = 64 * 1024
_LEAST_SECRET = 16  # bytes
_CONTENTS = ("data", "task", "record", "payload", "object", "tasks", "records")  # of an event
_OWN_IDS = ("_id", "task_id", "taskId")
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_LONGEST_URL = 2048  # of the service


class Webhooks:
    """An ASGI app that receives the service's calls, and the settings of the starts that ask for them.

    Mount it in FastAPI, Starlette or Litestar, or run it by itself. It needs no library. It answers 204 to
    a call of the service and 401 to anything else. It answers before it passes the call on.

    Args:
        secret: at least 16 bytes, shared by all processes that start tasks or receive calls; by default
            from A2E_WEBHOOK_SECRET. Tokens are derived from it.
        url: the https address under which the service reaches this app, without a query; by default from
            A2E_WEBHOOK_URL. Plain http is accepted on this machine only.
        confirm: True asks the service for the record whenever a call comes. False takes a record that the
            call contains, if it is final and has its output: one request less for each task.
        bus: passes calls on to other processes; by default they stay in this one. See `HookBus`.

    Raises:
        ConfigurationError: an argument is invalid.

    Example:
        ```python
        hooks = Webhooks(secret="at-least-sixteen-bytes", url="https://app.example.com/a2e")
        app.mount("/a2e", hooks)

        async with A2E(webhooks=hooks) as a2e:
            result = await a2e.text_to_image(prompt="a red kite").run()  # woken by the call
        ```
    """

    def __init__(
        self,
        secret: str | bytes | None = None,
        url: str | None = None,
        *,
        confirm: bool = True,
        bus: HookBus | None = None,
    ) -> None:
        self._secret = _secret_from(secret)
        del secret  # so that no traceback from here can show it
        self.url = _url_from(url)
        self.confirm = confirm
        self.bus: HookBus = bus or LocalBus()

    def __repr__(self) -> str:
        return f"Webhooks(url={getattr(self, 'url', None)!r})"  # a traceback may show one that is invalid

    def __reduce__(self) -> str:
        raise TypeError("Webhooks hold a secret and are not pickled")

    def address(self, marker: str) -> str:
        """Return the ``webhook_url`` of a start."""
        return f"{self.url}/{marker}"

    def token(self, marker: str) -> str:
        """Return the ``webhook_token`` of a start: the HMAC-SHA256 of its marker, in hexadecimal digits."""
        return hmac.new(self._secret, marker.encode(), hashlib.sha256).hexdigest()

    def verify(self, headers: Mapping[str, str] | Any, body: bytes | str, *, url: str = "") -> TaskHook:
        """Verify a call that another web framework has received, and read it.

        Args:
            headers: the headers of the call, a mapping or pairs; names in any case, text or bytes.
            body: its body, as received.
            url: its address or path, which ends in the marker. Without it the marker is looked for in the
                names of the tasks in the body.

        Returns:
            The TaskHook.

        Raises:
            WebhookError: the token is missing, or is not that of this task.
            InvalidArgument: the headers or the body are of a type that no framework has.

        Example:
            ```python
            hook = hooks.verify(request.headers, await request.body(), url=str(request.url))
            print(hook.task_id, hook.event)
            ```
        """
        if not isinstance(body, bytes | bytearray | memoryview | str):
            raise InvalidArgument(
                "body", f"pass the body as received, bytes or str, not {type(body).__name__}"
            )
        data = _decoded(body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body))
        token = _header(headers)

        for marker in [_marker_of(str(url))] if url else _markers_in(data):
            if self._is_valid(marker, token):
                return _hook(marker, data)
        raise WebhookError("not a call of the service: its token is missing or is that of another task")

    def _is_valid(self, marker: str, token: str) -> bool:
        # Bytes: `compare_digest` refuses text beyond ASCII.
        return bool(marker) and hmac.compare_digest(
            self.token(marker).encode(), token.encode("utf-8", "replace")
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive one call, as an ASGI app."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._receive(scope, receive, send)

    async def _receive(self, scope: Scope, receive: Receive, send: Send) -> None:
        marker = _marker_of(scope.get("path", ""))
        if scope.get("method") != "POST" or not self._is_valid(marker, _header(scope.get("headers", ()))):
            await _answer(send, 401)
            return

        body = await _read(receive)
        with suppress(OSError):  # the caller has hung up
            await _answer(send, 204)
        try:
            await self.bus.publish(_hook(marker, _decoded(body)))
        except Exception as error:  # the tasks are polled all the same
            logger.warning("a webhook could not be passed on: %s", type(error).__name__)


def require_webhooks(given: object) -> None:
    """Check the client's argument ``webhooks``. What it is does not show: it may be a secret.

    Raises:
        ConfigurationError: it is something else.
    """
    if not isinstance(given, Webhooks):
        raise ConfigurationError(f"webhooks: pass Webhooks(secret=…, url=…), not {type(given).__name__}")


async def _live(receive: Receive, send: Send) -> None:
    """Answer the events of a server that runs this app by itself."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _read(receive: Receive) -> bytes:
    """Read the body; empty if it is too large or does not come whole. The call counts all the same."""
    pieces: list[bytes] = []
    size, more = 0, True

    while more:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        piece = message.get("body", b"")
        size += len(piece)
        if size > _LARGEST_BODY:
            return b""
        pieces.append(piece)
        more = message.get("more_body", False)
    return b"".join(pieces)


async def _answer(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0")] if status != 204 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _hook(marker: str, data: Any) -> TaskHook:
    event = data.get("event") or data.get("type") if isinstance(data, Mapping) else None
    return TaskHook(
        marker=marker,
        event=event if isinstance(event, str) else None,
        records=tuple(_records(data)),
        body=data,
    )


def _records(data: Any) -> Sequence[JSONObject]:
    """The tasks in the body of a call. Of an event, what it is about: its own id is not that of a task."""
    if not isinstance(data, Mapping):
        return tasks_in(data)
    is_event = "event" in data or "type" in data
    if is_event or task_status_of(data) is None:
        for key in _CONTENTS:
            found = tasks_in(data[key]) if isinstance(data.get(key), Mapping | list) else ()
            if found:
                return found

    for key in _OWN_IDS:
        if isinstance(data.get(key), str):
            return tasks_in({**data, "_id": data[key]})
    is_doubtful = is_event and not _OBJECT_ID.fullmatch(str(task_id_of(data)))
    return () if is_doubtful else tasks_in(data)


def _decoded(body: bytes) -> Any:
    if len(body) > _LARGEST_BODY:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _header(headers: Any) -> str:
    """The token in the headers of any framework: a mapping or pairs, text or bytes."""
    try:
        pairs = [(name, value) for name, value in getattr(headers, "items", lambda: headers)()]
    except (TypeError, ValueError):
        raise InvalidArgument("headers", "pass a mapping, or pairs of a name and a value") from None
    for name, value in pairs:
        if _text(name).lower() == _HEADER:
            return _text(value[0] if isinstance(value, list | tuple) and value else value)
    return ""


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _marker_of(url: str) -> str:
    """The marker at the end of an address or a path; empty if there is none."""
    # Litestar puts a slash behind the path of a mounted app.
    last = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return last if ends_address(last) else ""


def _markers_in(data: Any) -> Iterator[str]:
    """The markers in the names of the tasks in a body."""
    for task in tasks_in(data):
        found = marker_in(str(task.get("name", "")))
        if found:
            yield found


def _secret_from(given: str | bytes | None) -> bytes:
    source = "A2E_WEBHOOK_SECRET" if given is None else "secret"
    value = os.environ.get("A2E_WEBHOOK_SECRET") if given is None else given
    if not isinstance(value, str | bytes):
        raise ConfigurationError(f"{source} is missing: pass secret=… or set A2E_WEBHOOK_SECRET")

    secret = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    if len(secret) < _LEAST_SECRET:
        raise ConfigurationError(f"{source} is shorter than {_LEAST_SECRET} bytes, so it could be guessed")
    return secret


def _url_from(given: str | None) -> str:
    """The public address of this app's webhooks, as given or from the environment."""
    source = "A2E_WEBHOOK_URL" if given is None else "url"
    value = os.environ.get("A2E_WEBHOOK_URL") if given is None else given
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{source} is missing: pass url=… or set A2E_WEBHOOK_URL")

    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigurationError(f"{source}: {value!r} is not a URL: {error}") from None

    if parts.scheme not in ("http", "https") or not host or not value.isascii() or re.search(r"\s", value):
        raise ConfigurationError(f"{source}: {value!r} is not a URL like https://app.example.com/a2e")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(f"{source}: {value!r} is not https, and the service calls no other")
    if parts.username is not None or "?" in value or "#" in value:
        raise ConfigurationError(f"{source}: only scheme, host, port and path are allowed")
    if len(value) > _LONGEST_URL - LONGEST_MARKER - 1:
        raise ConfigurationError(f"{source} is longer than {_LONGEST_URL - LONGEST_MARKER - 1} characters")
    return value.rstrip("/")
