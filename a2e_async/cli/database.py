"""Which database the commands of the queue use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from a2e_async.cli.streams import is_terminal, write_line
from a2e_async.errors import ConfigurationError

__all__ = ["VARIABLE", "database"]

VARIABLE = "A2E_JOURNAL"
_OF_SANDBOXES = "postgres-sandbox"  # the folder beside that of the real jobs


@contextmanager
def database(given: str | None, *, sandbox: bool = False) -> Iterator[str]:
    """The URL of the database: what was given, else what the environment says, else one on this machine.

    The one on this machine is shared by all commands of its user, runs while one of them does, and keeps its
    data. For a sandbox there is another one, so that its jobs never meet real ones. For the same reason the
    variable does not count for it: that names the database of the real jobs.

    Args:
        given: the value of ``--journal``.
        sandbox: whether the jobs are those of a sandbox.

    Raises:
        ConfigurationError: none is given, and PostgreSQL is not installed here.
    """
    url = given or (None if sandbox else os.environ.get(VARIABLE))
    if url:
        yield url
        return

    from a2e_async._embedded.sharing import default_folder, embedded_database

    variable = "" if sandbox else f" or {VARIABLE}"
    missing = "--sandbox and no --journal" if sandbox else f"no --journal and no {VARIABLE}"
    folder = default_folder()
    with ExitStack() as stack:
        try:
            url = stack.enter_context(
                embedded_database(folder.with_name(_OF_SANDBOXES) if sandbox else folder)
            )
        except ConfigurationError as error:
            raise ConfigurationError(
                f"no database: give its URL with --journal{variable}; without one, a "
                f"PostgreSQL on this machine would be used, and that is not possible: {error}"
            ) from error

        # As it is: it holds no secret, and other programs need it.
        gap = "\n     " if is_terminal(sys.stderr) else " "
        write_line(sys.stderr, f"a2e: {missing}: using a PostgreSQL on this machine:{gap}{url}")
        yield url
