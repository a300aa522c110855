"""The HTTP library: httpx, or httpx2 where the caller asks for it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from a2e_async.settings import http_library_from

if TYPE_CHECKING:
    import httpx

__all__ = ["core_of", "library_of", "load"]


def library_of(transport: httpx.AsyncBaseTransport | None, name: str) -> Any:
    """Import the library of that name, or the one that a caller's transport belongs to."""
    if transport is not None:
        homes = {base.__module__.partition(".")[0] for base in type(transport).__mro__}
        name = "httpx2" if "httpx2" in homes else "httpx"
    return importlib.import_module(name)


def core_of(library: Any) -> Any:
    """Import what a library opens its connections with: httpcore for httpx, httpcore2 for httpx2."""
    return importlib.import_module("httpcore2" if library.__name__ == "httpx2" else "httpcore")


def load() -> None:
    """Load what the first request needs: the HTTP library, its late imports and the trusted certificates."""
    from a2e_async._transport.trust import tls_context

    library = library_of(None, http_library_from(None))
    library.AsyncClient(verify=tls_context())
