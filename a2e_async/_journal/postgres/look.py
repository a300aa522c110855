"""A look into a database, also while workers are using it. Nothing is written, and no worker has to wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from a2e_async._journal.asked import asked_of
from a2e_async._journal.contents import Look, WorkerLook
from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.entries import State
from a2e_async._journal.postgres.connection import connected
from a2e_async._journal.postgres.leases import ALIVE
from a2e_async._journal.postgres.schema import VERSION, check_version
from a2e_async._journal.uncertain import UncertainStart
from a2e_async._journal.values import read_entry
from a2e_async.errors import JournalError
from a2e_async.jobs import Job

if TYPE_CHECKING:
    import psycopg

__all__ = ["look_into", "needs_files"]

_STATES = """
SELECT owner, state, count(*) AS count, coalesce(sum(coins), 0) AS coins,
    count(*) FILTER (WHERE sent > extract(epoch FROM clock_timestamp()) - 60) AS started
FROM a2e_jobs GROUP BY owner, state
"""
_WORKERS = f"""
SELECT id, extract(epoch FROM clock_timestamp() - beat)::float8 AS seen, {ALIVE} AS lives FROM a2e_workers
"""  # noqa: S608 - made of constants; values are parameters
_STARTING = "SELECT * FROM a2e_jobs WHERE state = 'starting' ORDER BY number"


def look_into(url: DatabaseURL) -> Look:
    """Look into a journal.

    Raises:
        JournalError: there is none, or it cannot be read.
    """
    with _reading(url) as connection:
        groups = connection.execute(_STATES).fetchall()
        alive = {row["id"]: row["seen"] for row in connection.execute(_WORKERS) if row["lives"]}
        starting = connection.execute(_STARTING).fetchall()

    states: dict[str, int] = {}
    for group in groups:
        states[group["state"]] = states.get(group["state"], 0) + group["count"]

    uncertain: list[UncertainStart] = []
    damaged: list[str] = []
    for row in starting:
        try:
            uncertain.append(UncertainStart.of(read_entry(row)))
        except JournalError:
            damaged.append(str(row["key"]))

    return Look(
        dict(states),
        sum(group["coins"] for group in groups),
        uncertain,
        damaged,
        bool(alive),
        workers=[_worker(name, groups, alive) for name in sorted({*alive, *_owners(groups)})],
        started=sum(group["started"] for group in groups),
    )


def _owners(groups: list[dict[str, Any]]) -> set[str]:
    return {group["owner"] for group in groups if group["owner"] is not None}


def _worker(name: str, groups: list[dict[str, Any]], alive: Mapping[str, float]) -> WorkerLook:
    mine = [group for group in groups if group["owner"] == name]
    states = {group["state"]: group["count"] for group in mine}
    return WorkerLook(name, alive.get(name), states, sum(group["coins"] for group in mine))


def needs_files(url: DatabaseURL, job: Job[Any]) -> bool:
    """Whether a job whose files are gone has to be started, so that it needs them.

    Raises:
        JournalError: the journal cannot be read.
    """
    column, value = ("key", job.key) if job.key is not None else ("path_digest", asked_of(job).path_digest)
    with _reading(url, may_be_new=True) as connection:
        if check_version(connection, url) == 0:
            return True
        rows = connection.execute(
            f"SELECT state FROM a2e_jobs WHERE {column} = %s AND state <> 'replaced'",  # noqa: S608 - columns of our own tables; values are parameters
            (value,),
        ).fetchall()
    return all(row["state"] == State.NEW for row in rows)


@contextmanager
def _reading(url: DatabaseURL, *, may_be_new: bool = False) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A connection that only reads.

    Raises:
        JournalError: there is no journal, or it cannot be read.
    """
    with connected(url) as connection:
        connection.read_only = True

        version = check_version(connection, url)
        if version != VERSION and not (may_be_new and version == 0):
            problem = f"has the older format {version}; run with it once" if version else "holds no journal"
            raise JournalError(f"the database {url} {problem}")
        yield connection
