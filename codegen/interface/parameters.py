"""Keywords of the parameters of an operation: path, query, headers and cookies."""

from __future__ import annotations

import re
from typing import Any

from codegen.document.merging import merged
from codegen.document.parameters import parameters_of, schema_of, style_of
from codegen.document.tree import Document
from codegen.interface import naming
from codegen.interface.families import Endpoint, Family
from codegen.interface.keywords import Shapes, keyword_of
from codegen.interface.model import Paged
from codegen.interface.values import Keyword, Place

__all__ = ["paging_of", "parameter_keywords"]

_PAGE = re.compile(r"page(?:Num|No|Number|Index)?|current")
_SIZE = re.compile(r"page_?size", re.IGNORECASE)

_DEFAULT_SIZE = 10
"""Records per page where the document names no default: the default of most lists that name one."""

_SAFE_SIZE = 100
"""The most records per page where the document names no bound: the bound of all lists that name one."""

_ORDER: tuple[Place, ...] = ("path", "query", "header", "cookie")


def parameter_keywords(
    document: Document, family: Family, endpoint: Endpoint, shapes: Shapes, paged: Paged | None
) -> list[Keyword]:
    """The keywords of all parameters. The task's id comes first in the operation that reads one task."""
    parameters = parameters_of(document, endpoint.ref)
    id_key = family.get_key if endpoint is family.get else None
    paths = [name for place, name in parameters if place == "path"]
    found = []

    def rank(one: tuple[str, str]) -> tuple[int, bool]:
        place, name = one
        return _ORDER.index(place), place == "query" and name != id_key

    for place, key in sorted(parameters, key=rank):
        parameter = parameters[place, key]
        if paged and (place, key) == ("query", paged.page):
            continue

        is_size = paged is not None and (place, key) == ("query", paged.size)
        is_id = key == id_key or (place == "path" and len(paths) == 1 and naming.is_id(key))
        words = parameter.get("description", "")
        if place == "path" and not words and (is_id or naming.is_id(key)):
            words = "The task's id." if family.start else "The record's id."
        found.append(
            keyword_of(
                document,
                shapes,
                key,
                _schema(parameter, paged if is_size else None),
                place=place,  # type: ignore[arg-type]
                required=place == "path" or (parameter.get("required") is True and not is_size),
                description=words,
                name="id" if is_id else None,
                style=_style(document, parameter),
                deprecated=parameter.get("deprecated") is True,
            )
        )

    return found


def _style(document: Document, parameter: Document) -> str:
    """How the value is written. A part of the path that is no id may be any text."""
    style = style_of(document, parameter)
    if parameter["in"] != "path" or style:
        return style
    own = merged(document, schema_of(parameter)).keywords
    is_text = own.get("type", "string") == "string" and not naming.is_id(parameter["name"])
    return "text" if is_text or "enum" in own else ""


def _schema(parameter: Document, paged: Paged | None) -> Any:
    """A parameter's schema. A page has at least one record, even where the document does not say so."""
    schema = schema_of(parameter)
    return {"minimum": 1, **schema} if paged and "$ref" not in schema else schema


def paging_of(document: Document, endpoint: Endpoint) -> Paged | None:
    """How a list counts its pages, None if the operation is not a list."""
    page = size = None
    default, most = _DEFAULT_SIZE, _SAFE_SIZE

    for (place, name), parameter in parameters_of(document, endpoint.ref).items():
        schema = merged(document, schema_of(parameter)).keywords
        if place != "query" or schema.get("type") != "integer":
            continue

        if _PAGE.fullmatch(name):
            page = name
        elif _SIZE.fullmatch(name):
            size = name
            # An example is a value that somebody once sent, and says nothing about the default.
            most = int(schema.get("maximum", _SAFE_SIZE))
            default = min(int(schema.get("default", _DEFAULT_SIZE)), most)

    if page and size:
        return Paged(page, size, default, most)
    listed = endpoint.method_name == "list" or (
        endpoint.ref.method == "get" and endpoint.method_name.endswith(("_record", "_records"))
    )
    return Paged(None, None, 0, 0) if listed else None
