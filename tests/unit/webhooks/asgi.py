"""Calls of an ASGI app as servers and frameworks make them, without sockets."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from typing import Any

import anyio.lowlevel
import attrs

from a2e_async.hooks import HookSlot, TaskHook
from a2e_async.webhooks import Webhooks

SECRET = "a secret of sixteen bytes or more"
URL = "https://app.example.com/a2e"
MARKER = "a2e-abcdefghij234"
DONE = b'{"event":"task.completed","data":{"_id":"67d2aa","current_status":"completed"}}'


def webhooks(**options: Any) -> Webhooks:
    """The app of the tests."""
    return Webhooks(SECRET, URL, **options)


def headers_with(token: str | bytes, name: bytes = b"x-a2e-webhook-token") -> list[tuple[bytes, bytes]]:
    """The headers of a call."""
    value = token.encode("latin-1") if isinstance(token, str) else token
    return [(b"host", b"app.example.com"), (b"content-type", b"application/json"), (name, value)]


@attrs.define
class Served:
    """One call, as a server makes it.

    Attributes:
        sent: what the app has sent.
        received: how often the app has asked for more.
    """

    sent: list[MutableMapping[str, Any]] = attrs.field(factory=list[MutableMapping[str, Any]])
    received: int = 0

    @property
    def status(self) -> int:
        """The status of the answer."""
        [start] = [message for message in self.sent if message["type"] == "http.response.start"]
        return int(start["status"])


async def call(
    app: Webhooks,
    path: str = f"/a2e/{MARKER}",
    *,
    headers: Iterable[tuple[bytes, bytes]] | None = None,
    body: bytes | Sequence[bytes] = DONE,
    method: str = "POST",
    hangs_up: bool = False,
    **scope: Any,
) -> Served:
    """Call the app.

    Args:
        app: the app.
        path: the path in the scope.
        headers: by default with the right token.
        body: the body, or its pieces.
        method: the method in the scope.
        hangs_up: the caller goes after these pieces.
        **scope: the rest of the scope.
    """
    served = Served()
    pieces = [body] if isinstance(body, bytes) else list(body)
    messages = [
        {"type": "http.request", "body": piece, "more_body": hangs_up or place < len(pieces) - 1}
        for place, piece in enumerate(pieces)
    ]

    async def receive() -> MutableMapping[str, Any]:
        await anyio.lowlevel.checkpoint()
        served.received += 1
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        await anyio.lowlevel.checkpoint()
        if hangs_up:
            raise OSError("the caller has hung up")
        served.sent.append(message)

    given = headers_with(app.token(MARKER)) if headers is None else list(headers)
    await app({"type": "http", "method": method, "path": path, "headers": given, **scope}, receive, send)
    return served


@attrs.define
class Recorder:
    """A bus that records what is published.

    Attributes:
        hooks: the calls.
        fails: what publishing raises.
    """

    hooks: list[TaskHook] = attrs.field(factory=list[TaskHook])
    fails: Exception | None = None

    async def publish(self, hook: TaskHook) -> None:
        await anyio.lowlevel.checkpoint()
        if self.fails is not None:
            raise self.fails
        self.hooks.append(hook)

    def slot(self, marker: str) -> HookSlot:
        return HookSlot(marker)
