"""``a2e listen``: receive the service's calls on this machine, and print them. For development."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from a2e_async.cli.output import print_error, print_hint, print_json, print_row
from a2e_async.errors import ConfigurationError, InvalidArgument
from a2e_async.hooks import LocalBus, TaskHook
from a2e_async.webhooks import Webhooks

__all__ = ["listen"]

_BACKLOG = 256


class _PrintingBus(LocalBus):
    """Prints each call, and passes it on to nobody.

    Attributes:
        stop: what to call when stdout cannot be written any more.
        problem: why it cannot.
    """

    def __init__(self, *, json: bool) -> None:
        super().__init__()
        self.stop: Callable[[], object] = lambda: None
        self.problem: OSError | None = None
        self._json = json

    async def publish(self, hook: TaskHook) -> None:
        """Print a call."""
        try:
            if self._json:
                print_json(hook.to_dict())
            else:
                print_row(hook.event or "-", hook.task_id or "-", hook.marker)
        except OSError as error:
            self.problem = error
            self.stop()


async def listen(*, host: str, port: int, url: str | None, json: bool) -> int:
    """Receive calls until Ctrl-C, and print each that is one of the service: event, task and marker.

    Args:
        host: the address of this machine to listen at.
        port: the port; 0 for any that is free.
        url: the address under which the service reaches it.
        json: whether to print JSON.

    Raises:
        ConfigurationError: the secret is missing, uvicorn is not installed, or the port cannot be used.
        InvalidArgument: the port is no port.
    """
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise ConfigurationError("a2e listen needs uvicorn: pip install 'a2e-async[sandbox]'") from None

    bus = _PrintingBus(json=json)
    with _bound(host, port) as listener:
        local = _address(listener)
        app = Webhooks(url=url if url is not None else local, bus=bus)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        bus.stop = lambda: setattr(server, "should_exit", True)

        print_error(f"listening at {local}; the service reaches it through a tunnel, such as")
        print_hint(f"cloudflared tunnel --url {local}")
        print_error("give its https address to the program that starts tasks, as A2E_WEBHOOK_URL")
        await server.serve([listener])

    if bus.problem is not None:
        raise bus.problem
    return 0


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens."""
    if not 0 <= port <= 65535:
        raise InvalidArgument("port", f"{port} is not a port, from 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"cannot listen at {host}, port {port}: {why}") from None


def _address(listener: socket.socket) -> str:
    name: Any = listener.getsockname()
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{name[1]}"  # noqa: S104
