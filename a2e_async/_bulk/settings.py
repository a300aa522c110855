"""The settings of a bulk run, checked when they are made."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import attrs

from a2e_async._files.places import place_of
from a2e_async._journal.database_url import DatabaseURL, database_url_in
from a2e_async._spec.local_paths import local_path
from a2e_async._tasks.update_callback import UpdateCallback
from a2e_async.checks import check_number, check_positive, check_whole
from a2e_async.errors import InvalidArgument

__all__ = ["BulkSettings"]

_SHORTEST_LEASE = 1.0  # seconds; a sign of life takes a round trip to the database

Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _concurrency(value: Any) -> int:
    return check_whole("concurrency", value)


def _timeout(value: Any) -> float:
    return check_positive("timeout", value)


def _retries(value: Any) -> int:
    return check_whole("retries", value, least=0)


def _max_coins(value: Any) -> float | None:
    return None if value is None else check_positive("max_coins", value)


def _start_rate(value: Any) -> float | None:
    return None if value is None else check_positive("start_rate", value)


def _on_update(value: Any) -> UpdateCallback | None:
    return None if value is None else UpdateCallback(value)


def _one_of(*choices: str) -> Validator:
    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value not in choices:
            raise InvalidArgument(attribute.name, f"{value!r} is not one of {', '.join(map(repr, choices))}")

    return check


def _path_at(name: str, value: Any) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike):
        raise InvalidArgument(name, f"{value!r} is not a path")
    if re.match(r"[a-z][a-z0-9+.-]+://", os.fsdecode(value)):
        raise InvalidArgument(name, f"{value!r} is an address, not the path of a file or folder")
    return Path(local_path(name, value))


def _journal(value: Any) -> Path | DatabaseURL | None:
    database = database_url_in(value)
    return _path_at("journal", value) if database is None else database.checked()


def _download_to(value: Any) -> Path | str | None:
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike):
        raise InvalidArgument("download_to", f"{value!r} is not a path or an address")
    return place_of("download_to", value)


def _account_concurrency(value: Any) -> int | None:
    return None if value is None else check_whole("account_concurrency", value)


def _lease(value: Any) -> float:
    return check_number("lease", value, least=_SHORTEST_LEASE, unit="seconds")


def _on_disk(_: Any, attribute: attrs.Attribute[Any], value: Path | DatabaseURL | None) -> None:
    # SQLite would keep it in memory, so a journal of that name would promise what it cannot hold.
    if isinstance(value, Path) and str(value).startswith(":memory:"):
        raise InvalidArgument(
            attribute.name,
            f"{str(value)!r} would be lost with the process; give a file, or no journal at all",
        )


@attrs.frozen
class BulkSettings:
    """The settings of a bulk run; `A2E.bulk` explains them."""

    concurrency: int = attrs.field(converter=_concurrency)
    timeout: float = attrs.field(converter=_timeout)
    journal: Path | DatabaseURL | None = attrs.field(converter=_journal, validator=_on_disk)
    retries: int = attrs.field(converter=_retries)
    download_to: Path | str | None = attrs.field(converter=_download_to)
    max_coins: float | None = attrs.field(converter=_max_coins)
    start_rate: float | None = attrs.field(converter=_start_rate)
    finished: Literal["yield", "skip"] = attrs.field(validator=_one_of("yield", "skip"))
    changed: Literal["raise", "restart"] = attrs.field(default="raise", validator=_one_of("raise", "restart"))
    on_update: UpdateCallback | None = attrs.field(default=None, converter=_on_update)
    account_concurrency: int | None = attrs.field(default=None, converter=_account_concurrency)
    lease: float = attrs.field(default=30.0, converter=_lease)
