"""Where a sandbox listens, and the URLs that lead there."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import attrs

__all__ = ["Address"]

_LAST_PORT = 65535
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - none is a default
"""Hosts that mean every address of this machine, and the one of them that a URL needs."""


def _check_port(_: object, __: object, port: int) -> None:
    # The system takes a larger one for what its last 16 bits say.
    if not 0 <= port <= _LAST_PORT:
        raise ValueError(f"port: {port} is not a port, from 0 to {_LAST_PORT}")


@attrs.frozen
class Address:
    """Where a sandbox is asked to listen.

    Attributes:
        host: a name or an address of this machine, without the brackets of a URL.
        port: the port; 0 takes a free one.
        separate_files: files have a port of their own.
        prefix: the path below which the API lives.
    """

    host: str
    port: int = attrs.field(validator=_check_port)
    separate_files: bool
    prefix: str

    def bind(self) -> list[socket.socket]:
        """Bind one socket, or a second one for files.

        Raises:
            OSError: the port is taken, or the host is not one of this machine.
        """
        sockets = [self._listen(self.port)]
        if self.separate_files:
            sockets.append(self._listen(0))
        return sockets

    def origins(self, sockets: Sequence[socket.socket]) -> tuple[str, str]:
        """The origin of the API and that of the files."""
        host = _EVERYWHERE.get(self.host, self.host).replace("%", "%25")
        host = f"[{host}]" if ":" in host else host
        origins = [f"http://{host}:{bound.getsockname()[1]}" for bound in sockets]
        return origins[0], origins[-1]

    def _listen(self, port: int) -> socket.socket:
        try:
            found = socket.getaddrinfo(
                self.host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            # A name such as localhost has addresses of both families. Every client tries IPv4.
            family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
            return _bound(family, address)
        except OSError as problem:
            where = f"{self.host or 'every address'} port {port}"
            raise OSError(problem.errno, f"cannot listen on {where}: {problem.strerror}") from None


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(2048)
    except BaseException:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
