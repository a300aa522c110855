"""Kit for the tests of unusual shapes: operations in a line, generated together, and played at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from a2e_async import A2E
from codegen.document.complete import complete
from codegen.document.repair import repair
from codegen.document.validation import check_kind, validate
from codegen.generate import generate
from tests.codegen.documents import Document, document, import_text

__all__ = ["Recorder", "content", "generated", "op", "query", "reply"]

Handler = Callable[[httpx.Request], httpx.Response]


def content(schema: Any, media_type: str = "application/json", **members: Any) -> Document:
    """A body or a reply of one media type."""
    return {"content": {media_type: {"schema": schema, **members}}}


def reply(schema: Any, status: str = "200", media_type: str = "application/json") -> Document:
    """Responses with one reply."""
    return {status: {"description": "OK", **content(schema, media_type)}}


def query(name: str, schema: Any, place: str = "query", **members: Any) -> Document:
    """A parameter."""
    return {"name": name, "in": place, "schema": schema, **members}


def op(**members: Any) -> Document:
    """An operation that declares nothing but its members."""
    return {"responses": {"200": {"description": "OK"}}, **members}


def generated(paths: Document, **members: Any) -> dict[str, Any]:
    """The modules of a document, by resource. Nothing is formatted, so this is quick.

    Each key is ``method /path``.
    """
    made: Document = {}
    for key, operation in paths.items():
        method, path = key.split()
        made.setdefault(path, {})[method] = operation

    source = document(made, **members)
    check_kind(source, "test")
    repaired, _ = repair(source)
    complete(repaired)
    validate(repaired, "test")

    _, files = generate(repaired)
    names = [name.removesuffix(".py") for name in files if name != "__init__.py"]
    return {name: import_text(files[f"{name}.py"], f"shapes_{name}") for name in names}


class Recorder:
    """Answers every request, and keeps what was sent.

    Args:
        answer: makes the reply; by default ``{"code": 0, "data": {}}``.
    """

    def __init__(self, answer: Handler | Mapping[str, Any] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        if callable(self._answer):
            return self._answer(request)
        return httpx.Response(200, json=self._answer or {"code": 0, "data": {}})

    @property
    def last(self) -> httpx.Request:
        """The last request."""
        return self.requests[-1]

    @property
    def sent(self) -> Any:
        """The JSON of the last request; None if it had none."""
        is_json = self.last.content and self.last.headers["content-type"] == "application/json"
        return json.loads(self.last.content) if is_json else None

    def client(self) -> A2E:
        """A client whose requests come here."""
        return A2E("sk_test", base_url="https://api.example", transport=httpx.MockTransport(self))
