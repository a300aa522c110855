"""Whose a database is, before jobs are put into a queue in it. Blocks."""

from __future__ import annotations

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.ownership import check_owner
from a2e_async._journal.postgres.connection import connected

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
        row = connection.execute(_OWNER).fetchone()
        if row is None or row["account"] is None:
            connection.execute(_CLAIM, (account,))
            row = connection.execute(_OWNER).fetchone()  # another program may have been faster
    check_owner(row and row["account"], account)
