"""``python <this directory> PORT``: serve on the loopback until stopped. Port 0 picks one; it is printed."""

from __future__ import annotations

import gc
import socket
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

import uvicorn  # noqa: E402 - after the path is set
from server.app import Bench  # noqa: E402 - the same
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: E402 - the same

KEEP_ALIVE = 75
"""Seconds, as nginx's default: no client here may lose a connection between two of its polls."""


class Protocol(HttpToolsProtocol):
    """Hands the connection to the application, which may have to cut it."""

    def on_headers_complete(self) -> None:
        """Add the transport to the request's scope."""
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # uvicorn's TypedDict is closed
        scope["bench.transport"] = self.transport
        super().on_headers_complete()


def main() -> None:
    """Bind, say where, serve."""
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        Bench(f"http://127.0.0.1:{port}"),
        http=Protocol,
        loop="uvloop",
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        backlog=4096,
    )
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    gc.freeze()
    uvicorn.Server(config).run(sockets=[listener])


main()
