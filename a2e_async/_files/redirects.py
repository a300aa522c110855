"""A GET that follows redirects, within bounds and never to a host that must not be asked."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urljoin

from a2e_async._files.http import Http, Response
from a2e_async.addresses import sendable_url, url_problem
from a2e_async.errors import DownloadError

__all__ = ["open_file"]

_MAX_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@asynccontextmanager
async def open_file(
    http: Http, url: str, *, headers: Mapping[str, str], timeout: float | None, private_hosts: bool
) -> AsyncIterator[tuple[Response, str]]:
    """Request a file, and follow redirects to other https addresses.

    Args:
        http: sends the GETs, without a token.
        url: absolute.
        headers: sent with each request.
        timeout: as for `Http.stream`.
        private_hosts: allow hosts of this machine and of private networks.

    Yields:
        The response, and the address that it came from.

    Raises:
        DownloadError: a redirect leads nowhere, to a host that is not allowed, or there are too many.
        TransportError: a host could not be reached.
    """
    address, status = url, None
    for _ in range(_MAX_REDIRECTS + 1):
        async with http.stream("GET", address, headers=headers, timeout=timeout) as response:
            if response.status not in _REDIRECTS:
                yield response, address
                return
            address, status = _target(url, address, response, private_hosts), response.status
    raise DownloadError(f"more than {_MAX_REDIRECTS} redirects", url=url, status=status)


def _target(url: str, address: str, response: Response, private_hosts: bool) -> str:
    """Where a redirect leads.

    Raises:
        DownloadError: nothing may be sent there.
    """
    location = response.headers.get("location", "")
    if not location.strip():
        raise DownloadError(f"HTTP {response.status} without a Location", url=url, status=response.status)

    location = sendable_url(location)
    target = location
    if location.isprintable():  # urljoin drops line ends
        with contextlib.suppress(ValueError):
            target = sendable_url(urljoin(address, location))
    problem = url_problem(target, private_hosts=private_hosts)
    if problem:
        raise DownloadError(f"redirected to an address that {problem}", url=url, status=response.status)
    return target
