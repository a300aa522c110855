"""Leaves out the schemas of the overlay that nothing uses, such as the record of a family that has gone."""

from __future__ import annotations

from typing import Any

from codegen.document.tree import Document

__all__ = ["drop_unused"]

_PREFIX = "#/components/schemas/"


def drop_unused(document: Document, upstream: Document, kept: str) -> list[str]:
    """Remove, in place, the component schemas that upstream does not have and no operation leads to.

    Args:
        document: repaired, overlaid and completed.
        upstream: repaired only.
        kept: a schema that stays in any case.

    Returns: what was removed, one line each.
    """
    schemas = document.get("components", {}).get("schemas", {})
    theirs = upstream.get("components", {}).get("schemas", {})

    used = _named(document["paths"]) | {kept}
    left = list(used)
    while left:
        found = _named(schemas.get(left.pop())) - used
        used |= found
        left.extend(found)

    unused = [name for name in schemas if name not in used and name not in theirs]
    for name in unused:
        del schemas[name]
    return [f"overlay: {_PREFIX}{name}: no operation uses it: left out" for name in unused]


def _named(value: Any) -> set[str]:
    """The component schemas that a part of the document refers to."""
    found: set[str] = set()
    if isinstance(value, dict):
        ref = value.get("$ref")
        if isinstance(ref, str) and ref.startswith(_PREFIX):
            found.add(ref.removeprefix(_PREFIX))
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            found |= _named(inner)
    return found
