"""Kit for the tests of codegen: small documents, repositories made of them, and generated modules."""

from __future__ import annotations

import copy
import functools
import json
import sys
import types
from collections.abc import Collection
from pathlib import Path
from typing import Any

from codegen.build import Layout, Prepared, build, prepare
from codegen.document import overlay as overlays
from codegen.document.repair import repair
from codegen.document.tree import read
from codegen.generate import generate

Document = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = Layout(ROOT)

TOKEN: list[dict[str, list[str]]] = [{"bearerAuth": []}]


def operation(**members: Any) -> Document:
    """An operation that replies with an object of any shape."""
    return {
        "summary": "Do it",
        "tags": ["Things"],
        "security": TOKEN,
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}
        },
        **members,
    }


def body(schema: Document) -> Document:
    """A required JSON body."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def fields(required: list[str] | None = None, **properties: Document) -> Document:
    """A body with these members."""
    schema: Document = {"type": "object", "properties": properties}
    return body({**schema, "required": required} if required else schema)


def id_parameter(name: str = "_id") -> Document:
    """A path parameter."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def document(paths: Document | None = None, **members: Any) -> Document:
    """A sound OpenAPI 3.0 document with one family, or these paths instead."""
    made: Document = {
        "openapi": "3.0.0",
        "info": {"title": "A2E", "version": "1"},
        "servers": [{"url": "https://video.a2e.ai"}],
        "tags": [{"name": "Things", "description": "Things to make."}],
        "components": {
            "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
            "schemas": {},
        },
        "paths": family("userNewThing") if paths is None else paths,
        **members,
    }

    return copy.deepcopy(made)


def family(name: str, detail: str = "{_id}") -> Document:
    """A whole workflow: start, list, detail, batch, delete."""
    key = detail[detail.index("{") + 1 : -1]

    return {
        f"/api/v1/{name}/start": {
            "post": operation(
                requestBody=fields(
                    ["prompt"],
                    name={"type": "string"},
                    prompt={"type": "string", "description": "what to make"},
                    image_url={"type": "string"},
                )
            )
        },
        f"/api/v1/{name}/allRecords": {
            "get": operation(
                parameters=[
                    {"name": "pageNum", "in": "query", "schema": {"type": "integer", "default": 1}},
                    {"name": "pageSize", "in": "query", "schema": {"type": "integer", "default": 10}},
                ]
            )
        },
        f"/api/v1/{name}/batchDetail": {
            "post": operation(requestBody=fields(["ids"], ids={"type": "array", "items": {"type": "string"}}))
        },
        f"/api/v1/{name}/{detail}": {
            "get": operation(parameters=[id_parameter(key)]),
            "delete": operation(parameters=[id_parameter(key)]),
        },
    }


def save(path: Path, content: Document) -> Path:
    """Write a document as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def overlay(*actions: Document) -> Document:
    """An overlay of these actions."""
    return {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": list(actions)}


HARMLESS: Document = {"target": "$.info", "update": {"x-touched": True}}


def layout(root: Path, content: Document, *actions: Document) -> Layout:
    """A small repository that has not been built: upstream's document, an overlay and a version."""
    made = Layout(root)
    save(made.upstream, content)
    save(made.overlay, overlay(HARMLESS, *actions))  # JSON is YAML
    (root / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    return made


_BUILT: dict[str, dict[Path, bytes]] = {}
"""Documents and actions as JSON -> the files of the repository that was built of them."""


def built(root: Path, content: Document, *actions: Document) -> Layout:
    """A small repository, up to date. Each is built once a process, and copied for the next test."""
    made, key = layout(root, content, *actions), json.dumps([content, actions])
    if key not in _BUILT:
        build(made)
        _BUILT[key] = {
            path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()
        }

    for path, kept in _BUILT[key].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(kept)
    return made


def modules(root: Path, content: Document, *actions: Document) -> dict[str, str]:
    """The texts of the generated modules by file name. Nothing else is made of the document."""
    made = layout(root, content, *actions)
    return generate(prepare(read(made.upstream), made.overlay, str(made.upstream)).document)[1]


@functools.cache
def real_repaired() -> Document:
    """The real document, repaired. It is shared, so it must not be changed."""
    return repair(read(REPOSITORY.upstream))[0]


@functools.cache
def real_rules() -> Document:
    """The real overlay. It is shared, so it must not be changed."""
    return overlays.load(REPOSITORY.overlay)


@functools.cache
def real_prepared() -> Prepared:
    """The real document, prepared. It is shared, so it must not be changed."""
    return prepare(read(REPOSITORY.upstream), REPOSITORY.overlay, "upstream")


def part_of_upstream(segments: Collection[str]) -> Document:
    """The real document with some of its families, by the segment of their paths."""
    made = read(REPOSITORY.upstream)
    made["paths"] = {path: item for path, item in made["paths"].items() if segment(path) in segments}
    return made


def real_segments() -> list[str]:
    """The segments that name the families of the real document."""
    return sorted({segment(path) for path in read(REPOSITORY.upstream)["paths"]})


def segment(path: str) -> str:
    """The part of a path that names its family."""
    return path.split("/")[3]


def import_text(source: str, name: str) -> Any:
    """A generated module, loaded from its text."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"{name}.py", "exec"), vars(module))
    return module
