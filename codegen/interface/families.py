"""The document's operations as users see them: resources, their methods, and workflows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import attrs

from codegen.document.content import body_content
from codegen.document.merging import merged, merged_properties
from codegen.document.parameters import parameters_of
from codegen.document.tree import Document, OperationRef, SpecError, operations
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
    endpoints = _told_apart([_endpoint(resource, ref, refs) for ref in refs])
    get, get_key = _find_get(document, endpoints)

    # A name such as "add" starts tasks only where tasks can be read back and looked over.
    strong = [one for one in endpoints if _is_strong_start(one)]
    weak = [one for one in endpoints if _is_weak_start(one)] if get and _has_overview(endpoints) else []
    flagged = [one for one in endpoints if one.operation.get("x-a2e-start") is True]
    ranked = [
        one
        for one in sorted([*strong, *weak, *flagged], key=_start_rank)
        if one.operation.get("x-a2e-start") is not False and _makes_jobs(document, one)
    ]
    start = ranked[0] if ranked else None

    family = Family(
        resource,
        endpoints,
        start=start,
        extra_starts=tuple(one for one in flagged if one is not start and _makes_jobs(document, one)),
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
    if ref.method in ("put", "patch", "delete") and tail and not naming.is_parameter(tail[-1]):
        others = {other.method for other in refs if other.path == ref.path} - {ref.method}
        verb = (
            "update" if ref.method == "put" or (ref.method == "patch" and "put" not in others) else ref.method
        )
        name = f"{verb}_{name}" if others else name
    return Endpoint(ref, resource, name, tail)


def _told_apart(endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """The endpoints with names that differ: ``GET /novas`` is a list beside ``GET /novas/{id}``."""
    named = list(endpoints)
    taken = {one.method_name for one in named}

    # "records" beside "list" keeps its own word.
    for index, one in enumerate(named):
        own = naming.literal_name(one.ref.path)
        alone = sum(other.method_name == one.method_name for other in named) == 1
        if not alone and own and own not in taken and one.tail and one.tail[-1] not in LIST_NAMES[:2]:
            named[index] = attrs.evolve(one, method_name=own)
            taken.add(own)

    for index, one in enumerate(named):
        rivals = [other for other in named if other.method_name == one.method_name and other is not one]
        if not rivals or len(one.tail) > min(len(other.tail) for other in rivals):
            continue
        if one.tail and naming.is_parameter(one.tail[-1]) and all(one.tail != other.tail for other in rivals):
            continue
        if any(len(other.tail) == len(one.tail) for other in rivals):
            # Of two equal paths, such as PUT and PATCH, the one that is not named by rule gives way.
            options = [one.ref.method] if one.ref.method in ("patch", "head", "options", "trace") else []
        elif one.ref.method == "get":
            options = ["list", "get_all"] if not one.tail else [f"{one.method_name}_list"]
        else:
            options = [one.ref.method, f"{one.method_name}_all"]
        name = next((name for name in options if name not in taken), None)
        if name is not None:
            named[index] = attrs.evolve(one, method_name=name)
            taken.add(name)

    return tuple(_numbered(_by_parameters(named)))


def _by_parameters(endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """Endpoints of one name that differ in the parameters of their paths are named after these."""
    found: list[Endpoint] = []

    for one in endpoints:
        rivals = [other for other in endpoints if other.method_name == one.method_name and other is not one]
        shorter = [other for other in rivals if len(other.tail) < len(one.tail)]
        last = [part for part in one.tail if naming.is_parameter(part)][-1:]
        if shorter and last:
            name = f"{one.method_name}_by_{naming.snake(last[0][1:-1])}"
            is_free = all(name != other.method_name for other in endpoints)
            found.append(attrs.evolve(one, method_name=name) if is_free else one)
        else:
            found.append(one)

    return found


def _numbered(endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """Two spellings of one path, as when a rename rolls out, are numbered; a deprecated one gives way."""

    def rank(one: Endpoint) -> tuple[bool, str]:
        return one.operation.get("deprecated") is True, one.ref.path

    taken = {one.method_name for one in endpoints}
    found = list(endpoints)
    for name in sorted(taken):
        same = sorted((one for one in endpoints if one.method_name == name), key=rank)
        spelled = [one for one in same[1:] if one.ref.method == same[0].ref.method]
        for number, one in enumerate(spelled, 2):
            other = f"{name}_{number}"
            if len(spelled) == len(same) - 1 and other not in taken:
                found[found.index(one)] = attrs.evolve(one, method_name=other)
                taken.add(other)
    return found


def _is_plain_post(endpoint: Endpoint) -> bool:
    return endpoint.ref.method == "post" and len(endpoint.tail) == 1 and endpoint.ref.path.find("{") < 0


def _is_strong_start(endpoint: Endpoint) -> bool:
    return _is_plain_post(endpoint) and re.fullmatch(r"start(?:[A-Z]\w*)?", endpoint.tail[0]) is not None


def _is_weak_start(endpoint: Endpoint) -> bool:
    return _is_plain_post(endpoint) and endpoint.tail[0] in WEAK_STARTS


def _makes_jobs(document: Document, endpoint: Endpoint) -> bool:
    """Whether its body can be that of a Job: a JSON object, or nothing declared."""
    content = body_content(document, endpoint.operation)
    if content is None:
        return True
    whole = merged(document, content.schema)
    kinds = {merged(document, one).keywords.get("type", "object") for group in whole.groups for one in group}
    return content.is_json and whole.keywords.get("type", "object") == "object" and kinds <= {"object"}


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
    parameters = parameters_of(document, endpoint.ref)
    required = [name for (place, name), one in parameters.items() if place == "query" and one.get("required")]
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
    content = body_content(document, endpoint.operation)
    properties, required = merged_properties(document, content.schema if content else None)
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
