"""The document's operations as users see them: resources, their methods, and workflows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import attrs

from codegen.document.tree import (
    Document,
    OperationRef,
    SpecError,
    json_schema,
    merged_properties,
    operations,
    resolve,
)
from codegen.interface import naming

__all__ = ["Endpoint", "Family", "families", "family_of"]

LIST_NAMES = ("allRecords", "list", "records")
WEAK_STARTS = ("add", "generate", "training")
DELETE_NAMES = ("del", "remove", "delete")


@attrs.frozen
class Endpoint:
    """One operation as a method of a resource."""

    ref: OperationRef
    resource: str
    method_name: str
    tail: tuple[str, ...]
    """The path's segments after the resource's own."""

    @property
    def operation(self) -> Document:
        """The operation object."""
        return self.ref.operation

    @property
    def id_parameter(self) -> str | None:
        """The one path parameter, if it is the last segment."""
        last = self.tail[-1] if self.tail else ""
        others = [part for part in self.tail[:-1] if naming.is_parameter(part)]
        return last[1:-1] if naming.is_parameter(last) and not others else None


@attrs.frozen
class Family:
    """A resource, with the routes of a workflow if it can start tasks."""

    resource: str
    endpoints: tuple[Endpoint, ...]
    start: Endpoint | None = None
    extra_starts: tuple[Endpoint, ...] = ()
    get: Endpoint | None = None
    get_key: str | None = None
    """The parameter of ``get`` that takes the task's id."""
    batch_detail: Endpoint | None = None
    list: Endpoint | None = None
    delete: Endpoint | None = None

    @property
    def class_name(self) -> str:
        """The class of the resource."""
        return naming.class_name(self.resource)

    def is_start(self, endpoint: Endpoint) -> bool:
        """Whether a call of this endpoint returns a Job."""
        return endpoint is self.start or endpoint in self.extra_starts


def families(document: Document) -> dict[str, Family]:
    """All resources by name, sorted.

    Raises:
        SpecError: two operations or two first segments get the same name.
    """
    grouped: dict[str, list[OperationRef]] = {}
    segments: dict[str, tuple[str, OperationRef]] = {}

    for ref in operations(document):
        resource = naming.resource_name(ref.path)
        first = (naming.path_segments(ref.path) or [""])[0]
        if (first, *naming.path_segments(ref.path)[1:2]) not in naming.MOVED:
            other, where = segments.setdefault(resource, (first, ref))
            if other != first:
                raise SpecError(f"{where.place} and {ref.place} would both belong to a2e.{resource}")
        grouped.setdefault(resource, []).append(ref)

    return {name: family_of(document, name, grouped[name]) for name in sorted(grouped)}


def family_of(document: Document, resource: str, refs: Sequence[OperationRef]) -> Family:
    """Name the methods of one resource and find its workflow routes."""
    endpoints = tuple(_endpoint(resource, ref, refs) for ref in refs)
    get, get_key = _find_get(document, endpoints)

    # A name such as "add" starts tasks only where tasks can be read back and looked over.
    strong = [one for one in endpoints if _is_strong_start(one)]
    weak = [one for one in endpoints if _is_weak_start(one)] if get and _has_overview(endpoints) else []
    flagged = [one for one in endpoints if one.operation.get("x-a2e-start") is True]
    ranked = [
        one
        for one in sorted([*strong, *weak, *flagged], key=_start_rank)
        if one.operation.get("x-a2e-start") is not False
    ]
    start = ranked[0] if ranked else None

    family = Family(
        resource,
        endpoints,
        start=start,
        extra_starts=tuple(one for one in flagged if one is not start),
        get=get,
        get_key=get_key,
        batch_detail=_first(endpoints, lambda one: one.ref.method == "post" and one.tail == ("batchDetail",)),
        list=_find_list(endpoints, start),
        delete=_find_delete(document, endpoints),
    )
    _refuse_collisions(family)
    return family


def _endpoint(resource: str, ref: OperationRef, refs: Sequence[OperationRef]) -> Endpoint:
    name = naming.method_name(ref.method, ref.path)
    tail = tuple(naming.path_segments(ref.path)[1:])
    if ref.method == "post" and any(other.path == ref.path and other.method == "get" for other in refs):
        name = name if name == "post" else f"post_{name}"
    return Endpoint(ref, resource, name, tail)


def _is_plain_post(endpoint: Endpoint) -> bool:
    return endpoint.ref.method == "post" and len(endpoint.tail) == 1 and endpoint.ref.path.find("{") < 0


def _is_strong_start(endpoint: Endpoint) -> bool:
    return _is_plain_post(endpoint) and re.fullmatch(r"start(?:[A-Z]\w*)?", endpoint.tail[0]) is not None


def _is_weak_start(endpoint: Endpoint) -> bool:
    return _is_plain_post(endpoint) and endpoint.tail[0] in WEAK_STARTS


def _start_rank(endpoint: Endpoint) -> int:
    if endpoint.tail == ("start",):
        return 0
    return 1 if _is_strong_start(endpoint) else 2 if _is_weak_start(endpoint) else 3


def _has_overview(endpoints: Sequence[Endpoint]) -> bool:
    """Whether there is a route that lists tasks or reads several together."""
    return any(
        len(one.tail) == 1
        and (
            one.tail[0] in (*LIST_NAMES, "batchDetail", "status")
            or one.tail[0].endswith(("Record", "Records"))
        )
        for one in endpoints
    )


def _find_get(document: Document, endpoints: Sequence[Endpoint]) -> tuple[Endpoint | None, str | None]:
    """The operation that reads one task, and its parameter for the task's id."""
    gets = [one for one in endpoints if one.ref.method == "get"]

    for one in gets:
        if one.id_parameter and one.tail[:-1] in ((), ("detail",)):
            return one, one.id_parameter

    for tail in (("detail",), ("status",)):
        for one in gets:
            key = _required_id_query(document, one) if one.tail == tail else None
            if key:
                return one, key

    return None, None


def _required_id_query(document: Document, endpoint: Endpoint) -> str | None:
    parameters = [resolve(document, one) for one in endpoint.operation.get("parameters", [])]
    required = [one["name"] for one in parameters if one.get("in") == "query" and one.get("required")]
    return required[0] if len(required) == 1 and naming.is_id(required[0]) else None


def _find_list(endpoints: Sequence[Endpoint], start: Endpoint | None) -> Endpoint | None:
    gets = [one for one in endpoints if one.ref.method == "get" and len(one.tail) == 1]
    for name in LIST_NAMES:
        for one in gets:
            if one.tail[0] == name:
                return one

    stem = start.tail[0] if start else ""
    return _first(gets, lambda one: one.tail[0] in (f"{stem}Record", f"{stem}Records"))


def _find_delete(document: Document, endpoints: Sequence[Endpoint]) -> Endpoint | None:
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
            _is_plain_post(one)
            and one.tail[0] in DELETE_NAMES
            and [name for name in _required_body(document, one) if naming.is_id(name)] != []
        ),
    )


def _required_body(document: Document, endpoint: Endpoint) -> list[str]:
    schema = json_schema(resolve(document, endpoint.operation.get("requestBody")))
    properties, required = merged_properties(document, schema)
    return [name for name in properties if name in required]


def _first(endpoints: Sequence[Endpoint], wanted: Callable[[Endpoint], bool]) -> Endpoint | None:
    return next((one for one in endpoints if wanted(one)), None)


def _refuse_collisions(family: Family) -> None:
    """Refuse two operations that would get the same method name.

    Raises:
        SpecError: names both.
    """
    seen: dict[str, Endpoint] = {}

    for endpoint in family.endpoints:
        if endpoint is family.start:
            continue

        other = seen.setdefault(endpoint.method_name, endpoint)
        if other is not endpoint:
            raise SpecError(
                f"{endpoint.ref.place} and {other.ref.place} would both be "
                f"a2e.{family.resource}.{endpoint.method_name}()"
            )
