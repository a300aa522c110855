"""The HTTP library: httpx, or httpx2 if it is installed, and its TLS context."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

    import httpx

__all__ = ["core_of", "installed_library", "library_of", "load", "tls_context"]


@functools.cache
def installed_library() -> Any:
    """Import httpx2 if it is installed, else httpx."""
    try:
        return importlib.import_module("httpx2")
    except ImportError:
        return importlib.import_module("httpx")


def library_of(transport: httpx.AsyncBaseTransport) -> Any:
    """Import the library that a caller's transport belongs to."""
    homes = {base.__module__.partition(".")[0] for base in type(transport).__mro__}
    return importlib.import_module("httpx2" if "httpx2" in homes else "httpx")


def core_of(library: Any) -> Any:
    """Import what a library opens its connections with: httpcore for httpx, httpcore2 for httpx2."""
    return importlib.import_module("httpcore2" if library.__name__ == "httpx2" else "httpcore")


@functools.cache
def tls_context() -> ssl.SSLContext:
    """One TLS context for the process: creating one is slow."""
    context: ssl.SSLContext = installed_library().create_ssl_context()
    return context


def load() -> None:
    """Load what the first request needs: the HTTP library, its late imports and the trusted certificates."""
    installed_library().AsyncClient(verify=tls_context())
