"""Keywords of the parameters of an operation: path, query, headers and cookies."""

from __future__ import annotations

from typing import Any

from codegen.document.merging import merged
from codegen.document.parameters import parameters_of, schema_of, style_of
from codegen.document.tree import Document
from codegen.interface import naming
from codegen.interface.families import Endpoint, Family
from codegen.interface.keywords import Shapes, keyword_of
from codegen.interface.model import Paged
from codegen.interface.spellings import keywords_apart
from codegen.interface.values import Keyword, Place

__all__ = ["parameter_keywords"]

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

    return [one for place in _ORDER for one in keywords_apart([one for one in found if one.place == place])]


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
