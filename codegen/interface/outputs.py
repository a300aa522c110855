"""Which fields of a task record hold the files that the task made, as the overlay declares them."""

from __future__ import annotations

from typing import Any

import attrs

from codegen.document.complete import record_schema_name
from codegen.document.content import body_content
from codegen.document.merging import merged_properties
from codegen.document.tree import Document, SpecError, resolve
from codegen.interface.families import Family

__all__ = ["MAKES_FILE", "OUTPUTS", "Outputs", "outputs_of"]

OUTPUTS, MAKES_FILE = "x-a2e-outputs", "x-a2e-makes-file"
"""The extensions of a task record's schema."""


@attrs.frozen
class Outputs:
    """The output of a family.

    Attributes:
        fields: names on the wire, in order of preference. A dot leads into an object.
        makes_file: whether a completed task has a file.
    """

    fields: tuple[str, ...] = ()
    makes_file: bool = True


def outputs_of(document: Document, family: Family) -> Outputs:
    """What the task record of a family declares.

    A record echoes the inputs of its start. So an input is no output, whatever the overlay says.

    Raises:
        SpecError: an extension is not what it should be, or names a field that the record does not declare.
    """
    if family.start is None:
        return Outputs()

    name = record_schema_name(document, family)
    schema = resolve(document, {"$ref": f"#/components/schemas/{name}"})
    fields, makes_file = schema.get(OUTPUTS, []), schema.get(MAKES_FILE, True)
    if not isinstance(makes_file, bool):
        raise SpecError(f"{name}: {MAKES_FILE} is {makes_file!r}, neither true nor false")
    if not isinstance(fields, list) or len(set(map(str, fields))) != len(fields):
        raise SpecError(f"{name}: {OUTPUTS} is not a list of different names")

    for field in fields:
        if not isinstance(field, str) or not _is_declared(document, schema, field):
            raise SpecError(f"{name}: {OUTPUTS} names {field!r}, which the record does not declare")

    inputs = _inputs(document, family)
    return Outputs(tuple(one for one in fields if one not in inputs), makes_file)


def _is_declared(document: Document, schema: Any, field: str) -> bool:
    """Whether the schema declares a field, given as a path with dots."""
    for part in field.split("."):
        properties, _ = merged_properties(document, resolve(document, schema))
        if part not in properties:
            return False
        schema = properties[part]
    return True


def _inputs(document: Document, family: Family) -> set[str]:
    """The body members of all starts of a family."""
    starts = [one for one in (family.start, *family.extra_starts) if one is not None]
    bodies = [body_content(document, one.operation) for one in starts]
    return {name for body in bodies if body for name in merged_properties(document, body.schema)[0]}
