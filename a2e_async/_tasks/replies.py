"""Find the task records in a reply: each family wraps them in its own way. No I/O.

An id is accepted wherever a family may put it, but never guessed: an error text, a count or the id of a user
is not the id of a task. A start whose reply names no id is searched for, so a doubtful id is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from a2e_async.records import JSONObject, task_id_of, task_ids_of, task_status_of

__all__ = ["by_id", "listed_in", "records_in", "tasks_in"]

_WRAPPERS = ("task", "record", "result", "data", "tasks", "records", "results", "rows", "list", "items")
_ID_LISTS = ("ids", "_ids", "task_ids", "taskIds")
_NEVER_A_NUMBER = frozenset({"result", "results", "record", "records", "rows", "list", "items"})
_LISTS = ("rows", "list", "data", "records", "items", "results", "tasks", "result", "task", "record")
_ID_NAMES = ("_id", "id", "task_id", "taskId")
_DEEPEST = 4  # objects inside each other
_ENVELOPE = frozenset({"code", "success", "data", "message", "msg", "trace_id", "timestamp"})
_NOT_OF_A_RECORD = _ENVELOPE | {"count", "total", *_LISTS}

_NUMBERED = re.compile(r"\d{1,4}")
_BARE_ID = re.compile(r"(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{4,128}")
_NO_ID = re.compile(
    r"err|fail|code|http|status|invalid|nsfw|user|not_|no_|e-?\d{1,5}$|v\d{1,3}$|\d{4}-\d\d-\d\d",
    re.IGNORECASE,
)
_LEAST_NUMBER = 1000  # a smaller number without a name may be a count
_OF_A_USER = frozenset({"email", "username", "user_name", "nickname", "diamonds"})


def tasks_in(data: Any) -> Sequence[JSONObject]:
    """Return the tasks in the reply to a start or a detail request; several if the start made several.

    Objects without an id are ignored: the service sends them when it refuses a start without an error.

    Args:
        data: the reply's data; the whole envelope is read too.
    """
    found: dict[str, JSONObject] = {}
    for task in _tasks_in(data, _DEEPEST):
        found.setdefault(str(task_id_of(task)), task)
    return list(found.values())


def _tasks_in(data: Any, depth: int) -> Iterator[JSONObject]:
    if isinstance(data, list):
        for item in data:
            yield from _tasks_in(item, depth - 1) if depth else ()

    elif not isinstance(data, Mapping):
        if _is_bare_id(data):
            yield {"_id": str(data)}

    elif not depth or data.keys() & _OF_A_USER:
        return
    elif task_id_of(data) is not None and not _is_envelope(data):
        if _is_id(task_id_of(data)):
            yield data
    else:
        yield from _wrapped_tasks(data, depth - 1)


def _wrapped_tasks(data: JSONObject, depth: int) -> Iterator[JSONObject]:
    """The tasks inside an object that is no task, or in an envelope."""
    numbered = [key for key in data if _NUMBERED.fullmatch(key)]
    for key in (*_WRAPPERS, *_ID_LISTS, *numbered):
        value = data.get(key)
        counts = type(value) is int and key in _NEVER_A_NUMBER
        tasks = list(_tasks_in(value, depth)) if value and not counts else []
        if key in numbered or tasks:
            yield from tasks
        if key not in numbered and tasks:
            return
    if not numbered and _is_id(task_id_of(data)):
        yield {key: value for key, value in data.items() if key not in _ENVELOPE}


def _is_envelope(data: JSONObject) -> bool:
    return ("code" in data or "success" in data) and ("data" in data or "message" in data or "msg" in data)


def _is_id(task_id: str | None) -> bool:
    """Whether the text under the key of an id can be one: a text with spaces is an explanation."""
    return task_id is not None and len(task_id) <= 256 and not re.search(r"\s", task_id)


def _is_bare_id(value: Any) -> bool:
    """Whether a value that has no key of its own is an id."""
    if isinstance(value, str):
        return _BARE_ID.fullmatch(value) is not None and _NO_ID.match(value) is None
    return type(value) is int and value >= _LEAST_NUMBER


def records_in(data: Any) -> Sequence[JSONObject]:
    """Return the records in a reply: a list, bare or wrapped, one record, or records by their ids."""
    return list(_records_in(data, _DEEPEST))


def listed_in(data: Any) -> Sequence[JSONObject]:
    """Return the records in the reply to a list request, which may name the list in its own way."""
    records = records_in(data)
    if any(task_id_of(record) is not None for record in records):
        return records
    return list(_named_otherwise(data, _DEEPEST)) or records


def _named_otherwise(data: Any, depth: int) -> Iterator[JSONObject]:
    """The records of the only list with ids, wherever it is."""
    if not isinstance(data, Mapping) or not depth:
        return
    lists = [value for value in data.values() if isinstance(value, list)]
    filled = [found for rows in lists if any(map(task_id_of, found := list(_records_in(rows, 1))))]
    if len(filled) == 1:
        yield from filled[0]
    elif not filled:
        for value in data.values():
            yield from _named_otherwise(value, depth - 1)


def _records_in(data: Any, depth: int) -> Iterator[JSONObject]:
    if isinstance(data, list):
        yield from (_unwrapped(row) for row in data if isinstance(row, Mapping))
        return
    if not isinstance(data, Mapping) or not depth:
        return
    if task_id_of(data) is not None and not _is_envelope(data):
        yield data
        return

    wrapped = next((data[key] for key in _LISTS if isinstance(data.get(key), list | Mapping)), None)
    if wrapped is not None:
        yield from _records_in(wrapped, depth - 1)
    else:
        yield from _records_by_key(data)


def _unwrapped(row: JSONObject) -> JSONObject:
    """The record that an element of a list is, or that it has as its only object: ``{"task": {…}}``."""
    if task_id_of(row) is None and len(row) == 1:
        (value,) = row.values()
        if isinstance(value, Mapping) and task_id_of(value) is not None:
            return value
    return row


def _records_by_key(data: JSONObject) -> Iterator[JSONObject]:
    """The records of an object whose keys are their ids or numbers, or the object itself if it has none."""
    rows = {key: value for key, value in data.items() if isinstance(value, Mapping)}
    if task_status_of(data) or not (rows or data.keys() <= _NOT_OF_A_RECORD):
        yield data
        return
    for key, row in rows.items():
        yield row if task_id_of(row) is not None or not _is_bare_id(key) else {"_id": key, **row}


def by_id(records: Sequence[JSONObject]) -> Mapping[str, JSONObject]:
    """Index records by their task ids; those without one are left out.

    A record with two ids is found by either: a start may have named the task by the second one.
    """
    found = {task_id: record for record in records if (task_id := task_id_of(record)) is not None}
    for record in records:
        if sum(key in record for key in _ID_NAMES) > 1:
            for other in task_ids_of(record):
                found.setdefault(other, record)
    return found
