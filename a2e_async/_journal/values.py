"""How the parts of an entry are stored, and how an entry is read without guessing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from a2e_async._journal.entries import Entry, State
from a2e_async.errors import JournalError

__all__ = ["STATES", "damaged_entry", "dump", "read_entry", "storable", "values_of"]

STATES = frozenset({State.NEW, State.STARTING, State.ACCEPTED, State.DONE, State.FAILED, State.REPLACED})

_DEEPEST = 100  # levels of a stored record
_LARGEST = 2**63  # whole numbers beyond this are not stored
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "number": int,
    "key": str,
    "workflow": str,
    "state": str,
    "attempts": int,
    "marker": (str, type(None)),
    "sent": float,
    "reserved": float,
    "coins": float,
}


def values_of(entry: Entry) -> dict[str, Any]:
    """The values of an entry's columns, as they are stored."""
    return {
        "number": entry.number,
        "key": entry.key,
        "workflow": entry.workflow,
        "state": entry.state,
        "attempts": entry.attempts,
        "marker": entry.marker,
        "sent": float(entry.sent),
        "reserved": float(entry.reserved),
        "coins": float(entry.coins),
        "records": dump(list(entry.records)),
        "error": None if entry.error is None else dump(entry.error),
        "files": None if entry.files is None else dump(list(entry.files)),
        "digest": entry.digest,
        "path_digest": entry.path_digest,
        "asked": entry.asked,
    }


def read_entry(row: Mapping[str, Any]) -> Entry:
    """Read an entry from the values of its columns.

    Raises:
        JournalError: a value is not one that a journal writes.
    """
    key = row["key"]
    for name, kind in _TYPES.items():
        if not isinstance(row[name], kind):
            raise damaged_entry(key, f"{name} is {row[name]!r}")
    if row["state"] not in STATES:
        raise damaged_entry(key, f"its state {row['state']!r} is not known")

    return Entry(
        number=row["number"],
        key=key,
        workflow=row["workflow"],
        state=row["state"],
        attempts=row["attempts"],
        marker=row["marker"],
        sent=row["sent"],
        reserved=row["reserved"],
        coins=row["coins"],
        records=_load(key, row["records"], list, Mapping) or [],
        error=_load(key, row["error"], dict),
        files=_load(key, row["files"], list, Mapping),
        digest=row["digest"],
        path_digest=row["path_digest"],
        asked=row["asked"],
    )


def storable(value: Any, depth: int = 0) -> Any:
    """A value as it is stored: odd numbers from the service become None, which means unknown."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if -_LARGEST <= value < _LARGEST else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None

    if depth >= _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {str(key): storable(member, depth + 1) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item, depth + 1) for item in value]
    return None


def dump(value: Any) -> str:
    """A value as JSON."""
    # Escaped as ASCII, so that a lone surrogate can be written too.
    return json.dumps(storable(value))


def _load(key: Any, text: Any, kind: type[list[Any]] | type[dict[str, Any]], item: type = object) -> Any:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError) as problem:
        raise damaged_entry(key, str(problem)) from None
    if not isinstance(value, kind) or not all(isinstance(one, item) for one in value):
        raise damaged_entry(key, "a value has a wrong type")
    return value


def damaged_entry(key: Any, problem: str) -> JournalError:
    """The error of an entry that cannot be read."""
    return JournalError(f"the journal is damaged: the entry of {key!r}: {problem}")
