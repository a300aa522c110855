"""Which database the commands of the queue use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from a2e_async.cli.streams import write_line
from a2e_async.errors import ConfigurationError

__all__ = ["VARIABLE", "database"]

VARIABLE = "A2E_JOURNAL"


@contextmanager
def database(given: str | None) -> Iterator[str]:
    """The URL of the database: what was given, else what the environment says, else one on this machine.

    The one on this machine is shared by all commands of its user, runs while one of them does, and keeps its
    data.

    Args:
        given: the value of ``--journal``.

    Raises:
        ConfigurationError: none is given, and PostgreSQL is not installed here.
    """
    url = given or os.environ.get(VARIABLE)
    if url:
        yield url
        return

    from a2e_async._embedded.sharing import embedded_database

    with ExitStack() as stack:
        try:
            url = stack.enter_context(embedded_database())
        except ConfigurationError as error:
            raise ConfigurationError(
                f"no database: give its URL with --journal or {VARIABLE}; without one, a PostgreSQL on this "
                f"machine would be used, and that is not possible: {error}"
            ) from error

        # As it is: it holds no secret, and other programs need it.
        write_line(
            sys.stderr, f"a2e: no --journal and no {VARIABLE}: using a PostgreSQL on this machine: {url}"
        )
        yield url
