"""Types by convention the replies that upstream and the overlay leave open.

A workflow's start and detail reply with its record, its list with ``{rows: [record], count}``, its
batch detail with a list of records. Declared replies stay as they are. So a new family gets a record
with the fields that most families share.
"""

from __future__ import annotations

import copy
from typing import Any

from codegen.document.content import Content, media_type, success_content
from codegen.document.merging import is_open, merged, merged_properties, sole_ref
from codegen.document.reply_data import data_of, task_path
from codegen.document.tree import Document, SpecError, resolve
from codegen.interface.families import Endpoint, Family, families

__all__ = ["RECORD_BASE", "add_common", "complete", "data_of", "record_schema_name", "task_path"]

RECORD_BASE = "TaskRecord"
_SCHEMA = "#/components/schemas/"

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
    """Type the replies of one family with its record, where they say nothing."""
    done = _join_records(document, schemas, family)
    name = record_schema_name(document, family)

    if name not in schemas:
        schemas[name] = {
            "description": "Only the fields that most families share are known. Look into `raw` for others.",
            "x-a2e-confidence": "unknown",
            "allOf": [{"$ref": f"{_SCHEMA}{RECORD_BASE}"}],
        }
        done.append(f"components.schemas.{name}: made of the common fields")

    record = {"$ref": f"{_SCHEMA}{name}"}
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


def _join_records(document: Document, schemas: Document, family: Family) -> list[str]:
    """One record for the tasks of a family, from everything that its replies declare about them.

    Upstream may declare a record in the reply to a start, another one in the detail, and the overlay knows
    a third. Each says something about the same tasks, and upstream's words about a member win.
    """
    name = f"{family.class_name}Record"
    declared = [data for _, data in _task_schemas(document, family)]
    refs = list(dict.fromkeys(sole_ref(data) for data in declared))
    own = schemas.get(name)
    if not declared or (len(refs) == 1 and refs[0] and (own is None or refs[0] == f"{_SCHEMA}{name}")):
        return []

    others = [data for data in declared if sole_ref(data) != f"{_SCHEMA}{name}"]
    distinct = [one for index, one in enumerate(others) if one not in others[:index]]
    if not distinct:
        return []

    kept = dict(own) if isinstance(own, dict) else {}
    words = {key: kept.pop(key) for key in list(kept) if key.startswith("x-") or key == "description"}
    base = {"$ref": f"{_SCHEMA}{RECORD_BASE}"}
    parts = [*([kept] if kept else [base]), *map(copy.deepcopy, distinct)]
    schemas[name] = {**words, "allOf": [_without_required(one) for one in parts]}
    source = "the overlay's record and upstream's" if kept else "what its replies declare"
    return [f"components.schemas.{name}: joined from {source}"]


def _without_required(schema: Document) -> Document:
    """Each reply has its own members, so the joined record requires none of them."""
    return {key: value for key, value in schema.items() if key != "required"}


def record_schema_name(document: Document, family: Family) -> str:
    """The component of the family's task: ``<Class>Record``, else the one that start or detail refer to."""
    name = f"{family.class_name}Record"
    if name in document.get("components", {}).get("schemas", {}):
        return name
    for _, data in _task_schemas(document, family):
        ref = sole_ref(data)
        if ref.startswith(_SCHEMA):
            return ref.removeprefix(_SCHEMA)
    return name


def _task_schemas(document: Document, family: Family) -> list[tuple[Endpoint, Document]]:
    """What the replies of start and detail declare about a task, without those that are open."""
    found = []
    for endpoint in (family.start, *family.extra_starts, family.get):
        content = None if endpoint is None else success_content(document, endpoint.operation)
        if endpoint is None or content is None or not content.is_json:
            continue
        data = data_of(document, content.schema)
        for part in task_path(document, data):
            data = merged_properties(document, data)[0][part]
        found += [(endpoint, one) for one in _elements(document, data) if _says_something(document, one)]
    return found


def _says_something(document: Document, schema: Any) -> bool:
    """Whether a schema declares members."""
    return isinstance(schema, dict) and bool(merged_properties(document, schema)[0])


def _elements(document: Document, data: Any) -> list[Any]:
    """The objects that a reply may be: one, a list of such, or one of several."""
    whole = merged(document, data)
    if whole.keywords.get("type") == "array":
        return _elements(document, whole.keywords.get("items"))
    if whole.groups and "properties" not in whole.keywords and not sole_ref(data):
        return [part for group in whole.groups for one in group for part in _elements(document, one)]
    return [data]


def _fill(document: Document, endpoint: Endpoint, data: Document) -> bool:
    """Give the successful reply this ``data`` if the document leaves it open.

    Returns: whether it was open.

    Raises:
        SpecError: the reply is a reference.
    """
    content = success_content(document, endpoint.operation)
    if content is not None and not content.is_json:
        return False
    schema = content.schema if content else None
    declared = data_of(document, schema)
    if declared is not None and not is_open(document, declared):
        return False

    media = _media(endpoint, content)
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


def _media(endpoint: Endpoint, content: Content | None) -> Document:
    """The JSON content of the successful reply, which is made if there is none."""
    responses = endpoint.operation.setdefault("responses", {})
    success = [one for one in responses if str(one)[:1] == "2" and one != "204"]
    status = content.status if content else next(iter(success), "200")
    response = responses.setdefault(status, {"description": "OK"})

    if "$ref" in response:
        raise SpecError(
            f"{endpoint.ref.place}: the {status} reply is a $ref; the overlay must say what it is"
        )

    media = response.setdefault("content", {})
    name = next((one for one in media if media_type(one) == "application/json"), "application/json")
    found: Document = media.setdefault(name, {})
    return found


def _array(items: Document) -> Document:
    return {"type": "array", "items": items}
