"""Find the task records in a reply: each family wraps them in its own way. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from a2e_async._spec.operation import rows_of
from a2e_async.records import JSONObject, task_id_of

__all__ = ["by_id", "records_in", "tasks_in"]


def tasks_in(data: Any) -> Sequence[JSONObject]:
    """Return the tasks in the reply to a start: one object, or a list if the start made several.

    Objects without an id are ignored: the service sends them when it refuses a start without an error.
    """
    items = data if isinstance(data, list) else [data]
    if isinstance(data, Mapping) and task_id_of(data) is None:
        wrapped = next((data[key] for key in ("rows", "list", "data", "record") if data.get(key)), None)
        items = wrapped if isinstance(wrapped, list) else [wrapped]
    return [item for item in items if isinstance(item, Mapping) and task_id_of(item)]


def records_in(data: Any) -> Sequence[JSONObject]:
    """Return the records in a reply: a list, bare or wrapped, one record, or records by their ids."""
    try:
        rows = rows_of(data)
    except TypeError:
        rows = [data]
        if isinstance(data, Mapping) and task_id_of(data) is None:
            rows = list(data.values())
    return [row for row in rows if isinstance(row, Mapping)]


def by_id(records: Sequence[JSONObject]) -> Mapping[str, JSONObject]:
    """Index records by their task id; those without one are left out."""
    return {task_id: record for record in records if (task_id := task_id_of(record)) is not None}
