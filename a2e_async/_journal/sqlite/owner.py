"""Whose a file is. Its table is not part of the format: files without it are taken, too."""

from __future__ import annotations

import sqlite3

from a2e_async._journal.ownership import check_owner
from a2e_async.account_id import DIGEST

__all__ = ["claim"]

_TABLE = "CREATE TABLE IF NOT EXISTS account (id TEXT NOT NULL)"


def claim(connection: sqlite3.Connection, account: str) -> None:
    """Make the file this account's, if it is nobody's yet.

    Tokens that do not name their account may be two of the same one, of which the second was made when the
    first had expired. A run must be able to go on then.

    Raises:
        InvalidArgument: it belongs to another account.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_TABLE)
        row = connection.execute("SELECT id FROM account").fetchone()
        if row is None:
            connection.execute("INSERT INTO account VALUES (?)", (account,))
        elif not _may_be_the_same(row["id"], account):
            check_owner(row["id"], account)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _may_be_the_same(owner: str, account: str) -> bool:
    of_digests = owner.startswith(DIGEST) and account.startswith(DIGEST)
    return of_digests and owner.rpartition("@")[2] == account.rpartition("@")[2]
