"""Documents to compare: parts of the real one, changed at random.

The real document is parsed once. Its parts are only rendered.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from codegen.document.complete import complete
from codegen.document.tree import SpecError, read
from codegen.document.validation import check_kind, validate
from codegen.generate import ResourceProject
from codegen.interface.model import Interface
from codegen.interface.naming import resource_name
from tests.codegen.documents import ROOT
from tests.codegen.fingerprint import fingerprint

Document = dict[str, Any]
Step = str | int

WORDS = ("description", "summary", "title", "example", "externalDocs")


@functools.cache
def real_document() -> Document:
    """openapi/a2e.json without descriptions."""
    document = read(ROOT / "openapi" / "a2e.json")
    kept = {key: document[key] for key in ("openapi", "info", "paths", "components")}
    return {**kept, **_stripped({key: kept[key] for key in ("paths", "components")})}


def _stripped(value: Any) -> Any:
    if isinstance(value, list):
        return [_stripped(one) for one in value]
    if not isinstance(value, dict):
        return value

    kept = {}
    for key, inner in value.items():
        if key == "responses":
            kept[key] = {status: {**_stripped(reply), "description": "OK"} for status, reply in inner.items()}
        elif key not in WORDS or isinstance(inner, dict):
            kept[key] = _stripped(inner)
    return kept


def resources() -> list[str]:
    """The names of the real document's resources."""
    return sorted({resource_name(path) for path in real_document()["paths"]})


@functools.cache
def starts() -> dict[str, str]:
    """The paths of starts that declare a body, and their resources."""
    paths = real_document()["paths"]
    return {
        path: resource_name(path)
        for path, item in paths.items()
        if path.endswith("/start") and "application/json" in item["post"]["requestBody"]["content"]
    }


def part(wanted: set[str]) -> Document:
    """The real document with these resources only, and the components that they need."""
    whole = real_document()
    paths = {path: item for path, item in whole["paths"].items() if resource_name(path) in wanted}

    schemas: Document = {"TaskRecord": whole["components"]["schemas"]["TaskRecord"]}
    left: list[Any] = [paths, *schemas.values()]
    while left:
        for ref in _refs(left.pop()):
            name = ref.rsplit("/", 1)[1]
            if name not in schemas:
                schemas[name] = whole["components"]["schemas"][name]
                left.append(schemas[name])

    components = {**whole["components"], "schemas": schemas}
    return copy.deepcopy({**whole, "paths": paths, "components": components})


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _refs(inner)


def places(value: Any, *steps: Step) -> Iterator[tuple[Step, ...]]:
    """Every place below the paths and schemas of a document."""
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, inner in items:
        yield (*steps, step)
        yield from places(inner, *steps, step)


def generated(document: Document) -> tuple[Interface, Any] | None:
    """The interface and the fingerprint of the modules; None where the document cannot be used."""
    try:
        check_kind(document, "mutated")
        validate(document, "mutated")
        complete(document)
        project = ResourceProject(document)
        interface = project.interface()
    except SpecError:
        return None

    return interface, fingerprint(project.render(interface))


@functools.cache
def _real_project() -> tuple[ResourceProject, Interface]:
    project = ResourceProject(real_document())
    return project, project.interface()


@functools.cache
def real(*names: str) -> tuple[Interface, Any]:
    """The interface of some of the real resources, and the fingerprint of their modules."""
    project, whole = _real_project()
    interface = Interface(tuple(one for one in whole.modules if one.resource in names))
    return interface, fingerprint(project.render(interface))


NAMES = ("name", "prompt", "image_url", "ids", "_id", "pageSize", "data", "rows", "mode", "aB", "x2y", "from")
SCHEMAS: tuple[Document, ...] = (
    {"type": "string"}, {"type": "integer", "minimum": 1}, {"type": "number"}, {"type": "object"}, {},
    {"type": "string", "enum": ["a", "b"]}, {"type": "integer", "enum": [1, 2]}, {"type": "boolean"},
    {"type": "array", "items": {"type": "string"}},
    {"type": "array", "items": {"type": "integer", "maximum": 3}},
    {"type": "object", "properties": {"inner": {"type": "string"}}, "required": ["inner"]},
    {"type": "string", "format": "date-time"}, {"oneOf": [{"type": "string"}, {"type": "integer"}]},
)  # fmt: skip
MEMBERS: tuple[tuple[str, Any], ...] = (
    ("minimum", 1), ("maximum", 50), ("minLength", 2), ("maxLength", 9), ("minItems", 1), ("maxItems", 3),
    ("pattern", "^a"), ("default", 5), ("default", "a"), ("default", True), ("enum", ["a", "b"]),
    ("enum", [1, 2]), ("deprecated", True), ("nullable", True), ("x-a2e-media", True), ("x-a2e-media", False),
    ("type", "string"), ("format", "uri"), ("items", {"type": "integer"}),
    ("oneOf", [{"minimum": 3}, {"enum": [-1]}]),
)  # fmt: skip
EXTENSIONS: tuple[tuple[str, Any], ...] = (
    ("x-a2e-start", True), ("x-a2e-start", False), ("x-a2e-open-body", True),
    ("x-a2e-any-of", [["name", "prompt"]]), ("x-a2e-exclusive", [["prompt", "name"]]),
    ("x-a2e-needs", [{"when": {"name": "*"}, "all": ["prompt"]}]),
    ("x-a2e-needs", [{"when": {"name": [None, "x"]}, "any": ["prompt"]}]),
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, document: Document) -> Document:
    """The document with one to three random changes of its declarations. It may be invalid then."""
    made = copy.deepcopy(document)

    for _ in range(draw(st.integers(1, 3))):
        below = draw(st.sampled_from(("paths", "paths", "components")))
        found = [place for place in places(made[below], below) if _mutator(place)]
        if not found:
            continue

        steps = draw(st.sampled_from(found))
        holder: Any = made
        for step in steps[:-1]:
            holder = holder[step]
        mutator = _mutator(steps)
        assert mutator is not None
        mutator(draw, holder, steps[-1])

    return made


def _mutator(steps: tuple[Step, ...]) -> Any:
    """The function that can change a place, None if it stays as it is."""
    last, before = steps[-1], steps[-2]

    if before == "properties" or last in ("schema", "items") or (before, len(steps)) == ("schemas", 3):
        return _mutate_schema
    if isinstance(last, int) and before in ("required", "enum", "parameters", "x-a2e-any-of", "x-a2e-needs"):
        return _mutate_list

    if steps[0] == "paths" and len(steps) == 2:
        return _mutate_path
    if steps[0] == "paths" and len(steps) == 3:
        return _mutate_operation

    if last in ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "default", "name"):
        return _mutate_scalar
    return None


def _mutate_schema(draw: st.DrawFn, holder: Any, name: Any) -> None:
    schema = holder[name]
    if not isinstance(schema, dict):
        return

    kind = draw(
        st.sampled_from(("member", "member", "lose", "remove", "replace", "rename", "copy", "require"))
    )

    if kind == "member":
        key, value = draw(st.sampled_from(MEMBERS))
        schema[key] = copy.deepcopy(value)
    elif kind == "lose" and schema:
        del schema[draw(st.sampled_from(sorted(schema)))]
    elif kind == "remove" and name not in ("schema", "items"):
        del holder[name]
    elif kind == "rename" and name not in ("schema", "items"):
        holder[draw(st.sampled_from((*NAMES, f"{name}s")))] = holder.pop(name)
    elif kind == "copy" and name not in ("schema", "items"):
        holder[draw(st.sampled_from((*NAMES, f"{name}2")))] = copy.deepcopy(schema)
    elif kind == "require" and schema.get("properties"):
        wanted = draw(st.sets(st.sampled_from(sorted(schema["properties"])), max_size=3))
        schema.pop("required", None)
        schema.update({"required": sorted(wanted)} if wanted else {})
    else:
        holder[name] = copy.deepcopy(draw(st.sampled_from(SCHEMAS)))


def _mutate_list(draw: st.DrawFn, holder: Any, index: Any) -> None:
    kind = draw(st.sampled_from(("remove", "reverse", "add")))
    if kind == "remove":
        del holder[index]
    elif kind == "reverse":
        holder.reverse()
    elif isinstance(holder[index], dict):
        holder.append({**copy.deepcopy(holder[index]), "name": draw(st.sampled_from(NAMES))})
    elif isinstance(holder[index], str):
        holder.append(draw(st.sampled_from(NAMES)))
    elif isinstance(holder[index], int):
        holder.append(99)


def _mutate_path(draw: st.DrawFn, holder: Any, path: Any) -> None:
    kind = draw(st.sampled_from(("remove", "rename", "copy")))
    new = draw(
        st.sampled_from((f"{path}s", f"{path}/more", path.replace("start", "add"), path.replace("_id", "id")))
    )

    if kind != "copy":
        item = holder.pop(path)
    else:
        item = copy.deepcopy(holder[path])
        for operation in item.values():
            operation.pop("operationId", None)

    if kind != "remove":
        holder[new] = item


def _mutate_operation(draw: st.DrawFn, holder: Any, method: Any) -> None:
    operation = holder[method]
    kind = draw(st.sampled_from(("extension", "body", "reply", "method", "open")))

    if kind == "extension":
        key, value = draw(st.sampled_from(EXTENSIONS))
        operation[key] = copy.deepcopy(value)
    elif kind == "body":
        schema = draw(st.sampled_from(SCHEMAS))
        operation["requestBody"] = {"content": {"application/json": {"schema": {**schema, "type": "object"}}}}
    elif kind == "reply":
        data = {"type": "object", "properties": {"data": draw(st.sampled_from(SCHEMAS))}}
        kinds = draw(st.sampled_from((("application/json",), ("application/json", "text/event-stream"))))
        content = {one: {"schema": copy.deepcopy(data)} for one in kinds}
        operation["responses"]["200"] = {"description": "OK", "content": content}
    elif kind == "method":
        other = draw(st.sampled_from(("get", "post", "put", "delete")))
        holder[other] = holder.pop(method)
    else:
        operation.pop("requestBody", None)


def _mutate_scalar(draw: st.DrawFn, holder: Any, name: Any) -> None:
    value = holder[name]
    if isinstance(value, bool) or value is None:
        holder[name] = not value
    elif isinstance(value, int | float):
        holder[name] = value + draw(st.sampled_from((-1, 1, 10)))
    elif isinstance(value, str):
        holder[name] = draw(st.sampled_from((*NAMES, f"{value}s", value.upper())))
