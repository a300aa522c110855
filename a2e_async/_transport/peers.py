"""Where connections for files may lead to: not into a private network, whatever a name resolves to."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Any

import anyio

from a2e_async.addresses import is_private
from a2e_async.errors import DownloadError, UploadError

__all__ = ["Peers", "PrivatePeer"]

# Programs that route connections (VPNs, local proxies) answer every name with such an address. No machine
# has one.
_STAND_INS = ip_network("198.18.0.0/15")

_DNS_PATIENCE = 10.0  # seconds


class PrivatePeer(Exception):
    """A name leads into a private network. Used between functions; users never see it."""

    def for_file(self, method: str, url: str) -> DownloadError | UploadError:
        """The error that users see.

        Args:
            method: of the request; files are sent by PUT.
            url: the file's.
        """
        return UploadError(str(self)) if method == "PUT" else DownloadError(str(self), url=url)


class Peers:
    """Checks where connections for files lead to.

    The name in a URL proves nothing: whoever owns it decides what it resolves to, each time anew. So the
    address that a connection has reached is checked, before anything is sent.

    Args:
        api_host: the host of the API. Where it is in a private network itself, files may be there too.
    """

    def __init__(self, api_host: str) -> None:
        self._api_host = api_host
        self._api_is_private: bool | None = None

    async def check(self, host: str, stream: Any) -> None:
        """Check a new connection.

        Args:
            host: the host that was asked for.
            stream: the library's connection.

        Raises:
            PrivatePeer: it leads into a private network.
        """
        peer = stream.get_extra_info("server_addr")
        address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        if not address or not _is_private(address) or host == self._api_host:
            return

        if self._api_is_private is None:
            self._api_is_private = await _resolves_to_private(self._api_host)
        if not self._api_is_private:
            raise PrivatePeer(f"{host} leads to {address}, on this machine or in a private network")


async def _resolves_to_private(host: str) -> bool:
    with anyio.move_on_after(_DNS_PATIENCE), suppress(OSError, ValueError):
        found = await anyio.getaddrinfo(host, None)
        return any(_is_private(str(address[0])) for *_, address in found)
    return False


def _is_private(address: str) -> bool:
    return is_private(address) and ip_address(address.partition("%")[0]) not in _STAND_INS
