"""One module of ``a2e_async/api`` as data: its operations and methods, from the parsed document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs

from codegen.document.content import declares_reply
from codegen.document.tree import Document, SpecError, resolve
from codegen.interface import naming
from codegen.interface.bodies import body_of
from codegen.interface.docstrings import attribute_doc, method_doc
from codegen.interface.families import Endpoint, Family
from codegen.interface.keywords import Shapes
from codegen.interface.lists import paging_of
from codegen.interface.model import Method, Module, Rules
from codegen.interface.outputs import outputs_of
from codegen.interface.parameters import parameter_keywords
from codegen.interface.prose import block, docstring, escape
from codegen.interface.repeats import is_repeatable
from codegen.interface.replies import Records
from codegen.interface.rules import rules_of
from codegen.interface.values import Keyword
from codegen.interface.words import description

__all__ = ["module_of"]

_GENERATED = "Generated from openapi/a2e.json by `make regenerate`. Do not edit."
_OPTIONS = "    Every method also takes the options in `CallOptions`."


def module_of(document: Document, family: Family) -> Module:
    """Everything that the template needs for one resource.

    Args:
        document: for references and limits.
        family: the resource.

    Raises:
        SpecError: names the operation that cannot be generated.
    """
    taken = {*naming.IMPORTED, family.class_name}
    records, shapes = Records(document, family, taken), Shapes(taken)
    if family.start is not None:
        records.task_record()

    endpoints = sorted(family.endpoints, key=lambda one: one is not family.start)
    methods = [_placed_method(document, family, one, records, shapes) for one in endpoints]
    _refuse_constants(methods, taken)

    outputs = outputs_of(document, family)
    tag = _tag(document, endpoints[0])
    first = naming.path_segments(endpoints[0].ref.path)[0]
    title = escape(tag.get("name", family.class_name))
    heading = f"{title} (`{first}`)"
    record_type = records.task_record() if family.start else ""

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
        attribute_doc=attribute_doc(
            family,
            title,
            list(zip(methods, endpoints, strict=True)),
            _renamed(records, [keyword for method in methods for keyword in method.keywords]),
            record=record_type,
            makes_file=outputs.makes_file,
        ),
        shapes=tuple(shapes.found),
        records=tuple(records.classes),
        methods=tuple(methods),
        routes=_routes(family, dict(zip(endpoints, methods, strict=True))),
        record_type=record_type,
        outputs=outputs.fields,
        makes_file=outputs.makes_file,
    )


def _routes(family: Family, methods: Mapping[Endpoint, Method]) -> dict[str, str]:
    """The methods that a workflow is run with: role -> method name."""
    roles = {
        "start": family.start,
        "get": family.get,
        "batch_detail": family.batch_detail,
        "list": family.list,
        "delete": family.delete,
    }
    return {role: methods[endpoint].name for role, endpoint in roles.items() if endpoint is not None}


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


def _placed_method(
    document: Document, family: Family, endpoint: Endpoint, records: Records, shapes: Shapes
) -> Method:
    """The method of an operation. An error says which operation it is."""
    try:
        return _method(document, family, endpoint, records, shapes)
    except SpecError as error:
        raise SpecError(f"{endpoint.ref.place}: {error}") from error


def _method(
    document: Document, family: Family, endpoint: Endpoint, records: Records, shapes: Shapes
) -> Method:
    """One operation as a method, with its keywords, rules, reply and docstring."""
    operation = endpoint.operation
    is_call = endpoint is family.start
    paged = paging_of(document, endpoint)
    body = body_of(document, family, endpoint, shapes)
    keywords = _distinct(
        [*parameter_keywords(document, family, endpoint, shapes, paged), *body.keywords],
        {"body"} if body.free else set(),
    )
    writes = endpoint.ref.method in ("post", "put", "patch")
    reply = records.reply_of(endpoint, listing=paged is not None)
    says_nothing = reply.is_confirmation or not declares_reply(document, operation)

    method = Method(
        name="__call__" if is_call else endpoint.method_name,
        http=endpoint.ref.method.upper(),
        path=endpoint.ref.path,
        reply=reply,
        keywords=tuple(keywords),
        has_body=writes or body.declared,
        free_body=body.free,
        form=body.form,
        optional_body=body.optional,
        paged=paged,
        rules=_rules(endpoint, keywords, body.rules),
        is_start=family.is_start(endpoint),
        is_call=is_call,
        streams=_streams(document, endpoint, keywords),
        waits=_waits(family, endpoint),
        repeatable=is_repeatable(family, endpoint),
        may_be_empty=writes and not family.is_start(endpoint) and says_nothing,
        doc="",
    )
    _refuse_doubles(method)

    doc = method_doc(family, endpoint, method, _renamed(records, keywords))
    return attrs.evolve(method, doc=doc)


def _renamed(records: Records, keywords: Sequence[Keyword]) -> dict[str, str]:
    """Wire name -> Python name, where they differ."""
    return records.renamed | {one.key: one.name for one in keywords if one.key != one.name}


def _rules(endpoint: Endpoint, keywords: Sequence[Keyword], own: Rules) -> Rules:
    """The rules that the overlay gives, and those of the body's alternatives where it gives none."""
    given = rules_of(endpoint, [one for one in keywords if one.place == "body"])
    known = given.any_of or given.needs
    return given if known else attrs.evolve(own, exclusive=given.exclusive)


def _distinct(keywords: Sequence[Keyword], taken: set[str]) -> list[Keyword]:
    """The keywords; one that has the name of a keyword in another place is named after its own place."""
    found: list[Keyword] = []
    places = dict.fromkeys(taken, "")

    for one in keywords:
        name = one.name
        if places.setdefault(name, one.place) != one.place:
            name = f"{one.place}_{naming.keyword_name(one.key)}"
        found.append(attrs.evolve(one, name=name))
    return found


def _streams(document: Document, endpoint: Endpoint, keywords: Sequence[Keyword]) -> bool:
    """Whether the service replies with events when ``stream`` is set."""
    reply = resolve(document, endpoint.operation.get("responses", {}).get("200", {}))
    switch = any(one.key == "stream" and one.type.kind == "bool" for one in keywords)
    return switch and "text/event-stream" in reply.get("content", {})


def _waits(family: Family, endpoint: Endpoint) -> bool:
    """Whether it reads part of one task, and the service replies with 202 until that is ready."""
    placeholders = re.findall(r"{", endpoint.ref.path)
    return (
        family.start is not None
        and endpoint.ref.method == "get"
        and len(placeholders) == 1
        and "202" in endpoint.operation.get("responses", {})
    )


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
