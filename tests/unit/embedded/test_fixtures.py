"""The PostgreSQL of the tests: apart from each other, cut, locked out, restarted."""

from __future__ import annotations

import psycopg
import pytest

from tests.postgres import Database, OwnDatabase


def test_each_test_has_a_schema_of_its_own(postgres: str) -> None:
    one, other = Database.made(postgres), Database.made(postgres)
    with psycopg.connect(one.url) as mine, psycopg.connect(other.url) as theirs:
        mine.execute("CREATE TABLE jobs (number int)")
        mine.commit()
        with pytest.raises(psycopg.errors.UndefinedTable):
            theirs.execute("SELECT * FROM jobs")


def test_connections_are_cut(database: Database) -> None:
    with psycopg.connect(database.url) as connection, psycopg.connect(database.url):
        assert database.connections() == 2
        assert database.cut() == 2
        assert database.connections() == 0
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_what_is_tested_can_be_locked_out(database: Database) -> None:
    database.lock_out()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(database.url)
    database.let_in()
    psycopg.connect(database.url).close()


def test_a_reader_changes_nothing(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("CREATE TABLE jobs (number int)")
        connection.commit()
    with psycopg.connect(database.reader_url()) as connection:
        assert connection.execute("SELECT * FROM jobs").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO jobs VALUES (1)")


@pytest.mark.parametrize("at_once", [False, True])
def test_a_server_of_ones_own_is_restarted(own_database: OwnDatabase, at_once: bool) -> None:
    with psycopg.connect(own_database.url) as connection:
        connection.execute("CREATE TABLE jobs (number int)")
        connection.commit()
        own_database.stop(at_once=at_once)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_database.url)

    own_database.start()
    own_database.restart(at_once=at_once)
    with psycopg.connect(own_database.url) as connection:
        assert connection.execute("SELECT * FROM jobs").fetchall() == []
