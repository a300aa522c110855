"""The embedded database: one PostgreSQL a folder, shared by all processes that ask for it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from a2e_async._embedded.programs import programs_for
from a2e_async.errors import ConfigurationError

if TYPE_CHECKING:
    from a2e_async._embedded.server import Server

__all__ = ["default_folder", "embedded_database"]

_PATIENCE = 90.0  # seconds


def default_folder() -> Path:
    """Where the data is unless a folder is given: where the system keeps what programs store for a user."""
    if sys.platform == "darwin":
        home = Path.home() / "Library" / "Application Support"
    elif os.name == "posix" and os.geteuid() == 0:
        home = Path("/var/lib")  # PostgreSQL does not run as root, and nobody else gets into root's home
    else:
        given = os.environ.get("XDG_DATA_HOME", "")
        home = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "share"
    return home / "a2e_async" / "postgres"


@contextlib.contextmanager
def embedded_database(folder: Path | None = None, *, passing: bool = False) -> Iterator[str]:
    """Hold a database, and give its URL. Its server is started for the first user and stopped after the last.

    A user that is killed is no user any more. The data stays in the folder.

    Args:
        folder: where the data is; by default where the system keeps the data of programs.
        passing: for tests: fast, and deleted after the last user.

    Raises:
        ConfigurationError: PostgreSQL is not installed, or cannot be started there.
    """
    programs_for(None)  # first: it says what to do where there is no PostgreSQL, and where there is no Unix
    from a2e_async._embedded.keeper import KEEPER, USERS
    from a2e_async._embedded.locks import exclusive, shared
    from a2e_async._embedded.server import Server

    folder = (folder or default_folder()).expanduser().absolute()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(shared(folder / USERS))
            with exclusive(folder / "start.lock"):
                _ensure_kept(folder, Server(folder), folder / KEEPER, passing=passing)
        except OSError as error:
            raise ConfigurationError(f"PostgreSQL cannot be started in {folder}: {error}") from error
        yield Server(folder).url


def _ensure_kept(folder: Path, server: Server, keeper: Path, *, passing: bool) -> None:
    """Make sure that the server runs and has a keeper."""
    from a2e_async._embedded.locks import exclusive_if_free

    end = time.monotonic() + _PATIENCE
    while True:
        free = exclusive_if_free(keeper)
        if free is not None:
            os.close(free)
            _start_keeper(folder, passing=passing)
        if server.answers:
            return
        if time.monotonic() > end:
            raise ConfigurationError(f"PostgreSQL does not answer in {folder}: see {folder / 'log'}")
        time.sleep(0.05)  # its keeper is starting it again


def _start_keeper(folder: Path, *, passing: bool) -> None:
    command = [sys.executable, "-m", "a2e_async._embedded.keeper", str(folder)]
    if passing:
        command.append("--passing")
    started = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if started.returncode:
        raise ConfigurationError(started.stderr.decode(errors="replace").strip())
