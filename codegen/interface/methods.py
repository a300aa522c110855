"""One module of ``a2e_async/api`` as data: its operations and methods, from the parsed document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from openapi_python_client.parser.openapi import Endpoint as ParsedEndpoint
from openapi_python_client.parser.properties import ModelProperty

from codegen.document.tree import Document, SpecError, json_schema, merged_properties, resolve
from codegen.interface import naming
from codegen.interface.docstrings import method_doc
from codegen.interface.families import Endpoint, Family
from codegen.interface.keywords import Shapes, keyword_of
from codegen.interface.model import Method, Module, Paged
from codegen.interface.outputs import outputs_of
from codegen.interface.prose import block, docstring, escape
from codegen.interface.repeats import is_repeatable
from codegen.interface.replies import Records
from codegen.interface.rules import rules_of
from codegen.interface.values import Keyword
from codegen.interface.words import description, meaning

__all__ = ["module_of"]

_GENERATED = "Generated from openapi/a2e.json by `make regenerate`. Do not edit."
_OPTIONS = "    Every method also takes the options in `CallOptions`."

_PAGE = re.compile(r"page(?:Num|No|Number|Index)?|current")
_SIZE = re.compile(r"page_?size", re.IGNORECASE)

_DEFAULT_SIZE = 10
"""Records per page where the document names no default: the default of most lists that name one."""

_SAFE_SIZE = 100
"""The most records per page where the document names no bound: the bound of all lists that name one."""

_NAMED = "Without one, the SDK names the task."


def module_of(
    document: Document,
    family: Family,
    parsed: Mapping[Endpoint, ParsedEndpoint],
    models: Mapping[str, ModelProperty],
) -> Module:
    """Everything that the template needs for one resource.

    Args:
        document: for references and limits.
        family: the resource.
        parsed: the parser's view of its operations.
        models: the parser's view of each object, by class name.

    Raises:
        SpecError: names the operation that cannot be generated.
    """
    taken = {*naming.IMPORTED, family.class_name}
    records, shapes = Records(document, family, taken), Shapes(taken, models)
    if family.start is not None:
        records.task_record()

    ordered = sorted(family.endpoints, key=lambda one: one is not family.start)
    methods = []
    for endpoint in ordered:
        try:
            methods.append(_method(document, family, endpoint, parsed[endpoint], records, shapes))
        except SpecError as error:
            raise SpecError(f"{endpoint.ref.place}: {error}") from error
    _refuse_constants(methods, taken)

    names = {one: method.name for one, method in zip(ordered, methods, strict=True)}
    routes = {
        role: names[endpoint]
        for role, endpoint in (
            ("start", family.start),
            ("get", family.get),
            ("batch_detail", family.batch_detail),
            ("list", family.list),
            ("delete", family.delete),
        )
        if endpoint is not None
    }

    outputs = outputs_of(document, family)
    tag = _tag(document, ordered[0])
    first = naming.path_segments(ordered[0].ref.path)[0]
    heading = escape(f"{tag.get('name', family.class_name)} (`{first}`)")
    return Module(
        resource=family.resource,
        class_name=family.class_name,
        heading=heading,
        doc=docstring([block(f"{heading}: `a2e.{family.resource}`.", 0), [_GENERATED]], 0),
        class_doc=docstring(
            [
                block(f"{heading}.", 4),
                block(escape(description(tag.get("description", ""))), 4),
                [_OPTIONS],
            ],
            4,
        ),
        shapes=tuple(shapes.found),
        records=tuple(records.classes),
        methods=tuple(methods),
        routes=routes,
        record_type=records.task_record() if family.start else "",
        outputs=outputs.fields,
        makes_file=outputs.makes_file,
    )


def _refuse_constants(methods: Sequence[Method], taken: set[str]) -> None:
    """Refuse a constant that would hide another one or a class.

    Raises:
        SpecError: names both operations.
    """
    seen: dict[str, Method] = {}

    for method in methods:
        other = seen.setdefault(method.constant, method)
        if other is not method or method.constant in taken:
            what = f"{other.http} {other.path}" if other is not method else "a class"
            raise SpecError(
                f"{method.http} {method.path} and {what} would both be {method.constant} in their module"
            )


def _tag(document: Document, endpoint: Endpoint) -> Document:
    name = next(iter(endpoint.operation.get("tags", ())), None)
    return next((dict(tag) for tag in document.get("tags", ()) if tag.get("name") == name), {})


def _method(
    document: Document,
    family: Family,
    endpoint: Endpoint,
    parsed: ParsedEndpoint,
    records: Records,
    shapes: Shapes,
) -> Method:
    operation = endpoint.operation
    if parsed.header_parameters or parsed.cookie_parameters:
        raise SpecError("header and cookie parameters are not supported")

    is_call = endpoint is family.start
    paged = _paging(document, endpoint)
    keywords = [
        *_parameter_keywords(document, family, endpoint, parsed, shapes, paged),
        *_body(document, family, endpoint, parsed, shapes),
    ]
    declared = "requestBody" in operation
    writes = endpoint.ref.method in ("post", "put", "patch")

    method = Method(
        name="__call__" if is_call else endpoint.method_name,
        http=endpoint.ref.method.upper(),
        path=endpoint.ref.path,
        reply=records.reply_of(endpoint, listing=paged is not None),
        keywords=tuple(keywords),
        has_body=writes,
        free_body=writes and (not declared or operation.get("x-a2e-open-body") is True),
        paged=paged,
        rules=rules_of(endpoint, [one for one in keywords if one.place == "body"]),
        is_start=family.is_start(endpoint),
        is_call=is_call,
        streams=_streams(document, endpoint, keywords),
        waits=_waits(family, endpoint),
        repeatable=is_repeatable(family, endpoint),
        may_be_empty=writes and not family.is_start(endpoint) and not _declares_reply(operation),
        doc="",
    )
    _refuse_doubles(method)

    names = records.renamed | {one.key: one.name for one in keywords if one.key != one.name}
    return attrs.evolve(method, doc=method_doc(family, endpoint, method, names))


def _declares_reply(operation: Mapping[str, Any]) -> bool:
    """Whether the document says what a 200 contains."""
    return bool(operation.get("responses", {}).get("200", {}).get("content"))


def _parameter_keywords(
    document: Document,
    family: Family,
    endpoint: Endpoint,
    parsed: ParsedEndpoint,
    shapes: Shapes,
    paged: Paged | None,
) -> list[Keyword]:
    """The keywords of path and query. The task's id comes first in the operation that reads one task."""
    parameters = _parameters(document, endpoint)
    id_key = family.get_key if endpoint is family.get else None
    its_id = "The task's id." if family.start else "The record's id."
    found = []

    for one in parsed.path_parameters:
        parameter = parameters[one.name.get_untrusted_value()]
        found.append(
            keyword_of(
                document,
                shapes,
                one,
                parameter["schema"],
                place="path",
                required=True,
                description=parameter.get("description", "") or its_id,
                name="id" if len(parsed.path_parameters) == 1 else None,
            )
        )

    for one in sorted(parsed.query_parameters, key=lambda one: one.name.get_untrusted_value() != id_key):
        key = one.name.get_untrusted_value()
        if paged and key == paged.page:
            continue
        found.append(
            keyword_of(
                document,
                shapes,
                one,
                _query_schema(parameters[key], paged),
                place="query",
                required=one.required and not (paged and key == paged.size),
                description=parameters[key].get("description", ""),
                name="id" if key == id_key else None,
            )
        )

    return found


def _streams(document: Document, endpoint: Endpoint, keywords: Sequence[Keyword]) -> bool:
    """Whether the service replies with events when ``stream`` is set."""
    reply = resolve(document, endpoint.operation["responses"].get("200", {}))
    switch = any(one.key == "stream" and one.type.kind == "bool" for one in keywords)
    return switch and "text/event-stream" in reply.get("content", {})


def _waits(family: Family, endpoint: Endpoint) -> bool:
    """Whether it reads part of one task, and the service replies with 202 until that is ready."""
    placeholders = re.findall(r"{", endpoint.ref.path)
    return (
        family.start is not None
        and endpoint.ref.method == "get"
        and len(placeholders) == 1
        and "202" in endpoint.operation["responses"]
    )


def _query_schema(parameter: Document, paged: Paged | None) -> Document:
    """A parameter's schema. A page has at least one record, even where the document does not say so."""
    schema: Document = parameter["schema"]
    return {"minimum": 1, **schema} if paged and parameter["name"] == paged.size else schema


def _parameters(document: Document, endpoint: Endpoint) -> dict[str, Document]:
    shared = document["paths"][endpoint.ref.path].get("parameters", [])
    own = endpoint.operation.get("parameters", [])
    found = [resolve(document, one) for one in [*shared, *own]]
    return {one["name"]: dict(one) for one in found}


def _paging(document: Document, endpoint: Endpoint) -> Paged | None:
    """How a list counts its pages, None if the operation is not a list."""
    page = size = None
    default, most = _DEFAULT_SIZE, _SAFE_SIZE

    for name, parameter in _parameters(document, endpoint).items():
        schema = resolve(document, parameter.get("schema", {}))
        if parameter.get("in") != "query" or schema.get("type") != "integer":
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


def _body(
    document: Document, family: Family, endpoint: Endpoint, parsed: ParsedEndpoint, shapes: Shapes
) -> list[Keyword]:
    holder = resolve(document, endpoint.operation.get("requestBody"))
    if holder is None:
        return []

    schema = json_schema(holder)
    if schema is None or len(parsed.bodies) != 1:
        raise SpecError("only one JSON body is supported")

    properties, required = merged_properties(document, schema)
    model = parsed.bodies[0].prop
    members = shapes.members_of(model) if isinstance(model, ModelProperty) else []
    props = {one.name.get_untrusted_value(): one for one in members}

    found = []
    for key, inner in properties.items():
        if key not in props:
            raise SpecError(f"the body member {key!r} was lost by the parser")

        is_name = key == "name" and family.is_start(endpoint)
        found.append(
            keyword_of(
                document,
                shapes,
                props[key],
                inner,
                place="body",
                # The SDK writes the name of a start's task, so a caller does not have to.
                required=key in required and not is_name,
                description=f"{meaning(resolve(document, inner), key)} {_NAMED}" if is_name else "",
            )
        )
    return found


def _refuse_doubles(method: Method) -> None:
    """Refuse two keywords of one name.

    Raises:
        SpecError: names both.
    """
    seen: dict[str, str] = {"body": "the free-form body"} if method.free_body else {}
    if method.waits:
        seen["timeout"] = "the time to wait"

    for one in method.keywords:
        if one.name in seen:
            raise SpecError(f"{seen[one.name]!r} and {one.key!r} would both be {one.name!r}")
        seen[one.name] = one.key
