"""The task records in a reply, wherever a family puts them. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from a2e_async._spec.operation import rows_of
from a2e_async.records import JSONObject, task_id_of

__all__ = ["by_id", "records_in", "tasks_in"]


def tasks_in(data: Any) -> Sequence[JSONObject]:
    """The tasks that a start made: one object, or a list where one start makes several.

    Objects without an id are no tasks: the service answers so when it refuses without an error (H).
    """
    items = data if isinstance(data, list) else [data]
    if isinstance(data, Mapping) and task_id_of(data) is None:
        wrapped = next((data[key] for key in ("rows", "list", "data", "record") if data.get(key)), None)
        items = wrapped if isinstance(wrapped, list) else [wrapped]
    return [item for item in items if isinstance(item, Mapping) and task_id_of(item)]


def records_in(data: Any) -> Sequence[JSONObject]:
    """The records in a reply: a list, bare or wrapped; one record; or records by their ids."""
    try:
        rows = rows_of(data)
    except TypeError:
        rows = [data]
        if isinstance(data, Mapping) and task_id_of(data) is None:
            rows = list(data.values())
    return [row for row in rows if isinstance(row, Mapping)]


def by_id(records: Sequence[JSONObject]) -> Mapping[str, JSONObject]:
    return {task_id: record for record in records if (task_id := task_id_of(record)) is not None}
