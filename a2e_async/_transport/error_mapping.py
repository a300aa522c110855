"""The HTTP library's errors, turned into ours. No I/O, and no import of the library."""

from __future__ import annotations

from urllib.parse import urlsplit

from a2e_async.errors import ConnectionFailed, RequestTimeout, TransportError

__all__ = ["errors_mapped", "host_of", "path_of"]

# Matched by class name: httpx and httpx2 define separate classes, and their connections raise those of
# httpcore or httpcore2.
_LIBRARIES = frozenset({"httpx", "httpx2", "httpcore", "httpcore2"})
_ERRORS = frozenset({"HTTPError", "InvalidURL", "NetworkError", "TimeoutException"})
_UNDELIVERED = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol", "InvalidURL"}
)


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
    """

    def __init__(self, method: str, path: str) -> None:
        self._method = method
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None:
            return
        bases = type(error).__mro__
        names = {base.__name__ for base in bases if base.__module__.partition(".")[0] in _LIBRARIES}
        if _ERRORS & names:
            _forget(error)
            raise self._mapped(error, names) from error

    def _mapped(self, error: BaseException, names: set[str]) -> TransportError:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if _UNDELIVERED & names:
            return ConnectionFailed(text, method=self._method, path=self._path, delivered=False)
        if "TimeoutException" in names:
            return RequestTimeout(text, method=self._method, path=self._path)
        return ConnectionFailed(text, method=self._method, path=self._path)


def _forget(error: BaseException | None) -> None:
    """Remove from an error what could show the token: the request's header and the frames."""
    while error is not None:
        error.__traceback__ = None
        request = vars(error).get("_request")
        if request is not None:
            request.headers.pop("authorization", None)
        error = error.__cause__ or error.__context__
