"""Connections to the database of a journal, and what to do about their errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from a2e_async._journal.database_url import DatabaseURL
from a2e_async.errors import A2EError, ConfigurationError, JournalError

if TYPE_CHECKING:
    import psycopg

__all__ = ["connect", "connected", "database_error", "is_away", "settings_of"]

_EXTRA = "a PostgreSQL journal needs the extra 'postgres': pip install 'a2e-async[postgres]'"
# Whatever the URL does not say itself. A machine that is gone is noticed within some 15 seconds.
_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "application_name": "a2e_async",
}

_NO_RIGHT = "42501"  # insufficient_privilege
_READ_ONLY = "25006"  # read_only_sql_transaction
_NO_DATABASE = "3D000"
_NO_SCHEMA = "3F000"
_BAD_LOGIN = ("28000", "28P01")
_ADVICE = {
    _NO_RIGHT: "this role needs the right to create tables in the schema and to write them",
    _READ_ONLY: "this database only reads, as a standby does: give the URL of the primary",
    _NO_DATABASE: "create the database first, or name another one",
    _NO_SCHEMA: "create the schema first, or name another one",
    **dict.fromkeys(_BAD_LOGIN, "check user and password in the URL"),
}


def connect(url: DatabaseURL) -> psycopg.Connection[dict[str, Any]]:
    """Connect to the database. Blocks.

    Raises:
        ConfigurationError: psycopg is not installed.
        psycopg.Error: the database cannot be reached, or refuses.
    """
    driver = _psycopg()
    from psycopg.rows import dict_row

    connection: psycopg.Connection[dict[str, Any]] = driver.connect(
        **settings_of(url), autocommit=True, row_factory=dict_row
    )
    # Poolers such as PgBouncer may give each transaction another connection of theirs.
    connection.prepare_threshold = None
    return connection


@contextmanager
def connected(url: DatabaseURL) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Connect to the database while the block runs. Blocks.

    Raises:
        ConfigurationError: psycopg is not installed.
        JournalError: the database cannot be reached, or refuses.
    """
    try:
        with connect(url) as connection:
            yield connection
    except A2EError:
        raise
    except Exception as error:
        raise database_error(url, error) from error


def settings_of(url: DatabaseURL) -> dict[str, Any]:
    """What to connect with: what the URL says, and what it leaves open."""
    from psycopg.conninfo import conninfo_to_dict

    return {**_DEFAULTS, **conninfo_to_dict(url.secret)}


def is_away(error: BaseException) -> bool:
    """Whether the database cannot be used for now: the connection broke, it restarts, or is overloaded."""
    driver = _psycopg()
    state = getattr(error, "sqlstate", None) or ""
    if state in (*_BAD_LOGIN, _NO_DATABASE):
        return False
    return isinstance(error, driver.OperationalError | driver.InterfaceError)


def database_error(url: DatabaseURL, error: BaseException) -> JournalError:
    """Make the error that says what went wrong with a database, and what to do."""
    if isinstance(error, JournalError):
        return error
    advice = _ADVICE.get(getattr(error, "sqlstate", None) or "", "")
    problem = " ".join(str(error).split()).replace(url.secret, str(url)) or type(error).__name__
    made = JournalError(f"the journal {url}: {problem}{f'; {advice}' if advice else ''}")
    made.__cause__ = error
    return made


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise ConfigurationError(f"{_EXTRA} ({error})") from None
    return psycopg
