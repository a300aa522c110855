"""Writes OpenAPI 3.1 and 3.2 in the words of 3.0, so that everything behind it knows one language.

What only has another spelling in 3.0 is counted. What 3.0 cannot say is listed by place, because a
maintainer may want to know: such a fact is not checked before a request is sent.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from codegen.document.tree import METHODS, Document, pointer
from codegen.document.walk import Slot, schema_slots

__all__ = ["downgrade", "is_newer"]

_VERSION = "3.0.3"
_SILENT = ("$comment", "$schema", "$id", "$anchor", "$dynamicAnchor", "$vocabulary", "$recursiveAnchor")
"""Keywords of schemas that say nothing about values."""

_LOST = (
    *("contains", "minContains", "maxContains", "propertyNames", "dependentRequired", "dependentSchemas"),
    *("dependencies", "unevaluatedItems", "contentSchema", "additionalItems", "$dynamicRef", "$recursiveRef"),
)
"""Keywords of schemas that 3.0 has no word for."""

_BOUNDS = (("exclusiveMinimum", "minimum", max), ("exclusiveMaximum", "maximum", min))
_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number"}
_ARRAY_WORDS = ("items", "prefixItems", "minItems", "maxItems", "uniqueItems")
_OBJECT_WORDS = ("properties", "required", "additionalProperties", "minProperties", "maxProperties")

Note = Callable[[str], None]


def is_newer(document: Document) -> bool:
    """Whether the document is OpenAPI 3.1 or 3.2."""
    return str(document.get("openapi")).startswith(("3.1.", "3.2."))


def downgrade(document: Document) -> Iterator[tuple[str, str]]:
    """OpenAPI 3.1 and 3.2 become 3.0: types, bounds, constants, files, references with siblings."""
    if not is_newer(document):
        return

    version, document["openapi"] = document["openapi"], _VERSION
    yield "openapi", f"{version} is written as {_VERSION}"

    yield from _top(document)
    yield from _hoist_definitions(document)
    yield from _references_with_words(document)
    yield from _all_schemas(document)
    yield from _security(document)


def _top(document: Document) -> Iterator[tuple[str, str]]:
    """Members of the document and its operations that 3.0 does not have."""
    for name in ("jsonSchemaDialect", "$self"):
        if name in document:
            del document[name]
            yield name, "removed"

    webhooks = document.pop("webhooks", None)
    if isinstance(webhooks, dict) and webhooks:
        document["x-webhooks"] = webhooks
        yield "webhooks", f"what the service sends ({', '.join(webhooks)}) is kept as x-webhooks; no call"

    info = document.get("info")
    if isinstance(info, dict):
        info.pop("summary", None)
        licence = info.get("license")
        if isinstance(licence, dict):
            licence.pop("identifier", None)
    for server in document.get("servers") or ():
        if isinstance(server, dict):
            server.pop("name", None)
    for tag in document.get("tags") or ():
        for name in ("summary", "parent", "kind") if isinstance(tag, dict) else ():
            tag.pop(name, None)

    for path, item in (document.get("paths") or {}).items():
        extra = item.pop("additionalOperations", {}) if isinstance(item, dict) else {}
        if isinstance(item, dict) and "query" in item:
            extra = {**extra, "QUERY": item.pop("query")}
        for method in extra:
            yield f"{method} {path}", "left out: 3.0 has no such method, and no call is made for it"


def _hoist_definitions(document: Document) -> Iterator[tuple[str, str]]:
    """``$defs`` inside a schema become components, and references to them follow."""
    moved: dict[str, str] = {}
    local: list[tuple[Document, str, dict[str, str]]] = []
    holders = [slot for slot in schema_slots(document) if isinstance(slot.schema, dict)]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})

    for slot in holders:
        for word in ("$defs", "definitions"):
            definitions = slot.schema.get(word)
            if not isinstance(definitions, dict):
                continue
            del slot.schema[word]

            names: dict[str, str] = {}
            for name, schema in definitions.items():
                target = name if name not in schemas or schemas[name] == schema else f"{_stem(slot)}{name}"
                while target in schemas and schemas[target] != schema:
                    target = f"{target}_"
                schemas[target] = schema
                names[f"#/{word}/{name}"] = moved[f"{slot.place}/{word}/{name}"] = pointer(
                    "components", "schemas", target
                )
            local.append((slot.schema, word, names))
            local += [(schema, word, names) for schema in definitions.values()]
            yield slot.words, f"{word} moved to components.schemas"

    for schema, _, names in local:
        _redirect(schema, names)
    if moved:
        _redirect(document, moved)


def _stem(slot: Slot) -> str:
    return "".join(part.capitalize() for part in slot.words.replace("components.schemas.", "").split())


def _redirect(value: Any, targets: dict[str, str]) -> None:
    """Follow moved schemas in all references."""
    if isinstance(value, dict):
        ref = value.get("$ref")
        if isinstance(ref, str) and ref in targets:
            value["$ref"] = targets[ref]
        for inner in value.values():
            _redirect(inner, targets)
    elif isinstance(value, list):
        for inner in value:
            _redirect(inner, targets)


def _references_with_words(document: Document) -> Iterator[tuple[str, str]]:
    """A reference to a parameter, response or body may have its own description. In 3.0 it may not."""
    for path, item in (document.get("paths") or {}).items():
        for method in METHODS if isinstance(item, dict) else ():
            operation = item.get(method)
            if not isinstance(operation, dict):
                continue

            holders: list[tuple[Any, Any]] = [(operation, "requestBody")]
            for name in ("responses", "parameters"):
                parts = operation.get(name)
                keys = parts if isinstance(parts, dict) else range(len(parts or ()))
                holders += [(parts, key) for key in keys]

            for holder, key in holders:
                part = holder.get(key) if isinstance(holder, dict) else holder[key]
                if isinstance(part, dict) and "$ref" in part and len(part) > 1:
                    holder[key] = {"$ref": part["$ref"]}
                    yield f"{method.upper()} {path} {part['$ref']}", "words beside the $ref removed"


def _all_schemas(document: Document) -> Iterator[tuple[str, str]]:
    spelled: Counter[str] = Counter()
    told: list[tuple[str, str]] = []

    # Bottom up: what a schema is made of is 3.0 already when its own turn comes.
    for slot in reversed(list(schema_slots(document))):
        if slot.key == "itemSchema":
            slot.holder.setdefault("schema", {"type": "array", "items": slot.holder.pop("itemSchema")})
            continue
        keeps_bool = slot.key in ("additionalProperties", "unevaluatedProperties")
        if isinstance(slot.schema, bool):
            if not keeps_bool:
                slot.replace({} if slot.schema else {"not": {}})
                spelled["true and false as schemas"] += 1
            continue
        if isinstance(slot.schema, dict):
            told += [(slot.words, what) for what in _schema(slot.schema, spelled)]

    for what, count in sorted(spelled.items()):
        yield "schemas", f"{what}: {count} written as 3.0 does"
    yield from reversed(told)


def _schema(schema: Document, spelled: Counter[str]) -> Iterator[str]:
    """Write one schema as 3.0 does; yields what cannot be said there."""
    for name in _SILENT:
        schema.pop(name, None)
    for name in [one for one in _LOST if one in schema]:
        del schema[name]
        yield f"{name} is not checked here"

    _constant(schema, spelled)
    _example(schema, spelled)
    _bounds(schema, spelled)
    _file(schema, spelled)
    yield from _tuple(schema, spelled)
    yield from _open_members(schema)
    yield from _condition(schema)
    _types(schema, spelled)
    _null_variants(schema, spelled)

    if "$ref" in schema and len(schema) > 1:
        schema.setdefault("allOf", []).insert(0, {"$ref": schema.pop("$ref")})
        spelled["$ref with siblings"] += 1


def _constant(schema: Document, spelled: Counter[str]) -> None:
    if "const" not in schema:
        return
    spelled["const"] += 1
    value = schema.pop("const")
    if value is None:
        schema["type"] = "null"
        return
    schema["enum"] = [value]
    if "type" not in schema and type(value) in _KINDS:
        schema["type"] = _KINDS[type(value)]


def _example(schema: Document, spelled: Counter[str]) -> None:
    if "examples" in schema:
        examples = schema.pop("examples")
        spelled["examples"] += 1
        values = list(examples.values()) if isinstance(examples, dict) else examples
        if isinstance(values, list) and values:
            schema.setdefault("example", values[0])


def _bounds(schema: Document, spelled: Counter[str]) -> None:
    """A bound that excludes itself is a number in 3.1, and a flag beside the bound in 3.0."""
    for exclusive, inclusive, stricter in _BOUNDS:
        limit = schema.get(exclusive)
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            continue
        spelled[exclusive] += 1
        given = schema.get(inclusive)
        if isinstance(given, int | float) and given != limit and stricter(given, limit) == given:
            del schema[exclusive]
        else:
            schema[inclusive], schema[exclusive] = limit, True


def _file(schema: Document, spelled: Counter[str]) -> None:
    """The content of a file is named by its media type in 3.1, and by a format in 3.0."""
    encoding, media = schema.pop("contentEncoding", None), schema.pop("contentMediaType", None)
    if encoding is None and media is None:
        return
    spelled["content of files"] += 1
    schema.setdefault("type", "string")
    is_text = str(encoding).lower() in ("base64", "base64url", "base32", "base16", "quoted-printable")
    is_json = str(media).startswith(("application/json", "text/"))
    if is_text or not is_json:
        schema.setdefault("format", "byte" if is_text else "binary")


def _tuple(schema: Document, spelled: Counter[str]) -> Iterator[str]:
    """The elements of a tuple become the elements of a list that may be any of them."""
    given = schema.pop("prefixItems", None)
    if isinstance(schema.get("items"), list):
        given = schema.pop("items")
    if not isinstance(given, list):
        return

    rest = schema.pop("items", {})
    if rest == {"not": {}}:
        schema.setdefault("maxItems", len(given))
        rest = None
    distinct = [one for index, one in enumerate(given) if one not in given[:index]]
    if rest and rest not in distinct:
        distinct.append(rest)
    schema["items"] = {} if rest == {} or not distinct else _any_of(distinct)
    schema.setdefault("type", "array")
    spelled["prefixItems"] += 1
    if len(distinct) > 1:
        yield "the order of the elements' types is not checked here"


def _any_of(options: list[Any]) -> Any:
    return options[0] if len(options) == 1 else {"anyOf": options}


def _open_members(schema: Document) -> Iterator[str]:
    """Members by the pattern of their name become any additional members of that kind."""
    patterns = schema.pop("patternProperties", None)
    if isinstance(patterns, dict) and patterns:
        options = [one for one in patterns.values() if isinstance(one, dict)]
        schema.setdefault("type", "object")
        if not isinstance(schema.get("additionalProperties"), dict):
            schema["additionalProperties"] = _any_of(options) if options else True
        yield f"names of members ({', '.join(patterns)}) are not checked here"

    rest = schema.pop("unevaluatedProperties", None)
    if isinstance(rest, dict) and "additionalProperties" not in schema:
        schema["additionalProperties"] = rest


def _condition(schema: Document) -> Iterator[str]:
    """Members that exist under a condition become optional members."""
    test = schema.pop("if", None)
    parts = [schema.pop(name, None) for name in ("then", "else")]
    if not isinstance(test, dict):
        return

    for part in parts:
        for name, inner in ((part or {}).get("properties") or {}).items() if isinstance(part, dict) else ():
            properties = schema.setdefault("properties", {})
            if name not in properties:
                properties[name] = copy.deepcopy(inner)
    yield "if, then and else are not checked here; their members are optional"


def _types(schema: Document, spelled: Counter[str]) -> None:
    kinds = schema.get("type")
    if kinds == "null":
        kinds = ["null"]
    if not isinstance(kinds, list):
        return
    spelled["lists of types"] += 1
    del schema["type"]

    distinct = [one for one in dict.fromkeys(map(str, kinds)) if one != "null"]
    if len(distinct) < len(kinds):
        schema["nullable"] = True
    if not distinct:
        schema["enum"] = [None]
    elif {"integer", "number"} == set(distinct):
        schema["type"] = "number"
    elif len(distinct) == 1:
        schema["type"] = distinct[0]
    elif len(distinct) < 6:
        schema.setdefault("anyOf", [_of_kind(schema, kind) for kind in distinct])
        for name in (*_ARRAY_WORDS, *_OBJECT_WORDS):
            schema.pop(name, None)


def _of_kind(schema: Document, kind: str) -> Document:
    words = {"array": _ARRAY_WORDS, "object": _OBJECT_WORDS}.get(kind, ())
    return {"type": kind, **{name: schema[name] for name in words if name in schema}}


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("enum") == [None]


def _null_variants(schema: Document, spelled: Counter[str]) -> None:
    """``anyOf: [X, null]`` is X that may be null."""
    for name in ("anyOf", "oneOf"):
        variants = schema.get(name)
        if not isinstance(variants, list) or not any(map(_is_null, variants)):
            continue
        spelled["null among variants"] += 1
        schema["nullable"] = True
        left = [one for one in variants if not _is_null(one)]
        if len(left) > 1:
            schema[name] = left
            continue

        del schema[name]
        for only in left:
            if "$ref" in only or "allOf" in only or "allOf" in schema:
                schema.setdefault("allOf", []).append(only)
            else:
                for key, value in only.items():
                    schema.setdefault(key, value)

    if schema.get("nullable") and isinstance(schema.get("enum"), list) and len(schema["enum"]) > 1:
        schema["enum"] = [one for one in schema["enum"] if one is not None]
        schema["enum"].append(None)


def _security(document: Document) -> Iterator[tuple[str, str]]:
    """Schemes that 3.0 does not know go, with their uses."""
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    for name in [name for name, one in schemes.items() if (one or {}).get("type") == "mutualTLS"]:
        del schemes[name]
        yield f"components.securitySchemes.{name}", "removed: 3.0 has no mutualTLS"
        holders = [document, *(document.get("paths") or {}).values()]
        for item in list(holders[1:]):
            holders += [item[method] for method in METHODS if isinstance(item, dict) and method in item]
        for holder in holders:
            if isinstance(holder, dict) and isinstance(holder.get("security"), list):
                holder["security"] = [one for one in holder["security"] if name not in one]
