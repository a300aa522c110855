"""A receiver of webhooks in a thread of its own, as behind a web server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from a2e_async.webhooks import Webhooks

__all__ = ["SECRET", "Receiver", "receiving"]

SECRET = "sixteen bytes or more"


class Receiver:
    """Receives calls at an address of this machine.

    Attributes:
        base: the address.
        app: answers the calls.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.app = Webhooks(SECRET, base)

    def webhooks(self, path: str = "/a2e", **options: Any) -> Webhooks:
        """New webhooks, which answer the calls from now on."""
        self.app = Webhooks(SECRET, f"{self.base}{path}", **options)
        return self.app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        receiver = Receiver(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(receiver, log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        started = threading.Event()

        async def callback() -> None:
            started.set()

        config.callback_notify, config.timeout_notify = callback, 0
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            assert started.wait(10)
            yield receiver
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)
