"""Where a reply has what it is about: the data, the task, the list."""

from __future__ import annotations

from typing import Any

from codegen.document.merging import is_open, members_of, merged, merged_properties
from codegen.document.tree import Document

__all__ = ["data_of", "list_in", "task_path"]

_ENVELOPE = frozenset({"code", "success", "message", "msg", "trace_id", "timestamp", "error"})
_OF_A_TASK = frozenset(
    {"_id", "id", "task_id", "taskId", "current_status", "status", "state", "createdAt", "created_at"}
)
_WRAPPERS = ("task", "record", "result", "data", "detail", "info", "item", "job")
_DEEPEST = 4
"""Objects around a task."""
_PREFERRED = ("rows", "list", "data", "records", "items", "results", "tasks")


def data_of(document: Document, schema: Any) -> Any:
    """The schema of what a call gets of a reply: its ``data``, or all of it where there is no envelope.

    None where the reply declares nothing, or nothing but an envelope.
    """
    if schema is None:
        return None
    properties = merged_properties(document, schema)[0]
    if "data" in properties:
        return properties["data"]
    if properties and properties.keys() <= _ENVELOPE:
        return None
    return None if is_open(document, schema) else schema


def task_path(document: Document, data: Any) -> tuple[str, ...]:
    """The members that lead to the task in the data of a reply, such as ``task``; () if it is the task."""
    path: list[str] = []
    while data is not None and len(path) < _DEEPEST:
        properties = merged_properties(document, data)[0]
        if not properties or properties.keys() & _OF_A_TASK:
            return tuple(path)

        objects = [
            key
            for key, schema in properties.items()
            if merged_properties(document, schema)[0] and key in _WRAPPERS
        ]
        if len(objects) != 1:
            return ()
        path.append(objects[0])
        data = properties[objects[0]]
    return ()


def list_in(document: Document, data: Any, depth: int = _DEEPEST) -> tuple[tuple[str, ...], Any] | None:
    """The members that lead to the list in the data of a reply, and the schema of its elements.

    None if there is no list of objects, or if several could be meant.
    """
    whole = merged(document, data)
    if whole.keywords.get("type") == "array":
        items = whole.keywords.get("items")
        return ((), items) if members_of(document, items).properties else None
    if not depth:
        return None

    properties = members_of(document, data).properties
    found = {
        key: items
        for key, schema in properties.items()
        if merged(document, schema).keywords.get("type") == "array"
        and members_of(document, items := merged(document, schema).keywords.get("items")).properties
    }
    for key in _PREFERRED:
        if key in found:
            return (key,), found[key]
    if found:
        return next(((key,), items) for key, items in found.items()) if len(found) == 1 else None

    inner = [
        ((key, *deeper[0]), deeper[1])
        for key, schema in properties.items()
        if merged(document, schema).keywords.get("type") != "array"
        and (deeper := list_in(document, schema, depth - 1)) is not None
    ]
    return inner[0] if len(inner) == 1 else None
