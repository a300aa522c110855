"""Changes of a document, and what `compare` must report for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.changes.compare import Change
from codegen.changes.verdict import verdict
from codegen.document.complete import complete
from codegen.generate import interface_of
from codegen.interface.model import Interface
from tests.codegen.documents import document, family, fields, id_parameter, operation

Document = dict[str, Any]
Entry = tuple[str, str, str, str, str, bool]

KITE = "/api/v1/userKite"
START, LIST, BATCH, DETAIL = (f"{KITE}/{tail}" for tail in ("start", "allRecords", "batchDetail", "{_id}"))


def base() -> Document:
    """A document with one of everything."""
    made = document(family("userKite") | family("userBoat") | {"/api/v1/anchor/voices": {"get": operation()}})

    properties = body_of(made)["properties"]
    properties |= {
        "mode": {"type": "string", "enum": ["low", "high"], "default": "low"},
        "size": {"type": "integer", "minimum": 1, "maximum": 8, "default": 2},
        "urls": {"type": "array", "maxItems": 4, "items": {"type": "string", "maxLength": 99}},
        "frame": {
            "type": "object",
            "properties": {"left": {"type": "number"}, "top": {"type": "number", "maximum": 9}},
            "required": ["left"],
        },
        "anything": {},
    }

    made["paths"][f"{DETAIL}/rename"] = {
        "post": operation(
            parameters=[id_parameter()], requestBody=fields(["title"], title={"type": "string"})
        )
    }
    made["paths"][f"{KITE}/remove"] = {"post": operation(requestBody=fields(["_id"], _id={"type": "string"}))}

    schemas = made["components"]["schemas"]
    schemas["Wind"] = {"type": "object", "properties": {"speed": {"type": "number"}}}
    schemas["KiteRecord"] = {
        "type": "object",
        "properties": {
            "_id": {"type": "string"},
            "result_url": {"type": "string"},
            "wind": {"$ref": "#/components/schemas/Wind"},
        },
    }
    return made


def operation_at(made: Document, path: str, method: str = "post") -> Document:
    found: Document = made["paths"][path][method]
    return found


def body_of(made: Document, path: str = START) -> Document:
    holder = operation_at(made, path)["requestBody"]
    found: Document = holder["content"]["application/json"]["schema"]
    return found


def keyword(made: Document, name: str, path: str = START) -> Document:
    found: Document = body_of(made, path)["properties"][name]
    return found


def reply_with(made: Document, path: str, data: Document, method: str = "post") -> None:
    schema = {"type": "object", "properties": {"data": data}}
    content = operation_at(made, path, method)["responses"]["200"]["content"]
    content["application/json"] = {"schema": schema}


def interface(made: Document) -> Interface:
    complete(made)
    return interface_of(made)


def entries(changes: list[Change]) -> list[Entry]:
    return [(one.owner, one.kind, one.name, one.action, one.fact, verdict(one).breaking) for one in changes]


def keyword_entry(
    name: str, action: str, fact: str = "", *, breaking: bool, owner: str = "__call__"
) -> Entry:
    return owner, "keyword", name, action, fact, breaking


def renamed_property(made: Document, old: str, new: str) -> None:
    schema = body_of(made)
    schema["properties"] = {new if key == old else key: value for key, value in schema["properties"].items()}


def moved(made: Document, old: str, new: str) -> None:
    made["paths"] = {path.replace(old, new): item for path, item in made["paths"].items()}


Mutation = Callable[[Document], Any]
CASES: dict[str, tuple[Mutation, list[Entry]]] = {
    "nothing": (lambda d: None, []),
    "other words": (lambda d: operation_at(d, START).update(summary="Other", description="words"), []),
    "words of a keyword": (lambda d: keyword(d, "prompt").update(description="Another text."), []),
    "another order of keywords": (
        lambda d: body_of(d).update(properties=dict(reversed(body_of(d)["properties"].items()))),
        [],
    ),
    "another order of choices": (lambda d: keyword(d, "mode")["enum"].reverse(), []),
    "another order of paths": (lambda d: d.update(paths=dict(reversed(d["paths"].items()))), []),
    "an example": (lambda d: keyword(d, "prompt").update(example="a kite"), []),
    "a new optional keyword": (
        lambda d: body_of(d)["properties"].update(colour={"type": "string"}),
        [keyword_entry("colour", "added", breaking=False)],
    ),
    "a new required keyword": (
        lambda d: (
            body_of(d)["properties"].update(colour={"type": "string"}),
            body_of(d)["required"].append("colour"),
        ),
        [keyword_entry("colour", "added", breaking=True)],
    ),
    "a keyword that went": (
        lambda d: body_of(d)["properties"].pop("size"),
        [keyword_entry("size", "removed", breaking=True)],
    ),
    "a keyword in another spelling": (
        lambda d: renamed_property(d, "anything", "anythings"),
        [keyword_entry("anythings", "renamed", breaking=True)],
    ),
    "a keyword replaced by an unlike one": (
        lambda d: renamed_property(d, "anything", "zebra"),
        [
            keyword_entry("anything", "removed", breaking=True),
            keyword_entry("zebra", "added", breaking=False),
        ],
    ),
    "another name on the wire only": (
        lambda d: renamed_property(d, "image_url", "imageUrl"),
        [keyword_entry("image_url", "changed", "key", breaking=False)],
    ),
    "newly required": (
        lambda d: body_of(d)["required"].append("size"),
        [keyword_entry("size", "changed", "required", breaking=True)],
    ),
    "no longer required": (
        lambda d: body_of(d).pop("required"),
        [keyword_entry("prompt", "changed", "required", breaking=False)],
    ),
    "a new choice": (
        lambda d: keyword(d, "mode")["enum"].append("mid"),
        [("__call__", "value", "mode='mid'", "added", "", False)],
    ),
    "a choice that went": (
        lambda d: keyword(d, "mode")["enum"].remove("high"),
        [("__call__", "value", "mode='high'", "removed", "", True)],
    ),
    "choices that are none any more": (
        lambda d: keyword(d, "mode").pop("enum"),
        [keyword_entry("mode", "changed", "form", breaking=False)],
    ),
    "new choices": (
        lambda d: keyword(d, "prompt").update(enum=["a", "b"]),
        [keyword_entry("prompt", "changed", "form", breaking=False)],
    ),
    "new choices that are closed": (
        lambda d: keyword(d, "prompt").update({"enum": ["a", "b"], "x-a2e-closed": True}),
        [keyword_entry("prompt", "changed", "form", breaking=True)],
    ),
    "choices that are closed now": (
        lambda d: keyword(d, "mode").update({"x-a2e-closed": True}),
        [keyword_entry("mode", "changed", "form", breaking=False)],
    ),
    "repeated after a lost answer": (
        lambda d: operation_at(d, f"{DETAIL}/rename").update({"x-a2e-repeatable": True}),
        [("rename", "method", "rename", "changed", "repeated after a lost answer", False)],
    ),
    "a declared output": (
        lambda d: d["components"]["schemas"]["KiteRecord"].update({"x-a2e-outputs": ["result_url"]}),
        [("", "resource", "kite", "changed", "outputs", False)],
    ),
    "no file any more": (
        lambda d: d["components"]["schemas"]["KiteRecord"].update({"x-a2e-makes-file": False}),
        [("", "resource", "kite", "changed", "makes a file", False)],
    ),
    "a name that is required": (lambda d: body_of(d)["required"].append("name"), []),
    "a narrower limit": (
        lambda d: keyword(d, "size").update(maximum=7),
        [keyword_entry("size", "changed", "maximum", breaking=True)],
    ),
    "a wider limit": (
        lambda d: keyword(d, "size").update(minimum=0),
        [keyword_entry("size", "changed", "minimum", breaking=False)],
    ),
    "a new limit": (
        lambda d: keyword(d, "prompt").update(maxLength=10),
        [keyword_entry("prompt", "changed", "max_length", breaking=True)],
    ),
    "a limit that went": (
        lambda d: keyword(d, "size").pop("maximum"),
        [keyword_entry("size", "changed", "maximum", breaking=False)],
    ),
    "a new pattern": (
        lambda d: keyword(d, "prompt").update(pattern="^a"),
        [keyword_entry("prompt", "changed", "pattern", breaking=True)],
    ),
    "fewer items": (
        lambda d: keyword(d, "urls").update(maxItems=3),
        [keyword_entry("urls", "changed", "max_items", breaking=True)],
    ),
    "longer items": (
        lambda d: keyword(d, "urls")["items"].update(maxLength=100),
        [keyword_entry("urls[]", "changed", "max_length", breaking=False)],
    ),
    "a value outside the limits": (
        lambda d: keyword(d, "size").update(oneOf=[{"enum": [-1]}]),
        [("__call__", "exception", "size=-1", "added", "", False)],
    ),
    "another default": (
        lambda d: keyword(d, "size").update(default=3),
        [keyword_entry("size", "changed", "default", breaking=False)],
    ),
    "another type": (
        lambda d: d["paths"][START]["post"]["requestBody"]["content"]["application/json"]["schema"][
            "properties"
        ].update(size={"type": "string"}),
        [
            keyword_entry("size", "changed", "default", breaking=False),
            keyword_entry("size", "changed", "form", breaking=True),
        ],
    ),
    "a wider type": (
        lambda d: body_of(d)["properties"].update(prompt={}),
        [keyword_entry("prompt", "changed", "form", breaking=False)],
    ),
    "any text where a file was": (
        lambda d: keyword(d, "image_url").update({"x-a2e-media": False}),
        [keyword_entry("image_url", "changed", "media", breaking=True)],
    ),
    "a file where any text was": (
        lambda d: keyword(d, "prompt").update({"x-a2e-media": True}),
        [keyword_entry("prompt", "changed", "media", breaking=True)],
    ),
    "deprecated": (
        lambda d: keyword(d, "size").update(deprecated=True),
        [keyword_entry("size", "changed", "deprecated", breaking=False)],
    ),
    "a new member": (
        lambda d: keyword(d, "frame")["properties"].update(colour={"type": "string"}),
        [keyword_entry("frame.colour", "added", breaking=False)],
    ),
    "a limit of a member": (
        lambda d: keyword(d, "frame")["properties"]["top"].update(maximum=8),
        [keyword_entry("frame.top", "changed", "maximum", breaking=True)],
    ),
    "a member newly required": (
        lambda d: keyword(d, "frame")["required"].append("top"),
        [keyword_entry("frame.top", "changed", "required", breaking=True)],
    ),
    "an object without known members": (
        lambda d: body_of(d)["properties"].update(frame={"type": "object"}),
        [keyword_entry("frame", "changed", "form", breaking=False)],
    ),
    "a body that is not declared any more": (
        lambda d: operation_at(d, f"{KITE}/remove").pop("requestBody"),
        [
            keyword_entry("id", "removed", breaking=True, owner="remove"),
            keyword_entry("body", "added", breaking=False, owner="remove"),
        ],
    ),
    "a second required keyword beside an id": (
        lambda d: (
            body_of(d, f"{KITE}/remove")["properties"].update(why={"type": "string"}),
            body_of(d, f"{KITE}/remove")["required"].append("why"),
        ),
        [
            ("remove", "method", "remove", "changed", "positional", True),
            keyword_entry("why", "added", breaking=True, owner="remove"),
        ],
    ),
    "a rule": (
        lambda d: operation_at(d, START).update({"x-a2e-any-of": [["image_url", "size"]]}),
        [("__call__", "rule", "any of ('image_url', 'size')", "added", "", True)],
    ),
    "a need": (
        lambda d: operation_at(d, START).update(
            {"x-a2e-needs": [{"when": {"mode": ["high"]}, "all": ["size"]}]}
        ),
        [
            (
                "__call__",
                "rule",
                "Condition(when={'mode': ('high',)}, all_of=('size',), any_of=(), only={}, most={})",
                "added",
                "",
                True,
            )
        ],
    ),
    "another page size": (
        lambda d: operation_at(d, LIST, "get")["parameters"][1]["schema"].update(maximum=50),
        [
            ("list", "method", "list", "changed", "paging most", False),
            keyword_entry("page_size", "changed", "maximum", breaking=True, owner="list"),
        ],
    ),
    "a filter": (
        lambda d: operation_at(d, LIST, "get")["parameters"].append(
            {"name": "status", "in": "query", "schema": {"type": "string"}}
        ),
        [keyword_entry("status", "added", breaking=False, owner="list")],
    ),
    "another path": (
        lambda d: d["paths"].update(
            {f"{KITE}/detail/{{_id}}": {"get": d["paths"][DETAIL].pop("get")}}
        ),
        [("get", "method", "get", "changed", "path", False)],
    ),
    "a new method": (
        lambda d: d["paths"].update(
            {f"{DETAIL}/markShared": {"post": operation(parameters=[id_parameter()])}}
        ),
        [("", "method", "mark_shared", "added", "", False)],
    ),
    "a method that went": (
        lambda d: d["paths"].pop(f"{DETAIL}/rename"),
        [("", "method", "rename", "removed", "", True)],
    ),
    "a method in another spelling": (
        lambda d: moved(d, "/rename", "/renamed"),
        [("", "method", "renamed", "renamed", "", True)],
    ),
    "a route that went": (
        lambda d: d["paths"].pop(BATCH),
        [("", "method", "batch_detail", "removed", "", True)],
    ),
    "a reply that is known now": (
        lambda d: reply_with(d, "/api/v1/anchor/voices", {"type": "string"}, "get"),
        [("voices", "method", "voices", "changed", "returns", True)],
    ),
    "a reply of a new class": (
        lambda d: reply_with(
            d, "/api/v1/anchor/voices", {"type": "object", "properties": {"a": {"type": "string"}}}, "get"
        ),
        [("voices", "method", "voices", "changed", "returns", True)],
    ),
    "a new attribute": (
        lambda d: d["components"]["schemas"]["KiteRecord"]["properties"].update(cover={"type": "string"}),
        [("KiteRecord", "attribute", "cover", "added", "", False)],
    ),
    "an attribute that went": (
        lambda d: d["components"]["schemas"]["KiteRecord"]["properties"].pop("result_url"),
        [("KiteRecord", "attribute", "result_url", "removed", "", True)],
    ),
    "an attribute with a class that went": (
        lambda d: d["components"]["schemas"]["KiteRecord"]["properties"].pop("wind"),
        [("KiteRecord", "attribute", "wind", "removed", "", True)],
    ),
    "an attribute of another type": (
        lambda d: d["components"]["schemas"]["Wind"]["properties"].update(speed={"type": "string"}),
        [("Wind", "attribute", "speed", "changed", "annotation", True)],
    ),
    "a class in another spelling": (
        lambda d: (
            d["components"]["schemas"].update(Winds=d["components"]["schemas"].pop("Wind")),
            d["components"]["schemas"]["KiteRecord"]["properties"]["wind"].update(
                {"$ref": "#/components/schemas/Winds"}
            ),
        ),
        [("Winds", "record", "Winds", "renamed", "", True)],
    ),
    "a new family": (
        lambda d: d["paths"].update(family("userTrain")),
        [("", "resource", "train", "added", "", False)],
    ),
    "a family that went": (
        lambda d: [d["paths"].pop(path) for path in list(d["paths"]) if "userBoat" in path],
        [("", "resource", "boat", "removed", "", True)],
    ),
    "a family in another spelling": (
        lambda d: moved(d, "userBoat", "userBoats"),
        [("", "resource", "boats", "renamed", "", True)],
    ),
    "a workflow that can no longer start": (
        lambda d: d["paths"].pop("/api/v1/userBoat/start"),
        [
            ("", "method", "__call__", "removed", "", True),
            ("batch_detail", "method", "batch_detail", "changed", "returns", True),
            ("get", "method", "get", "changed", "returns", True),
            ("list", "method", "list", "changed", "returns", True),
        ],
    ),
}  # fmt: skip
