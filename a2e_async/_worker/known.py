"""What the journal knows of keys, before their jobs are put into the queue. Blocks."""

from __future__ import annotations

from collections.abc import Collection

import attrs

from a2e_async._journal.asked import Asked, difference
from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.connection import connect, database_error
from a2e_async.errors import A2EError

__all__ = ["Known", "known_jobs"]

_KNOWN = """
SELECT key, workflow, state, digest, asked FROM a2e_jobs WHERE key = ANY(%s) AND state <> 'replaced'
"""


@attrs.frozen
class Known:
    """A job of the journal.

    Attributes:
        workflow: the name of its workflow.
        state: one of `State`.
        digest, asked: what it asked for; see `Asked`.
    """

    workflow: str
    state: str
    digest: str | None
    asked: str | None

    def differs(self, asked: Asked) -> str | None:
        """How another job with the same key differs; None if it asks for the same."""
        if self.workflow != asked.workflow:
            return f"is a job of {self.workflow} in the journal"
        if self.digest is None or self.asked is None or self.digest == asked.digest:
            return None
        change = difference(self.asked, asked.copy)
        return f"is a job of the journal that asked for something else: {change}; give this job another key"


def known_jobs(url: DatabaseURL, keys: Collection[str]) -> dict[str, Known]:
    """The jobs of the journal that have one of these keys.

    Raises:
        JournalError: the journal cannot be read.
    """
    try:
        with connect(url) as connection:
            rows = connection.execute(_KNOWN, (list(keys),)).fetchall()
    except A2EError:
        raise
    except Exception as error:
        raise database_error(url, error) from error
    return {row.pop("key"): Known(**row) for row in rows}
