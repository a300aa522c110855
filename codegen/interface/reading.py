"""Which operations read, list and delete the tasks of a resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from codegen.document.content import body_content
from codegen.document.merging import merged, merged_properties
from codegen.document.parameters import parameters_of
from codegen.document.tree import Document
from codegen.interface import naming
from codegen.interface.lists import is_list, replies_with_list

if TYPE_CHECKING:
    from codegen.interface.families import Endpoint

__all__ = [
    "LIST_NAMES",
    "find_batch",
    "find_delete",
    "find_get",
    "find_list",
    "reads_batches",
    "required_body",
    "required_id_query",
]

LIST_NAMES = ("allRecords", "list", "records")
_OTHER_LISTS = ("history", "tasks", "jobs", "all", "getList", "get_list", "listAll", "list_all")
_LIKE_A_LIST = re.compile(r"^list|list$|records?$|history|^all", re.IGNORECASE)
_BATCH = re.compile(
    r"(?:get)?batch(?:[_-]?(?:details?|query|get|status|read))?|details|querybatch", re.IGNORECASE
)
_DELETE_NAMES = ("del", "remove", "delete")
_DETAILS = ("detail", "status", "get", "info", "query", "result")
_ID_LISTS = re.compile(r"_?ids|\w+(?:_ids|Ids|IDs)")


def find_get(document: Document, endpoints: Sequence[Endpoint]) -> tuple[Endpoint | None, str | None]:
    """The operation that reads one task, and its parameter for the task's id."""
    gets = [one for one in endpoints if one.ref.method == "get"]

    for tails in (((), ("detail",)), tuple((one,) for one in (*_DETAILS, "task", "tasks", "job", "jobs"))):
        for one in gets:
            if one.id_parameter and one.tail[:-1] in tails:
                return one, one.id_parameter

    for tail in (*((one,) for one in _DETAILS), ()):
        for one in gets:
            key = required_id_query(document, one) if one.tail == tail else None
            if key:
                return one, key

    return None, None


def required_id_query(document: Document, endpoint: Endpoint) -> str | None:
    """The one query parameter that is required, if it takes an id."""
    parameters = parameters_of(document, endpoint.ref)
    required = [name for (place, name), one in parameters.items() if place == "query" and one.get("required")]
    return required[0] if len(required) == 1 and naming.is_id(required[0]) else None


def find_batch(document: Document, endpoints: Sequence[Endpoint]) -> Endpoint | None:
    """The operation that reads several tasks: it takes a list of ids, and needs nothing else."""
    named = [one for one in endpoints if reads_batches(one)]
    usual = [one for one in named if one.tail == ("batchDetail",) and one.ref.method == "post"]
    return _first([*usual, *named], lambda one: _takes_ids(document, one, usual=one in usual))


def reads_batches(endpoint: Endpoint) -> bool:
    """Whether an operation is named as one that reads several tasks."""
    named = len(endpoint.tail) == 1 and endpoint.ref.method in ("post", "get")
    return named and _BATCH.fullmatch(endpoint.tail[0]) is not None


def _takes_ids(document: Document, endpoint: Endpoint, *, usual: bool) -> bool:
    query = {
        name: one
        for (place, name), one in parameters_of(document, endpoint.ref).items()
        if place == "query" and one.get("required")
    }
    content = body_content(document, endpoint.operation)
    whole = merged(document, content.schema if content else None).keywords
    if whole.get("type") == "array":
        return bool(merged(document, whole.get("items")).keywords.get("type", "string") == "string")

    properties, required = merged_properties(document, content.schema if content else None)
    if endpoint.ref.method == "get":
        properties = {name: one.get("schema") for name, one in query.items()}
        required = set(query)

    lists = [
        name
        for name, one in properties.items()
        if merged(document, one).keywords.get("type") == "array" and _ID_LISTS.fullmatch(name)
    ]
    if not properties and usual:
        return True
    return len(lists) == 1 and required <= set(lists) and (endpoint.ref.method == "post" or len(query) == 1)


def find_list(document: Document, endpoints: Sequence[Endpoint], start: Endpoint | None) -> Endpoint | None:
    """The operation that lists tasks."""
    gets = [one for one in endpoints if one.ref.method == "get" and len(one.tail) == 1]
    for name in LIST_NAMES:
        for one in gets:
            if one.tail[0] == name:
                return one

    stem = start.tail[0] if start and start.tail else ""
    found = _first(gets, lambda one: one.tail[0] in (f"{stem}Record", f"{stem}Records"))
    bare = [one for one in endpoints if one.ref.method == "get" and not one.tail]
    found = found or _first(
        bare,
        lambda one: (
            required_id_query(document, one) is None and replies_with_list(document, one) is not False
        ),
    )
    found = found or _first(gets, lambda one: one.tail[0] in _OTHER_LISTS)
    return found or _first(
        gets, lambda one: _LIKE_A_LIST.search(one.tail[0]) is not None and is_list(document, one)
    )


def find_delete(document: Document, endpoints: Sequence[Endpoint]) -> Endpoint | None:
    """The operation that deletes one task: a DELETE, else a POST that is named so."""
    found = _first(
        endpoints,
        lambda one: (
            one.ref.method == "delete"
            and bool(one.id_parameter)
            and one.tail[:-1] in ((), ("delete",), ("detail",))
        ),
    )

    return found or _first(
        endpoints,
        lambda one: (
            one.ref.method == "post"
            and len(one.tail) == 1
            and one.tail[0] in _DELETE_NAMES
            and [name for name in required_body(document, one) if naming.is_id(name)] != []
        ),
    )


def required_body(document: Document, endpoint: Endpoint) -> list[str]:
    """The members that a body needs."""
    content = body_content(document, endpoint.operation)
    properties, required = merged_properties(document, content.schema if content else None)
    return [name for name in properties if name in required]


def _first(endpoints: Sequence[Endpoint], wanted: Callable[[Endpoint], bool]) -> Endpoint | None:
    return next((one for one in endpoints if wanted(one)), None)
