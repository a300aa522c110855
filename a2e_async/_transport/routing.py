"""The ways that requests go: through which proxy, which hosts were reached, and what went wrong."""

from __future__ import annotations

from urllib.parse import urlsplit

import attrs

from a2e_async._transport.connect_faults import Fault, Place, connect_fault, refused_by_proxy
from a2e_async._transport.error_mapping import path_of
from a2e_async._transport.proxies import Proxies, Proxy, ProxySetting
from a2e_async.errors import ConnectionFailed

__all__ = ["Routing"]

_PROXY_REFUSES = 407
_HOSTS_KNOWN = 1000
_PORTS = {"http": 80, "https": 443}
_HINT = "is the base URL right (base_url or A2E_BASE_URL)?"


class Routing:
    """The ways that the requests of one event loop go.

    Args:
        setting: the client's setting of a proxy; None for the environment.
        is_ours: whether requests go through connections of ours. A caller's transport knows its own ways.
    """

    def __init__(self, setting: ProxySetting | None, *, is_ours: bool) -> None:
        self._setting = setting
        self._is_ours = is_ours
        self._proxies: Proxies | None = None
        self._reached: set[str] = set()

    def proxy_for(self, url: str, *, is_api: bool) -> Proxy | None:
        """The proxy for a request; None for none.

        Raises:
            ConfigurationError: it cannot be used, or would see the token.
        """
        if not self._is_ours:
            return None
        if self._proxies is None:
            self._proxies = Proxies(self._setting)
        return self._proxies.for_url(url, secret=is_api)

    def forget(self) -> None:
        """Read the environment again before the next request."""
        self._proxies = None

    def note_answer(self, method: str, url: str, status: int, proxy: Proxy | None) -> None:
        """Note that a host has answered.

        Raises:
            ConnectionFailed: it was a proxy that answered, and it refuses.
        """
        if status == _PROXY_REFUSES:
            fault = refused_by_proxy(f"{status} Proxy Authentication Required", _place_of(url), proxy)
            raise ConnectionFailed(
                fault.text, method=method, path=path_of(url), delivered=False, permanent=True
            )
        if len(self._reached) < _HOSTS_KNOWN:
            self._reached.add(_origin(url))

    def explain(self, url: str, proxy: Proxy | None, is_api: bool, error: BaseException) -> Fault:
        """Say why no connection could be made. A network that was there before may come back."""
        fault = connect_fault(error, _place_of(url, _HINT if is_api else ""), proxy)
        if fault.of_network and _origin(url) in self._reached:
            return attrs.evolve(fault, permanent=False)
        return fault


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _place_of(url: str, hint: str = "") -> Place:
    """The host and the port that a URL leads to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or url, parts.port
    except ValueError:
        return Place(url)
    return Place(host, port or _PORTS.get(parts.scheme), hint)
