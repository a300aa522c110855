"""The document's operations as users see them: resources, their methods, and workflows."""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from codegen.document.tree import Document, OperationRef, SpecError, operations
from codegen.interface import naming
from codegen.interface.lists import is_list
from codegen.interface.roles import Roles, roles_of

__all__ = ["Endpoint", "Family", "families", "family_of", "resource_names"]

LIST_NAMES = ("allRecords", "list", "records")


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


@attrs.frozen(kw_only=True)
class Family(Roles):
    """A resource, with the routes of a workflow if it can start tasks."""

    resource: str
    endpoints: tuple[Endpoint, ...]

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
        SpecError: two operations of a resource get the same name.
    """
    refs = list(operations(document))
    names = resource_names(refs)
    grouped: dict[str, list[OperationRef]] = {}
    for ref in refs:
        grouped.setdefault(names[ref.path], []).append(ref)

    return {name: family_of(document, name, grouped[name]) for name in sorted(grouped)}


def resource_names(refs: Sequence[OperationRef]) -> dict[str, str]:
    """The resource of each path.

    Two origins may make the same name, such as ``userNova`` and ``nova``, or two versions of one family. The
    one that has the service's usual prefix keeps it, else the first one in the document, and the others are
    numbered.
    """
    origins = _origins(refs)
    rivals: dict[str, dict[tuple[str, str], None]] = {}
    for path, origin in origins.items():
        if origin is not None:
            rivals.setdefault(naming.resource_name(path), {})[origin] = None

    own: dict[tuple[str, str], str] = {}
    for resource, found in sorted(rivals.items()):
        first, *others = sorted(found, key=_standing)
        own[first] = resource
        number = 2
        for origin in others:
            while f"{resource}_{number}" in rivals:
                number += 1
            own[origin] = f"{resource}_{number}"
            number += 1

    return {
        path: naming.resource_name(path) if origin is None else own[origin]
        for path, origin in origins.items()
    }


def _standing(origin: tuple[str, str]) -> tuple[bool, bool, str]:
    segment, version = origin
    return segment not in naming.RESOURCES, not re.match(r"user[A-Z]", segment), version


def _origins(refs: Sequence[OperationRef]) -> dict[str, tuple[str, str] | None]:
    """Each path's first segment, and its version where another one does the same; None if it was moved.

    A version with a whole family of its own, one that acts and reads, is a resource of its own. A version
    that only adds to a family, or replaces a part of it, belongs to it.
    """
    versions: dict[str, dict[str, set[tuple[str, ...]]]] = {}
    places: dict[str, tuple[str, str] | None] = {}

    for ref in refs:
        parts = naming.path_segments(ref.path)
        segment = (parts or [""])[0]
        version = next(iter(re.findall(r"^(?:/api)?/(v[0-9]+)/", ref.path)), "")
        versions.setdefault(segment, {}).setdefault(version, set()).add((ref.method, *parts[1:]))
        places[ref.path] = None if tuple(parts[:2]) in naming.MOVED else (segment, version)

    apart: set[tuple[str, str]] = set()
    for segment, found in versions.items():
        first, *others = sorted(found)
        for version in others:
            shared = {method for method, *_ in found[first] & found[version]}
            if "get" in shared and len(shared) > 1:
                apart.add((segment, version))

    return {
        path: place if place is None or place in apart else (place[0], "") for path, place in places.items()
    }


def family_of(document: Document, resource: str, refs: Sequence[OperationRef]) -> Family:
    """Name the methods of one resource and find its workflow routes."""
    endpoints = _told_apart([_endpoint(resource, ref, refs) for ref in refs])
    if all(one.method_name != "list" for one in endpoints):
        endpoints = tuple(
            attrs.evolve(one, method_name="list")
            if one.ref.method == "get" and not one.tail and is_list(document, one)
            else one
            for one in endpoints
        )
    roles = roles_of(document, endpoints)

    family = Family(resource=resource, endpoints=endpoints, **attrs.asdict(roles, recurse=False))
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
