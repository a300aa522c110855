"""The HTTP library's errors, turned into ours. No I/O, and no import of the library."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from a2e_async._transport.connect_faults import Fault, is_of_socks
from a2e_async.errors import A2EError, ConnectionFailed, RequestTimeout, TransportError

__all__ = ["errors_mapped", "host_of", "path_of"]

# Matched by class name: httpx and httpx2 define separate classes, and their connections raise those of
# httpcore or httpcore2.
_LIBRARIES = frozenset({"httpx", "httpx2", "httpcore", "httpcore2"})
_NOT_CONNECTED = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
_NOT_SENDABLE = frozenset({"UnsupportedProtocol", "InvalidURL"})

# What they stand on. Their own errors should not come through, but a caller's transport may raise them.
_BELOW = frozenset({"anyio", "trio", "h11", "h2", "socksio"})
_NOT_CONNECTED_BELOW = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


def path_of(url: str) -> str:
    """The path of a URL; empty if it is not a URL."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def host_of(url: str) -> str | None:
    """The host of a URL; None if it has none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


class errors_mapped:  # noqa: N801 - used like a function, in a `with`
    """Turn the HTTP library's errors raised in the block into ours.

    Args:
        method, path: the request.
        explain: says why no connection could be made.
        is_sent: whether the request may have been sent when an error is raised.
    """

    def __init__(
        self,
        method: str,
        path: str,
        explain: Callable[[BaseException], Fault] | None = None,
        *,
        is_sent: bool = True,
    ) -> None:
        self._method = method
        self._path = path
        self._explain = explain
        self._is_sent = is_sent

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, A2EError):
            return

        names, below = set[str](), False
        for base in type(error).__mro__:
            home = base.__module__.partition(".")[0]
            if home in _LIBRARIES:
                names.add(base.__name__)
            below = below or home in _BELOW

        if names or below or isinstance(error, OSError | ValueError | EOFError):
            mapped = self._mapped(error, names)
            _forget(error)
            raise mapped from error

    def _mapped(self, error: Exception, names: set[str]) -> TransportError:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        method, path = self._method, self._path

        if _NOT_CONNECTED & names or isinstance(error, _NOT_CONNECTED_BELOW) or is_of_socks(error):
            fault = self._explain(error) if self._explain else Fault(text)
            lasts = fault.permanent
            return ConnectionFailed(fault.text, method=method, path=path, delivered=False, permanent=lasts)
        if _NOT_SENDABLE & names or not self._is_sent:
            return ConnectionFailed(text, method=method, path=path, delivered=False, permanent=True)
        if "TimeoutException" in names:
            return RequestTimeout(text, method=method, path=path)
        return ConnectionFailed(text, method=method, path=path)


def _forget(error: BaseException | None) -> None:
    """Remove from an error what could show the token: the request's header and the frames."""
    while error is not None:
        error.__traceback__ = None
        request = vars(error).get("_request")
        if request is not None:
            request.headers.pop("authorization", None)
        error = error.__cause__ or error.__context__
