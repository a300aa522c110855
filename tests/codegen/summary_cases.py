"""Changes of a document that the interface does not show alone, and a line of the summary for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.codegen.diff_cases import DETAIL, LIST, START, base, keyword, operation_at, reply_with
from tests.codegen.documents import id_parameter

Document = dict[str, Any]
Mutation = Callable[[Document], Any]


def rich() -> Document:
    """The document of the other tests, with what OpenAPI has besides."""
    made = base()
    frame = keyword(made, "frame")
    frame["additionalProperties"] = True
    frame["properties"]["top"]["description"] = "At most 9 pixels."

    data = {"type": "object", "properties": {"_id": {"type": "string"}, "n": {"type": "integer"}}}
    reply_with(made, START, data)
    replies = operation_at(made, START)["responses"]
    replies |= {"400": {"description": "Bad"}, "429": {"description": "Slow down"}}
    replies["200"]["headers"] = {"X-Left": {"schema": {"type": "integer"}}}
    return made


def schemes(made: Document) -> Document:
    found: Document = made["components"]["securitySchemes"]
    return found


def moved_parameter(made: Document) -> None:
    """The path parameter of the detail route gets another name."""
    item = made["paths"].pop(DETAIL)
    for one in item.values():
        one["parameters"] = [id_parameter("kiteId")]
    made["paths"][DETAIL.replace("_id", "kiteId")] = item


def everywhere(made: Document) -> None:
    for item in made["paths"].values():
        for one in item.values():
            one["security"] = [{"bearerAuth": []}, {"key": []}]
    schemes(made)["key"] = {"type": "apiKey", "in": "header", "name": "X-Key"}


def page(made: Document) -> Document:
    """The parameter of the page number."""
    found: Document = operation_at(made, LIST, "get")["parameters"][0]
    return found


CASES: dict[str, tuple[Mutation, str, bool]] = {
    "another server": (
        lambda d: d.update(servers=[{"url": "https://api.a2e.example"}]),
        'every operation: servers: servers is ["https://api.a2e.example"] instead of ["https://video.a2e.ai"]',
        True,
    ),
    "a second server": (
        lambda d: d["servers"].append({"url": "https://api.a2e.example"}),
        "every operation: servers: servers is",
        False,
    ),
    "another security scheme": (
        lambda d: schemes(d).update(bearerAuth={"type": "apiKey", "in": "header", "name": "X-Key"}),
        "every operation: security scheme bearerAuth: scheme is",
        True,
    ),
    "another scheme of one operation": (
        lambda d: (
            schemes(d).update(key={"type": "apiKey", "in": "header", "name": "X-Key"}),
            operation_at(d, START).update(security=[{"key": []}]),
        ),
        'a2e.kite(): security is [["key"]] instead of [["bearerAuth"]]',
        True,
    ),
    "no security": (
        lambda d: operation_at(d, START).update(security=[]),
        'a2e.kite(): security is [] instead of [["bearerAuth"]]',
        False,
    ),
    "a second scheme everywhere": (everywhere, "operations (a2e.kite(), a2e.kite.list(), ", False),
    "a deprecated operation": (
        lambda d: operation_at(d, START).update(deprecated=True),
        "a2e.kite() is deprecated",
        False,
    ),
    "a deprecated parameter": (
        lambda d: page(d).update(deprecated=True),
        "a2e.kite.list(): query parameter pageNum is deprecated",
        False,
    ),
    "a number that became a text": (
        lambda d: page(d)["schema"].update(type="string", default="1"),
        'a2e.kite.list(): query parameter pageNum: type is "string" instead of "integer"',
        True,
    ),
    "another first page": (
        lambda d: page(d)["schema"].update(default=0),
        "a2e.kite.list(): query parameter pageNum: default is 0 instead of 1",
        False,
    ),
    "another path parameter": (moved_parameter, "a2e.kite.get(): the path changed from", False),
    "a limit inside a member": (
        lambda d: keyword(d, "frame")["properties"]["top"].update(maximum=8),
        "a2e.kite(): keyword frame.top: the greatest value is 8 instead of 9",
        True,
    ),
    "no additional members": (
        lambda d: keyword(d, "frame").update(additionalProperties=False),
        "a2e.kite(): body: frame: additionalProperties is false instead of true",
        True,
    ),
    "another format": (
        lambda d: keyword(d, "prompt").update(format="uuid"),
        'a2e.kite(): body: prompt: format is "uuid" instead of not set',
        True,
    ),
    "a value that may be null": (
        lambda d: keyword(d, "prompt").update(nullable=True),
        "a2e.kite(): body: prompt: nullable is true instead of not set",
        False,
    ),
    "a body that may be left out": (
        lambda d: operation_at(d, START)["requestBody"].update(required=False),
        "a2e.kite(): body is no longer required",
        False,
    ),
    "a reply that is new": (
        lambda d: operation_at(d, START)["responses"].update({"402": {"description": "No coins"}}),
        "a2e.kite(): reply 402 is new",
        False,
    ),
    "an error that went": (
        lambda d: operation_at(d, START)["responses"].pop("429"),
        "a2e.kite(): reply 429 is gone",
        False,
    ),
    "a success that is 201": (
        lambda d: operation_at(d, START)["responses"].update(
            {"201": operation_at(d, START)["responses"].pop("200")}
        ),
        "a2e.kite(): reply 201 is new",
        False,
    ),
    "a header of a reply": (
        lambda d: operation_at(d, START)["responses"]["200"]["headers"].pop("X-Left"),
        "a2e.kite(): reply 200: header X-Left: header is not set instead of",
        False,
    ),
    "another reply of an error": (
        lambda d: operation_at(d, START)["responses"]["400"].update(
            content={"application/json": {"schema": {"type": "object"}}}
        ),
        'a2e.kite(): reply 400: content is ["application/json"] instead of []',
        False,
    ),
    "a description with another number": (
        lambda d: keyword(d, "frame")["properties"]["top"].update(description="At most 8 pixels."),
        'a2e.kite(): body: frame.top: upstream now says: "At most 8 pixels."',
        False,
    ),
    "a callback": (
        lambda d: operation_at(d, START).update(callbacks={"done": {"{$request.body#/url}": {}}}),
        "a2e.kite(): callbacks is",
        False,
    ),
    "another style of a parameter": (
        lambda d: operation_at(d, LIST, "get")["parameters"][1].update(style="form", explode=False),
        "a2e.kite.list(): query parameter pageSize: explode is false instead of not set",
        True,
    ),
    "a family in another spelling": (
        lambda d: d.update(paths={p.replace("userKite", "userKites"): i for p, i in d["paths"].items()}),
        "a2e.kite is now a2e.kites",
        True,
    ),
}
