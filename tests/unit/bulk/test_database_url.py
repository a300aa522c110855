"""The URL of a database as the journal: checked, and shown without its password anywhere."""

from __future__ import annotations

import pickle
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from a2e_async import InvalidArgument
from a2e_async._bulk.settings import BulkSettings
from a2e_async._journal.database_url import DatabaseURL, database_url_in
from tests.unit.sample import Service, client

SECRET = "s3cret"


def settings(**given: Any) -> BulkSettings:
    defaults: dict[str, Any] = {
        "concurrency": 64,
        "timeout": 900.0,
        "journal": None,
        "retries": 0,
        "download_to": None,
        "max_coins": None,
        "start_rate": None,
        "finished": "yield",
    }
    return BulkSettings(**{**defaults, **given})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://a2e:{SECRET}@db.test/jobs", "postgresql://a2e:...@db.test/jobs"),
        (f"postgres://:{SECRET}@db.test:5432", "postgres://:...@db.test:5432"),
        (
            f"postgresql://db.test/jobs?user=a&password={SECRET}",
            "postgresql://db.test/jobs?user=a&password=...",
        ),
        (
            f"postgresql:///jobs?host=/run/pg&sslpassword={SECRET}",
            "postgresql:///jobs?host=/run/pg&sslpassword=...",
        ),
        (
            f"postgresql://a:{SECRET}@[::1]:5432,b.test:5433/jobs",
            "postgresql://a:...@[::1]:5432,b.test:5433/jobs",
        ),
        ("postgresql://a2e@db.test/jobs?options=-csearch_path%3Da2e", None),
        ("postgresql://", None),
    ],
)
def test_the_password_is_not_shown(url: str, shown: str | None) -> None:
    database = settings(journal=url).journal
    assert isinstance(database, DatabaseURL)
    assert database.secret == url
    assert str(database) == (shown or url)
    assert SECRET not in f"{database!r} {settings(journal=url)!r}"
    assert database == DatabaseURL(url)
    assert hash(database) == hash(DatabaseURL(url))
    with pytest.raises(TypeError):
        pickle.dumps(database)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (f"postgresql+psycopg://a:{SECRET}@db.test/jobs", "write postgresql://"),
        (f"mysql://a:{SECRET}@db.test/jobs", "nor that of a database"),
        (f"postgresql:a:{SECRET}@db.test", "no //"),
        (f"postgresql://a:{SECRET}#x@db.test/jobs", "%23"),
        (f"postgresql://a:{SECRET}%@db.test/jobs", "%25"),
        (f"postgresql://a:{SECRET}@x@db.test/jobs", "%40"),
        (f"postgresql://a:{SECRET}/x@db.test/jobs", "%2F"),
        (f"postgresql://a:{SECRET}?x@db.test/jobs", "%3F"),
        (f"postgresql://a:{SECRET} x@db.test/jobs", "%20"),
        (f"postgresql://a:{SECRET}@db.test:port/jobs", "port"),
        (f"postgresql://a:{SECRET}@db.test:65536/jobs", "port"),
        (f"postgresql://a:{SECRET}@::1/jobs", "[::1]"),
        (f"postgresql://a:{SECRET}@[::1/jobs", "[::1]"),
        (f"host=db.test dbname=jobs password={SECRET}", "postgresql://user:password"),
        (f"password = '{SECRET} x' host=db.test", "postgresql://user:password"),
        (f" postgresql://a:{SECRET}@db.test/jobs", "around it"),
        (f"postgresql://a:{SECRET}@db.test/jobs\n", "around it"),
        (f"'postgresql://a:{SECRET}@db.test/jobs'", "around it"),
        (f'"postgresql://a:{SECRET}@db.test/jobs"', "around it"),
        (f'"host=db.test password={SECRET}"', "around it"),
    ],
)
def test_what_is_no_such_url_is_refused_without_showing_the_password(url: str, problem: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        client(Service()).bulk(journal=url)
    assert caught.value.field == "journal"
    assert problem in str(caught.value)
    assert SECRET not in str(caught.value)

    # The test's own frame has it, and so has that of whoever called.
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    values = [
        value
        for frame in frames
        if "a2e_async" in frame.f_code.co_filename
        for value in frame.f_locals.values()
        if not isinstance(value, BulkSettings)  # half made, it has no repr
    ]
    assert values
    assert SECRET not in repr(values)


@pytest.mark.parametrize(
    "place", ["run.db", "postgres/run.db", "C:\\a2e\\run.db", Path("postgres:run.db"), None]
)
def test_files_are_files(place: Any) -> None:
    assert database_url_in(place) is None
    journal = settings(journal=place).journal
    assert journal is None if place is None else isinstance(journal, Path)


def test_the_scheme_may_have_capitals() -> None:
    database = database_url_in("PostgreSQL://Me@db.test/Jobs")
    assert database is not None
    assert database.checked().secret == "postgresql://Me@db.test/Jobs"


def test_url_objects_and_hidden_texts_are_taken() -> None:
    url = f"postgresql://a:{SECRET}@db.test/jobs"

    class Hidden:
        def get_secret_value(self) -> str:
            return url

    class Dsn:
        scheme = "postgresql"
        hosts = "db.test".split

        def __str__(self) -> str:
            return url

    parts = SimpleNamespace(scheme="postgresql", geturl=lambda: url)
    for value in (Hidden(), Dsn(), parts, DatabaseURL(url)):
        assert settings(journal=value).journal == DatabaseURL(url)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_concurrency", 0),
        ("account_concurrency", 1.5),
        ("account_concurrency", "9"),
        ("account_concurrency", True),
        ("lease", 0),
        ("lease", 0.5),
        ("lease", float("inf")),
        ("lease", float("nan")),
        ("lease", None),
        ("journal", 7),
        ("journal", b"run.db"),
    ],
)
def test_other_settings_of_shared_journals_are_checked(field: str, value: Any) -> None:
    with pytest.raises(InvalidArgument, match=field):
        client(Service()).bulk(**{field: value})


def test_defaults() -> None:
    assert settings().account_concurrency is None
    assert settings().lease == 30.0
    assert settings(account_concurrency=5.0, lease=10).account_concurrency == 5
