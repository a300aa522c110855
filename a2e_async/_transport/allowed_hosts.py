"""Keep requests on this machine where the environment asks for it, as the pytest plugin does.

A2E_ALLOW_HOSTS lists the hosts that may be reached besides this machine, separated by commas; ``*`` stands
for any text. Nothing is checked where it is not set.

The check is made when a connection is opened, below the HTTP library. So it holds for a caller's transport
too, and whatever answers without a connection (respx, a `MockTransport`, an application) is left alone.
"""

from __future__ import annotations

import functools
import os
from contextvars import ContextVar, Token
from fnmatch import fnmatchcase
from typing import Any

from a2e_async._transport.error_mapping import host_of
from a2e_async.addresses import is_loopback
from a2e_async.errors import ConfigurationError

__all__ = ["allowed_hosts_only"]

_VARIABLE = "A2E_ALLOW_HOSTS"
_target: ContextVar[str | None] = ContextVar("_target", default=None)
"""The host that the current request is for. A proxy may stand between, so it is not the connection's."""


class allowed_hosts_only:  # noqa: N801 - used like a function, in a `with`
    """Refuse connections to hosts that are not allowed while the block sends a request.

    Args:
        core: the library that opens connections: httpcore or httpcore2.
        url: of the request.

    Raises:
        ConfigurationError: by what opens the connection. Nothing was sent.
    """

    __slots__ = ("_before", "_core", "_url")

    def __init__(self, core: Any, url: str) -> None:
        self._core = core
        self._url = url
        self._before: Token[str | None] | None = None

    def __enter__(self) -> None:
        if _VARIABLE in os.environ:
            _watch(self._core)
            self._before = _target.set(host_of(self._url) or "")

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            _target.reset(self._before)


@functools.cache
def _watch(core: Any) -> None:
    """Make the library's backends ask before they open a connection for a client of this package."""
    for backend in (core.AnyIOBackend, core.TrioBackend):
        connect = getattr(backend, "connect_tcp", None)
        if connect is not None:  # there is no such backend without trio
            backend.connect_tcp = _asking(connect)


def _asking(connect: Any) -> Any:
    @functools.wraps(connect)
    async def connect_tcp(self: Any, host: str, *args: Any, **options: Any) -> Any:
        target = _target.get()
        if target is not None:
            _check(target)
        return await connect(self, host, *args, **options)

    return connect_tcp


def _check(host: str) -> None:
    """Refuse a host that is not allowed.

    Raises:
        ConfigurationError: it is not.
    """
    allowed = os.environ.get(_VARIABLE, "*").replace(",", " ").lower().split()
    if is_loopback(host) or any(fnmatchcase(host, pattern) for pattern in allowed):
        return
    raise ConfigurationError(
        f"{host} is not on this machine, and {_VARIABLE} does not list it, so nothing was sent. In a test, "
        "use the fixture a2e_sandbox or a mock. To reach the host, mark the test with "
        f'@pytest.mark.a2e_allow_hosts("{host}"), or list it as a2e_allow_hosts in the settings of pytest'
    )
