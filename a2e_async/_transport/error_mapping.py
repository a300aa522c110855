"""Whatever an exchange raises, turned into our errors. No I/O, and no import of the HTTP library."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from a2e_async._transport.bodies import Followed
from a2e_async._transport.connect_faults import Fault, is_of_socks
from a2e_async._transport.peers import PrivatePeer
from a2e_async._transport.redaction import errors_behind, mask_error, masked
from a2e_async.errors import A2EError, ConnectionFailed, RequestTimeout, TransportError

__all__ = ["errors_mapped", "host_of", "path_of"]

# Matched by class name: httpx and httpx2 define separate classes, and their connections raise those of
# httpcore or httpcore2.
_LIBRARIES = frozenset({"httpx", "httpx2", "httpcore", "httpcore2"})
_NOT_CONNECTED = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
_NOT_SENDABLE = frozenset({"UnsupportedProtocol", "InvalidURL"})

# What they stand on. Its own errors should not come through, but a caller's transport may raise them.
_NOT_CONNECTED_BELOW = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)

_NOT_MAPPED = (A2EError, PrivatePeer, AssertionError, MemoryError)


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
    """Turn any error of an exchange that is raised in the block into one of ours.

    It does not matter which library it belongs to: it says the same about the request, that nobody knows
    what the server has done with it. Three kinds go through. What a caller's own code raises while it gives
    the body of the request, or to say that nothing may be sent, is the caller's. An AssertionError is how a
    test says that it did not expect this request. A MemoryError concerns the whole process.

    Args:
        method, path: the request.
        explain: says why no connection could be made.
        is_sent: whether the request was sent when an error is raised; None if it is not known.
        body: the body of the request.
        check: asks whether the request may be sent; has the ``error`` that says no.
    """

    def __init__(
        self,
        method: str,
        path: str,
        explain: Callable[[BaseException], Fault] | None = None,
        *,
        is_sent: bool | None = None,
        body: object = None,
        check: object = None,
    ) -> None:
        self._method = method
        self._path = path
        self._explain = explain
        self._is_sent = is_sent
        self._body = body
        self._check = check

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, _NOT_MAPPED):
            return
        if isinstance(self._body, Followed) and error is self._body.error:
            return
        if error is getattr(self._check, "error", None):
            return

        mapped = self._mapped(error)
        _forget(error)
        raise mapped from error

    def _mapped(self, error: Exception) -> TransportError:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        text = masked(text)
        method, path = self._method, self._path

        names = {base.__name__ for base in type(error).__mro__ if _home(base) in _LIBRARIES}
        if self._is_sent is False or (self._is_sent is None and _NOT_SENDABLE & names):
            return ConnectionFailed(text, method=method, path=path, delivered=False, permanent=True)

        never = _NOT_CONNECTED & names or isinstance(error, _NOT_CONNECTED_BELOW) or is_of_socks(error)
        if never and not self._is_sent:
            fault = self._explain(error) if self._explain else Fault(text)
            lasts = fault.permanent
            return ConnectionFailed(fault.text, method=method, path=path, delivered=False, permanent=lasts)

        if "TimeoutException" in names:
            return RequestTimeout(text, method=method, path=path)
        return ConnectionFailed(text, method=method, path=path)


def _home(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _forget(error: BaseException) -> None:
    """Remove from an error, and from those behind it, what could show a secret."""
    for each in errors_behind(error):
        each.__traceback__ = None  # its frames hold the request
        if "_request" in vars(each):
            vars(each)["_request"] = None  # with the token in its header, or a signature in its URL
    mask_error(error)
