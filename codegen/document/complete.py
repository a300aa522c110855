"""Types by convention the replies that upstream and the overlay leave open.

A workflow's start and detail reply with its record, its list with ``{rows: [record], count}``, its
batch detail with a list of records. Declared replies stay as they are. So a new family gets a record
with the fields that most families share.
"""

from __future__ import annotations

import copy
from typing import Any

from codegen.document.tree import Document, SpecError, merged_properties, resolve, success_schema
from codegen.interface.families import Endpoint, Family, families

__all__ = ["RECORD_BASE", "add_common", "complete", "record_schema_name"]

RECORD_BASE = "TaskRecord"

_SCHEMAS: Document = {
    RECORD_BASE: {
        "type": "object",
        "description": "The fields that most families' task records share.",
        "properties": {
            "_id": {"type": "string", "description": "The task's id."},
            "name": {"type": "string"},
            "current_status": {
                "type": "string",
                "description": "initialized, sent, pending, processing, completed or failed; open.",
            },
            "coins": {"type": "number", "description": "Coins charged."},
            "createdAt": {"type": "string", "description": "ISO 8601."},
            "failed_message": {"type": "string", "description": "Empty when there is no failure."},
        },
        "required": ["_id"],
    }
}


def add_common(document: Document) -> None:
    """Declare the schemas that overlay and conventions refer to, in place."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in _SCHEMAS.items():
        schemas.setdefault(name, copy.deepcopy(schema))


def complete(document: Document) -> list[str]:
    """Type the open replies of every workflow, in place.

    Returns: what was typed, one line each.
    """
    add_common(document)
    schemas = document["components"]["schemas"]
    done: list[str] = []

    for family in families(document).values():
        if family.start is not None:
            done.extend(_complete_family(document, schemas, family))

    return done


def _complete_family(document: Document, schemas: Document, family: Family) -> list[str]:
    name = record_schema_name(document, family)
    done: list[str] = []

    if name not in schemas:
        schemas[name] = {
            "description": "Only the fields that most families share are known. Look into `raw` for others.",
            "x-a2e-confidence": "unknown",
            "allOf": [{"$ref": f"#/components/schemas/{RECORD_BASE}"}],
        }
        done.append(f"components.schemas.{name}: made of the common fields")

    record = {"$ref": f"#/components/schemas/{name}"}
    rows = {
        "type": "object",
        "properties": {"rows": _array(record), "count": {"type": "integer"}},
        "required": ["rows"],
    }
    shapes: list[tuple[Endpoint | None, Document]] = [
        (family.start, record),
        *((extra, record) for extra in family.extra_starts),
        (family.get, record),
        (family.list, rows),
        (family.batch_detail, _array(record)),
    ]

    for endpoint, data in shapes:
        if endpoint is not None and _fill(document, endpoint, data):
            done.append(f"{endpoint.ref}: reply typed with {name}")
    return done


def record_schema_name(document: Document, family: Family) -> str:
    """The component of the family's task: the one that start or detail declare, else ``<Class>Record``."""
    for endpoint in (family.start, family.get):
        data = declared_data(document, endpoint)
        if isinstance(data, dict) and str(data.get("$ref", "")).startswith("#/components/schemas/"):
            return str(data["$ref"]).rsplit("/", 1)[1]
    return f"{family.class_name}Record"


def declared_data(document: Document, endpoint: Endpoint | None) -> Any:
    """The schema of ``data`` in the 200 reply (of its elements if it is a list), None where it is open."""
    schema = None if endpoint is None else success_schema(document, endpoint.operation)
    if schema is None:
        return None

    data = merged_properties(document, schema)[0].get("data")
    if data == {"type": "object"} or data == {}:
        return None
    if isinstance(data, dict) and data.get("type") == "array":
        return data.get("items")
    return data


def _fill(document: Document, endpoint: Endpoint, data: Document) -> bool:
    """Give the 200 reply this ``data`` if the document leaves it open.

    Returns: whether it was open.

    Raises:
        SpecError: the reply is a reference.
    """
    schema = success_schema(document, endpoint.operation)
    if schema is not None:
        properties = merged_properties(document, schema)[0]
        if properties.get("data", {}) not in ({}, {"type": "object"}):
            return False

    response = endpoint.operation.setdefault("responses", {}).setdefault("200", {"description": "OK"})
    if "$ref" in response:
        raise SpecError(f"{endpoint.ref.place}: the 200 reply is a $ref; the overlay must say what it is")
    media = response.setdefault("content", {}).setdefault("application/json", {})
    media.pop("example", None)

    if schema is not None and "$ref" in schema and "success" in merged_properties(document, schema)[0]:
        envelope = copy.deepcopy(resolve(document, schema))
        envelope["properties"]["data"] = data
        media["schema"] = envelope
    else:
        media["schema"] = {
            "type": "object",
            "properties": {
                "code": {"type": "integer", "description": "0 is success."},
                "data": data,
                "trace_id": {"type": "string"},
            },
            "required": ["code", "data"],
        }
    return True


def _array(items: Document) -> Document:
    return {"type": "array", "items": items}
