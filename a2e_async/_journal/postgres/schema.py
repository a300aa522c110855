"""The tables of a journal in PostgreSQL, and how those of an older version are brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from a2e_async.errors import JournalError

if TYPE_CHECKING:
    import psycopg

    from a2e_async._journal.database_url import DatabaseURL

__all__ = ["JOB_COLUMNS", "MIGRATIONS", "VERSION", "bring_up_to_date", "check_version"]

JOB_COLUMNS = (
    "number", "key", "workflow", "state", "attempts", "marker", "sent", "reserved", "coins",
    "records", "error", "files", "digest", "path_digest", "asked", "owner", "saving", "version", "stamp",
)  # fmt: skip

# Not to_regclass: what it has once not found, it does not find later in the same transaction either.
_HAS_TABLES = "SELECT FROM pg_class WHERE relname = 'a2e_account' AND pg_table_is_visible(oid)"

_LOCK = 0x41324531  # "A2E1": while a worker changes tables, the others wait

# Each one brings a database of the version before to its own. Never change one that was released.
MIGRATIONS = (
    """
    CREATE TABLE a2e_account (
        singleton           boolean PRIMARY KEY DEFAULT true CHECK (singleton),
        version             integer NOT NULL,
        account             text,
        last_number         bigint NOT NULL DEFAULT 0,
        spent               double precision NOT NULL DEFAULT 0,
        set_aside           double precision NOT NULL DEFAULT 0,
        in_flight           integer NOT NULL DEFAULT 0,
        max_coins           double precision,
        account_concurrency integer
    );
    INSERT INTO a2e_account (version) VALUES (0);
    CREATE TABLE a2e_jobs (
        number      bigint PRIMARY KEY,
        key         text NOT NULL,
        workflow    text NOT NULL,
        state       text NOT NULL,
        attempts    integer NOT NULL,
        marker      text,
        sent        double precision NOT NULL,
        reserved    double precision NOT NULL,
        coins       double precision NOT NULL,
        records     text NOT NULL,
        error       text,
        files       text,
        digest      text,
        path_digest text,
        asked       text,
        owner       text,
        saving      boolean NOT NULL DEFAULT false,
        version     integer NOT NULL,
        stamp       text NOT NULL
    );
    CREATE INDEX a2e_jobs_by_key ON a2e_jobs (key, number);
    CREATE INDEX a2e_jobs_by_path ON a2e_jobs (path_digest) WHERE path_digest IS NOT NULL;
    CREATE INDEX a2e_jobs_under_way ON a2e_jobs (owner)
        WHERE state IN ('new', 'starting', 'accepted') OR saving;
    CREATE TABLE a2e_tasks (
        workflow text NOT NULL,
        id       text NOT NULL,
        job      bigint NOT NULL,
        PRIMARY KEY (workflow, id)
    );
    CREATE TABLE a2e_uploads (
        sha256       text NOT NULL,
        content_type text NOT NULL,
        size         bigint NOT NULL,
        url          text,
        made         timestamptz NOT NULL DEFAULT clock_timestamp(),
        claimed_by   text,
        PRIMARY KEY (sha256, content_type, size)
    );
    CREATE TABLE a2e_workers (
        id    text PRIMARY KEY,
        beat  timestamptz NOT NULL DEFAULT clock_timestamp(),
        since timestamptz NOT NULL DEFAULT clock_timestamp(),
        lease double precision NOT NULL
    )
    """,
    """
    CREATE TABLE a2e_prices (
        kind     text PRIMARY KEY,
        coins    double precision,
        settled  boolean NOT NULL,
        explorer text
    )
    """,
    """
    CREATE TABLE a2e_pace (
        lane       text PRIMARY KEY,
        next       double precision NOT NULL DEFAULT 0,
        held_until double precision NOT NULL DEFAULT 0,
        waited_at  double precision NOT NULL DEFAULT 0,
        epoch      integer NOT NULL DEFAULT 0,
        low        double precision,
        plateau    double precision,
        cut_at     double precision NOT NULL DEFAULT 0,
        busy       double precision NOT NULL DEFAULT 0,
        held       double precision NOT NULL DEFAULT 0,
        accepted   bigint NOT NULL DEFAULT 0,
        refused    bigint NOT NULL DEFAULT 0,
        in_row     integer NOT NULL DEFAULT 0,
        pauses     integer NOT NULL DEFAULT 0,
        costs      double precision NOT NULL DEFAULT 0,
        best       double precision NOT NULL DEFAULT 0,
        counted    bigint NOT NULL DEFAULT 0,
        counted_for double precision NOT NULL DEFAULT 0
    ) WITH (fillfactor = 10);
    INSERT INTO a2e_pace (lane) VALUES ('requests'), ('start_rate')
    """,
)
VERSION = len(MIGRATIONS)


def bring_up_to_date(connection: psycopg.Connection[dict[str, Any]], url: DatabaseURL) -> None:
    """Create the tables, or bring those of an older version up to date. Blocks.

    Raises:
        JournalError: a newer version made them.
    """
    if check_version(connection, url) == VERSION:
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        # Another worker may have done it in the meantime.
        for migration in MIGRATIONS[check_version(connection, url) :]:
            connection.execute(migration)
        connection.execute("UPDATE a2e_account SET version = %s", (VERSION,))


def check_version(connection: psycopg.Connection[dict[str, Any]], url: DatabaseURL) -> int:
    """The version of the tables; 0 if there are none.

    Raises:
        JournalError: a newer version made them.
    """
    if connection.execute(_HAS_TABLES).fetchone() is None:
        return 0

    row = connection.execute("SELECT version FROM a2e_account").fetchone()
    version = int(row["version"]) if row else 0
    if version > VERSION:
        raise JournalError(
            f"the journal {url} was made by a newer version (format {version}, known: {VERSION}); "
            "update a2e_async"
        )
    if version < 1:
        raise JournalError(f"the journal {url} is damaged: its format is {version}")
    return version
