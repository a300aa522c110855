"""A real PostgreSQL for the tests: one server for the whole run, a schema and a role for each test.

The server is started for the first test that asks for it, shared by all workers of the run, and stopped after
the last of them, however it ends. Nothing survives it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs
import pytest

if TYPE_CHECKING:
    import psycopg

    from a2e_async._embedded.server import Server

__all__ = ["Database", "OwnDatabase", "own_server", "shared_server"]


@attrs.frozen
class Database:
    """An empty schema, and the role that owns it.

    Attributes:
        url: for what is tested: this schema, as this role.
        server_url: the server's only database, as its administrator.
        name: the name of the schema and of the role.
    """

    url: str
    server_url: str
    name: str

    @classmethod
    def made(cls, server_url: str, *more: Any) -> Self:
        """Make a schema on the server. It takes a few milliseconds.

        Args:
            server_url: the server, as its administrator.
            *more: the attributes that a subclass has besides.
        """
        name = f"t_{secrets.token_hex(6)}"
        self = cls(_url(server_url, name, name), server_url, name, *more)
        with self.administrator() as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN")
            connection.execute(f"CREATE SCHEMA AUTHORIZATION {name}")
        return self

    @contextlib.contextmanager
    def administrator(self) -> Iterator[psycopg.Connection]:
        """A connection that may do all, in this schema. Each statement is a transaction."""
        import psycopg

        options = f"-csearch_path={self.name}"
        with psycopg.connect(self.server_url, autocommit=True, options=options) as connection:
            yield connection

    def reader_url(self) -> str:
        """The URL of a role that may read what is in the schema now, and change nothing."""
        reader = f"{self.name}_reader"
        with self.administrator() as connection:
            connection.execute(f"CREATE ROLE {reader} LOGIN")
            connection.execute(f"GRANT USAGE ON SCHEMA {self.name} TO {reader}")
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {self.name} TO {reader}")
        return _url(self.server_url, reader, self.name)

    def connections(self) -> int:
        """How many connections the tested code has."""
        return self._counted("SELECT count(*) FROM pg_stat_activity WHERE usename = %s")

    def cut(self) -> int:
        """Cut every connection of the tested code, as a network does. Returns how many there were."""
        cut = self._counted(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s"
        )
        while self.connections():
            time.sleep(0.002)
        return cut

    def lock_out(self) -> None:
        """Let the tested code make no new connection, and cut those it has."""
        with self.administrator() as connection:
            connection.execute(f"ALTER ROLE {self.name} NOLOGIN")
        self.cut()

    def let_in(self) -> None:
        """Undo `lock_out`."""
        with self.administrator() as connection:
            connection.execute(f"ALTER ROLE {self.name} LOGIN")

    def _counted(self, query: str) -> int:
        with self.administrator() as connection:
            (count,) = connection.execute(query, (self.name,)).fetchone() or (0,)
            return int(count)


@attrs.frozen
class OwnDatabase(Database):
    """A schema on a server that no other test uses at the same time, so that it can be stopped.

    Attributes:
        server: the server.
    """

    server: Server

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the server.

        Args:
            at_once: as a crash.
        """
        self.server.stop(at_once=at_once)

    def start(self) -> None:
        """Start it again."""
        if not self.server.runs:
            self.server.start()

    def restart(self, *, at_once: bool = False) -> None:
        """Stop the server, and start it again: two tenths of a second."""
        self.stop(at_once=at_once)
        self.start()


@contextlib.contextmanager
def shared_server() -> Iterator[str]:
    """Hold the server of this run of the tests, and give its URL."""
    from a2e_async._embedded.sharing import embedded_database

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"of-{os.getpid()}"
    with _skipping(), embedded_database(_folder(f"a2e-tests-{run}"), passing=True) as url:
        yield url


@contextlib.contextmanager
def own_server() -> Iterator[Server]:
    """A server that only its user knows."""
    from a2e_async._embedded.server import Server

    with tempfile.TemporaryDirectory(prefix="a2e-test-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL is another user where the tests run as root
        server = Server(Path(folder), durable=False)
        with _skipping():
            server.start()
        try:
            yield server
        finally:
            server.stop(at_once=True)


@contextlib.contextmanager
def _skipping() -> Iterator[None]:
    """Skip the test where there is no PostgreSQL. Continuous integration must have one."""
    from a2e_async import ConfigurationError

    try:
        import psycopg  # noqa: F401

        yield
    except (ImportError, ConfigurationError) as error:
        if os.environ.get("CI") and os.name == "posix":
            pytest.fail(f"no PostgreSQL for the tests: {error}")
        pytest.skip(f"no PostgreSQL for the tests: {error}")


def _folder(name: str) -> Path:
    return Path(tempfile.gettempdir()) / name


def _url(server_url: str, role: str, schema: str) -> str:
    as_role = server_url.replace("//postgres@", f"//{role}@", 1)
    return f"{as_role}&options=-csearch_path%3D{schema}"
