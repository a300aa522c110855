"""One module of `a2e_async/api` as data for the template: its operations and its methods."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs
from openapi_python_client.parser.openapi import Endpoint as ParsedEndpoint
from openapi_python_client.parser.properties import ModelProperty

from codegen import naming
from codegen.docstrings import method_doc
from codegen.document import Document, SpecError, json_schema, merged_properties, resolve
from codegen.model import Endpoint, Family
from codegen.prose import block, docstring, escape, literal, sentence
from codegen.replies import RecordClass, Records, Reply
from codegen.requests import Keyword, Shape, Shapes, keyword_of, members_of
from codegen.rules import Rules, rules_of

__all__ = ["Method", "Module", "module_of"]

_PAGE = re.compile(r"page(?:Num|No|Number|Index)?|current")
_SIZE = re.compile(r"page_?size", re.IGNORECASE)


@attrs.frozen
class Paged:
    """How a list counts its pages."""

    page: str | None
    size: str | None
    default: int
    most: int

    @property
    def code(self) -> str:
        """The expression that makes its `Paging`."""
        if self.page is None and self.size is None:
            return "Paging()"
        return f"Paging({literal(self.page)}, {literal(self.size)}, {self.default}, {self.most})"


@attrs.frozen
class Method:
    """One operation of the module and the method that calls it."""

    name: str
    constant: str
    http: str
    path: str
    reply: Reply
    path_keywords: tuple[Keyword, ...]
    query_keywords: tuple[Keyword, ...]
    body_keywords: tuple[Keyword, ...]
    has_body: bool
    free_body: bool
    paged: Paged | None
    rules: Rules
    is_start: bool
    is_call: bool
    streams: bool
    doc: str

    @property
    def declaration(self) -> list[str]:
        """The arguments of its `Operation`."""
        found = [literal(self.http), literal(self.path), self.reply.decoder]
        for place, keywords in (
            ("path_fields", self.path_keywords),
            ("query", self.query_keywords),
            ("body", self.body_keywords),
        ):
            if keywords:
                found.append(f"{place}=({', '.join(one.field for one in keywords)},)")
        if self.has_body:
            found.append("has_body=True")
        if self.paged:
            found.append(f"paging={self.paged.code}")
        return [*found, *self.rules.code]

    @property
    def keywords(self) -> list[Keyword]:
        """All of them, required ones first."""
        both = [*self.path_keywords, *self.query_keywords, *self.body_keywords]
        return sorted(both, key=lambda one: not one.required)

    @property
    def positional(self) -> list[Keyword]:
        """What may be given without its name: the ids in the path, or the only thing required."""
        required = [one for one in self.keywords if one.required]
        if len(required) == 1 and required[0].name in ("id", "ids") and not self.is_call:
            return required
        return list(self.path_keywords)

    @property
    def named(self) -> list[Keyword]:
        """What must be given by name."""
        return [one for one in self.keywords if one not in self.positional]

    @property
    def signature(self) -> str:
        """The parameters."""
        return self._signature("")

    @property
    def streaming_signature(self) -> str:
        """The parameters of a call that streams."""
        return self._signature("Literal[True]")

    @property
    def plain_signature(self) -> str:
        """The parameters of a call that does not stream."""
        return self._signature("Literal[False] | None = None")

    def _signature(self, stream: str) -> str:
        parts = ["self", *(f"{one.name}: {one.annotation}" for one in self.positional)]
        named = [
            f"{one.name}: {stream}"
            if stream and one.key == "stream"
            else f"{one.name}: {one.annotation}" + ("" if one.required else " | None = None")
            for one in self.named
        ]
        if self.free_body:
            named.append("body: Mapping[str, Any] | None = None")
        if named:
            parts.append("*")
        return ", ".join([*parts, *named, "**options: Unpack[CallOptions]"])

    @property
    def values(self) -> str:
        """The mapping of keywords to values."""
        return "{" + ", ".join(f"{literal(one.name)}: {one.name}" for one in self.keywords) + "}"

    @property
    def options(self) -> str:
        """The expression for the options."""
        return "with_body(body, options)" if self.free_body else "options"


@attrs.frozen
class Module:
    """One module of `a2e_async/api`."""

    resource: str
    class_name: str
    heading: str
    doc: str
    class_doc: str
    shapes: list[Shape]
    records: list[RecordClass]
    methods: list[Method]
    routes: dict[str, str]
    record_type: str


def module_of(document: Document, family: Family, parsed: Mapping[Endpoint, ParsedEndpoint]) -> Module:
    """Everything that the template needs to know about one resource.

    Raises:
        SpecError: names the operation that cannot be said.
    """
    taken = {*naming.IMPORTED, family.class_name}
    records, shapes = Records(document, family, taken), Shapes(taken)
    if family.start is not None:
        records.task_record()
    ordered = sorted(family.endpoints, key=lambda one: one is not family.start)
    methods = [_method(document, family, one, parsed[one], records, shapes) for one in ordered]
    _refuse_constants(methods, taken)
    constants = {one: method.constant for one, method in zip(ordered, methods, strict=True)}
    routes = {
        role: constants[endpoint]
        for role, endpoint in (
            ("start", family.start),
            ("get", family.get),
            ("batch_detail", family.batch_detail),
            ("list", family.list),
            ("delete", family.delete),
        )
        if endpoint is not None
    }
    tag = _tag(document, ordered[0])
    first = naming.path_segments(ordered[0].ref.path)[0]
    heading = escape(f"{tag.get('name', family.class_name)} (`{first}`)")
    return Module(
        resource=family.resource,
        class_name=family.class_name,
        heading=heading,
        doc=docstring(
            [
                block(f"{heading}: `a2e.{family.resource}`.", 0),
                ["Generated from openapi/a2e.json by `make regenerate`. Do not edit."],
            ],
            0,
        ),
        class_doc=docstring(
            [block(f"{heading}.", 4), block(escape(sentence(tag.get("description", ""))), 4)], 4
        ),
        shapes=shapes.found,
        records=records.classes,
        methods=methods,
        routes=routes,
        record_type=records.task_record() if family.start else "",
    )


def _refuse_constants(methods: Sequence[Method], taken: set[str]) -> None:
    """An operation's constant must not hide another one, or a class."""
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
        raise SpecError(f"{endpoint.ref}: header and cookie parameters are not supported")
    is_call = endpoint is family.start
    name = "__call__" if is_call else endpoint.method_name
    paged, hidden = _paging(document, endpoint)
    id_key = family.get_key if endpoint is family.get else None
    parameters = _parameters(document, endpoint)
    its_id = "The task's id." if family.start else "The id."
    path_keywords = tuple(
        keyword_of(
            document,
            shapes,
            one,
            parameters[one.name.get_untrusted_value()]["schema"],
            required=True,
            description=parameters[one.name.get_untrusted_value()].get("description", "") or its_id,
            name="id" if len(parsed.path_parameters) == 1 else None,
        )
        for one in parsed.path_parameters
    )
    query_keywords = tuple(
        keyword_of(
            document,
            shapes,
            one,
            _query_schema(parameters[one.name.get_untrusted_value()], paged),
            required=one.required and one.name.get_untrusted_value() != (paged.size if paged else None),
            description=parameters[one.name.get_untrusted_value()].get("description", ""),
            name="id" if one.name.get_untrusted_value() == id_key else None,
        )
        for one in parsed.query_parameters
        if one.name.get_untrusted_value() not in hidden
    )
    body_keywords = tuple(_body(document, endpoint, parsed, shapes))
    declared = "requestBody" in operation
    writes = endpoint.ref.method in ("post", "put", "patch")
    streams = any(one.key == "stream" and one.annotation == "bool" for one in body_keywords) and (
        "text/event-stream" in resolve(document, operation["responses"].get("200", {})).get("content", {})
    )
    reply = records.reply_of(endpoint, listing=paged is not None)
    method = Method(
        name=name,
        constant="START" if is_call else naming.snake(endpoint.method_name).upper(),
        http=endpoint.ref.method.upper(),
        path=endpoint.ref.path,
        reply=reply,
        path_keywords=path_keywords,
        query_keywords=query_keywords,
        body_keywords=body_keywords,
        has_body=writes,
        free_body=writes and (not declared or operation.get("x-a2e-open-body") is True),
        paged=paged,
        rules=rules_of(endpoint, body_keywords),
        is_start=family.is_start(endpoint),
        is_call=is_call,
        streams=streams,
        doc="",
    )
    _refuse_doubles(endpoint, method)
    return attrs.evolve(method, doc=method_doc(family, endpoint, method))


def _query_schema(parameter: Document, paged: Paged | None) -> Document:
    """A parameter's schema; a page has at least one record, whether that is stated or not."""
    schema: Document = parameter["schema"]
    return {"minimum": 1, **schema} if paged and parameter["name"] == paged.size else schema


def _parameters(document: Document, endpoint: Endpoint) -> dict[str, Document]:
    shared = document["paths"][endpoint.ref.path].get("parameters", [])
    own = endpoint.operation.get("parameters", [])
    found = [resolve(document, one) for one in [*shared, *own]]
    return {one["name"]: dict(one) for one in found}


def _paging(document: Document, endpoint: Endpoint) -> tuple[Paged | None, set[str]]:
    """How a list turns its pages, and the parameters that the iterator sets itself."""
    page = size = None
    default, most = 20, 0
    for name, parameter in _parameters(document, endpoint).items():
        schema = resolve(document, parameter.get("schema", {}))
        if parameter.get("in") != "query" or schema.get("type") != "integer":
            continue
        if _PAGE.fullmatch(name):
            page = name
        elif _SIZE.fullmatch(name):
            size = name
            default = schema.get("default", schema.get("example", 10))
            # Where no bound is declared, more than the default may be cut down unseen, and a short
            # page would be taken for the last one.
            most = schema.get("maximum", default)
    if page and size:
        return Paged(page, size, int(default), int(most)), {page}
    if endpoint.method_name == "list":
        return Paged(None, None, 0, 0), set()
    return None, set()


def _body(document: Document, endpoint: Endpoint, parsed: ParsedEndpoint, shapes: Shapes) -> list[Keyword]:
    holder = resolve(document, endpoint.operation.get("requestBody"))
    if holder is None:
        return []
    schema = json_schema(holder)
    if schema is None or len(parsed.bodies) != 1:
        raise SpecError(f"{endpoint.ref}: only one JSON body is supported")
    properties, required = merged_properties(document, schema)
    model = parsed.bodies[0].prop
    members = members_of(model) if isinstance(model, ModelProperty) else []
    props = {one.name.get_untrusted_value(): one for one in members}
    found = []
    for key, inner in properties.items():
        if key not in props:
            raise SpecError(f"{endpoint.ref}: the body member {key!r} was lost by the parser")
        found.append(keyword_of(document, shapes, props[key], inner, required=key in required))
    return found


def _refuse_doubles(endpoint: Endpoint, method: Method) -> None:
    seen: dict[str, str] = {"body": "the free-form body"} if method.free_body else {}
    for one in method.keywords:
        if one.name in seen:
            raise SpecError(f"{endpoint.ref}: {seen[one.name]!r} and {one.key!r} would both be {one.name!r}")
        seen[one.name] = one.key
