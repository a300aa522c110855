"""The parameters of an operation, and how each is written into the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codegen.document.merging import merged
from codegen.document.tree import Document, OperationRef, resolve

__all__ = ["IGNORED_HEADERS", "parameters_of", "schema_of", "style_of"]

Parameters = dict[tuple[str, str], Document]

IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization", "content-length", "host", "cookie"})
"""Headers that are no parameters, as OpenAPI says or because the request itself makes them."""

_DELIMITERS = {"spaceDelimited": "space", "pipeDelimited": "pipe", "form": "comma", "simple": "comma"}


def parameters_of(document: Mapping[str, Any], ref: OperationRef) -> Parameters:
    """The parameters by place and name. Those of the operation replace those of its path.

    Headers that the request makes itself or that carry the token are left out.
    """
    shared = document["paths"][ref.path].get("parameters", [])
    found = [resolve(document, one) for one in [*shared, *ref.operation.get("parameters", [])]]
    secrets = _secret_headers(document)
    return {
        (one["in"], one["name"]): dict(one)
        for one in found
        if one["in"] != "header" or one["name"].lower() not in IGNORED_HEADERS | secrets
    }


def _secret_headers(document: Mapping[str, Any]) -> set[str]:
    """The headers that carry the token of a security scheme."""
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    found = (resolve(document, one) for one in schemes)
    return {str(one.get("name")).lower() for one in found if one.get("in") == "header"}


def schema_of(parameter: Mapping[str, Any]) -> Any:
    """The schema of a parameter, wherever it has it."""
    if "schema" in parameter:
        return parameter["schema"]
    content = list((parameter.get("content") or {}).values())
    return (content[0] or {}).get("schema", {}) if content else {}


def style_of(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> str:
    """How a value is written, "" for the usual way of its place; see `a2e_async._spec.styles`."""
    if "content" in parameter:
        return "json"

    kinds = _kinds(document, schema_of(parameter))
    place = parameter["in"]
    style = parameter.get("style") or ("form" if place in ("query", "cookie") else "simple")
    if place == "path" and style in ("label", "matrix"):
        return str(style)
    if not kinds & {"array", "object", "None"}:
        return ""
    if style == "deepObject":
        return "deep"

    explode = parameter.get("explode", style == "form")
    if explode and style == "form" and place == "query":
        return "members" if "object" in kinds else ""
    if explode and style in ("spaceDelimited", "pipeDelimited"):
        return ""
    if explode and style == "simple" and "object" in kinds:
        return "pairs"
    return _DELIMITERS.get(str(style), "comma")


def _kinds(document: Mapping[str, Any], schema: Any) -> set[str]:
    """The types that a value may have; "None" where anything goes."""
    whole = merged(document, schema)
    if whole.groups and "type" not in whole.keywords:
        return {kind for group in whole.groups for one in group for kind in _kinds(document, one)}
    return {str(whole.keywords.get("type"))}
