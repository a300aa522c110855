"""The settings of a bulk run, checked when they are made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs.validators import optional

from a2e_async.checks import check_positive, check_whole
from a2e_async.errors import InvalidArgument

__all__ = ["BulkSettings"]


Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _whole_from(least: int) -> Validator:
    return lambda _, attribute, value: check_whole(attribute.name, value, least=least)


def _positive(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    check_positive(attribute.name, value)


def _one_of(*choices: str) -> Validator:
    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value not in choices:
            raise InvalidArgument(attribute.name, f"{value!r} is not one of {', '.join(map(repr, choices))}")

    return check


def _on_disk(_: Any, attribute: attrs.Attribute[Any], value: Path | None) -> None:
    # SQLite would keep it in memory, so a journal of that name would promise what it cannot hold.
    if value is not None and str(value).startswith(":memory:"):
        raise InvalidArgument(
            attribute.name,
            f"{str(value)!r} would be lost with the process; give a file, or no journal at all",
        )


@attrs.frozen
class BulkSettings:
    """The settings of a bulk run; `A2E.bulk` explains them."""

    concurrency: int = attrs.field(validator=_whole_from(1))
    timeout: float = attrs.field(validator=_positive)
    journal: Path | None = attrs.field(validator=_on_disk)
    retries: int = attrs.field(validator=_whole_from(0))
    download_to: Path | None
    max_coins: float | None = attrs.field(validator=optional(_positive))
    start_rate: float | None = attrs.field(validator=optional(_positive))
    finished: Literal["yield", "skip"] = attrs.field(validator=_one_of("yield", "skip"))
    changed: Literal["raise", "restart"] = attrs.field(default="raise", validator=_one_of("raise", "restart"))
