"""The tables of a journal in PostgreSQL: made once, however many workers come at the same time."""

from __future__ import annotations

import threading

import psycopg
from psycopg.rows import dict_row

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.postgres.schema import VERSION, bring_up_to_date, check_version
from tests.postgres import Database


def test_workers_that_come_at_the_same_time_make_the_tables_once(database: Database) -> None:
    url = DatabaseURL(database.url)
    together = threading.Barrier(4)
    versions: list[int] = []

    def come() -> None:
        with psycopg.connect(database.url, autocommit=True, row_factory=dict_row) as connection:
            together.wait()
            bring_up_to_date(connection, url)
            versions.append(check_version(connection, url))

    workers = [threading.Thread(target=come) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert versions == [VERSION] * 4
