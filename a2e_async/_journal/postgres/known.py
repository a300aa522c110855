"""What a database knows of keys, before their jobs are put into a queue. Blocks, and writes nothing."""

from __future__ import annotations

from collections.abc import Collection

import attrs

from a2e_async._journal.asked import Asked, contradiction
from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.connection import connected

__all__ = ["Known", "known_jobs"]

_KNOWN = """
SELECT key, workflow, state, digest, asked FROM a2e_jobs WHERE key = ANY(%s) AND state <> 'replaced'
"""


@attrs.frozen
class Known:
    """A job of the journal.

    Attributes:
        key: its key.
        workflow: the name of its workflow.
        state: one of `State`.
        digest, asked: what it asked for; see `Asked`.
    """

    key: str
    workflow: str
    state: str
    digest: str | None
    asked: str | None

    def differs(self, asked: Asked) -> str | None:
        """How another job with the same key differs; None if it asks for the same."""
        return contradiction(self.key, self.workflow, self.digest, self.asked, asked, where="in the journal")


def known_jobs(url: DatabaseURL, keys: Collection[str]) -> dict[str, Known]:
    """The jobs of the journal that have one of these keys.

    Raises:
        JournalError: the journal cannot be read.
    """
    with connected(url) as connection:
        rows = connection.execute(_KNOWN, (list(keys),)).fetchall()
    return {row["key"]: Known(**row) for row in rows}
