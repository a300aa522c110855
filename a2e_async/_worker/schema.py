"""The tables of the queue and of the journal, made where there are none yet. Blocks."""

from __future__ import annotations

from procrastinate.schema import SchemaManager

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.connection import connected
from a2e_async._journal.postgres.schema import bring_up_to_date

__all__ = ["make_tables"]

_LOCK = 0x41324551  # "A2EQ": while one makes the tables of the queue, the others wait
# Not to_regclass: what it has once not found, it does not find later in the same transaction either.
_HAS_QUEUE = "SELECT FROM pg_class WHERE relname = 'procrastinate_jobs' AND pg_table_is_visible(oid)"


def make_tables(url: DatabaseURL) -> None:
    """Make the tables in the schema that the URL names; bring those of the journal up to date.

    Raises:
        JournalError: the database cannot be reached, or refuses; or a newer version made the tables.
    """
    with connected(url) as connection:
        bring_up_to_date(connection, url)
        if connection.execute(_HAS_QUEUE).fetchone() is not None:
            return

        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            if connection.execute(_HAS_QUEUE).fetchone() is None:
                connection.execute(SchemaManager.get_schema())
