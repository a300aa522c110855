"""A connection that is made when it is needed, and anew after an error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.connection import connect

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[dict[str, Any]]

__all__ = ["KeptConnection"]


class KeptConnection:
    """A connection for worker threads. One of them uses it at a time.

    Args:
        url: the database.
        prepare: called with each new connection.
    """

    def __init__(self, url: DatabaseURL, prepare: Callable[[Connection], object] = lambda _: None) -> None:
        self._url = url
        self._prepare = prepare
        self._connection: Connection | None = None
        # When asyncio abandons a task, its thread may still be using the connection.
        self._in_use = threading.Lock()

    @contextmanager
    def used(self) -> Iterator[Connection]:
        """Use the connection in the block. It is dropped if the block fails. Blocks.

        Raises:
            ConfigurationError: psycopg is not installed.
            psycopg.Error: the database cannot be reached, or refuses.
        """
        with self._in_use:
            try:
                if self._connection is None:
                    self._connection = connect(self._url)
                    self._prepare(self._connection)
                yield self._connection
            except BaseException:
                self._drop()
                raise

    def close(self) -> None:
        """Close the connection, once nobody uses it. The next use makes another one. Blocks."""
        with self._in_use:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it may be broken, and is not used again
                connection.close()
