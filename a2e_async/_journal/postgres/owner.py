"""Whose a database is, before jobs are put into a queue in it. Blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.ownership import check_owner
from a2e_async._journal.postgres.connection import connected

if TYPE_CHECKING:
    import psycopg

__all__ = ["claim"]

_OWNER = "SELECT account FROM a2e_account"
_CLAIM = "UPDATE a2e_account SET account = %s WHERE account IS NULL"


def claim(url: DatabaseURL, account: str) -> None:
    """Make the database this account's, if it is nobody's yet.

    Raises:
        InvalidArgument: it belongs to another account.
        JournalError: the database cannot be used.
    """
    with connected(url) as connection:
        owner = _owner(connection)
        if owner is None:
            connection.execute(_CLAIM, (account,))
            owner = _owner(connection)  # another program may have been faster
    check_owner(owner, account)


def _owner(connection: psycopg.Connection[dict[str, Any]]) -> str | None:
    row = connection.execute(_OWNER).fetchone()
    return row["account"] if row else None
