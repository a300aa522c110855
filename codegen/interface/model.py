"""The generated interface as data: what the templates render, and what ``diff`` compares.

The templates see nothing else, so equal interfaces give equal code. The attributes ``doc``,
``attribute_doc``, ``details``, ``heading``, ``place`` and ``schema`` hold words and their sources; users
program against the rest.
"""

from __future__ import annotations

from typing import Any, Literal

import attrs

from codegen.interface.prose import literal
from codegen.interface.values import FREE, Keyword, Shape, tuple_of

__all__ = [
    "Attribute",
    "Condition",
    "Interface",
    "Method",
    "Module",
    "Paged",
    "PagedBy",
    "RecordClass",
    "Reply",
    "Rules",
]


_PLACES = (
    ("path", "path_fields"),
    ("query", "query"),
    ("header", "headers"),
    ("cookie", "cookies"),
    ("body", "body"),
)
"""Where a keyword is sent, and the argument of the `Operation` that lists it."""


@attrs.frozen
class Reply:
    """What an operation returns.

    Attributes:
        form: one record, many, the same where the shape is a guess, a text, raw JSON, or the content of a
            file.
        element: the record class, "" for a text, raw JSON and files.
        inside: the members that lead to it, joined by dots.
        doc: a sentence for the docstring.
    """

    form: Literal["one", "many", "likely", "likely_many", "text", "raw", "content", "plain_text"]
    element: str = ""
    inside: str = ""
    doc: str = "The decoded JSON."

    @property
    def is_confirmation(self) -> bool:
        """Whether it only says that something was done."""
        return self.element == "Confirmation"

    @property
    def decoder(self) -> str:
        """The expression for the function that decodes the reply."""
        inside = f", {literal(self.inside)}" if self.inside else ""
        return f"{self.form}({self.element}{inside})" if self.element else self.form

    @property
    def annotation(self) -> str:
        """The type of the decoded reply."""
        if self.element:
            return f"Sequence[{self.element}]" if self.form.endswith("many") else self.element
        return {"raw": "Any", "content": "bytes"}.get(self.form, "str")


PagedBy = Literal["page", "offset", "cursor", "id"]
"""What the parameter of the page takes; see `a2e_async._spec.operation.Paging`."""


@attrs.frozen
class Paged:
    """How a list counts its pages.

    Attributes:
        page, size: the query parameters, None where the operation has no paging.
        default, most: records per page.
        by: what ``page`` takes.
        first: the number of the first page.
    """

    page: str | None
    size: str | None
    default: int
    most: int
    by: PagedBy = "page"
    first: int = 1

    @property
    def code(self) -> str:
        """The expression that makes its `Paging`."""
        if self.page is None and self.size is None:
            return "Paging()"
        arguments = [literal(self.page), literal(self.size), str(self.default), str(self.most)]
        arguments += [f"by={literal(self.by)}"] if self.by != "page" else []
        arguments += [f"first={self.first}"] if self.first != 1 else []
        return f"Paging({', '.join(arguments)})"


@attrs.frozen
class Condition:
    """A rule that applies under a condition. Names are keywords; see `a2e_async._spec.rules.Need`.

    Attributes:
        when: the condition. None among the values means "left out"; None instead of values means
            "given, any value".
        all_of: keywords that are all needed then.
        any_of: keywords of which one is needed then.
        only: the values that a keyword may have then.
        most: the greatest number, or number of elements, of a keyword then.
    """

    when: dict[str, tuple[Any, ...] | None]
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    only: dict[str, tuple[Any, ...]] = attrs.field(factory=dict[str, tuple[Any, ...]])
    most: dict[str, float] = attrs.field(factory=dict[str, float])

    @property
    def code(self) -> str:
        """The expression that makes its `Need`."""
        when = ", ".join(
            f"{literal(name)}: {'None' if values is None else tuple_of(values)}"
            for name, values in self.when.items()
        )
        arguments = [f"{{{when}}}"]
        arguments += [f"all_of={tuple_of(self.all_of)}"] if self.all_of else []
        arguments += [f"any_of={tuple_of(self.any_of)}"] if self.any_of else []

        only = ", ".join(f"{literal(name)}: {tuple_of(values)}" for name, values in self.only.items())
        arguments += [f"only={{{only}}}"] if only else []
        most = ", ".join(f"{literal(name)}: {limit}" for name, limit in self.most.items())
        arguments += [f"most={{{most}}}"] if most else []

        return f"Need({', '.join(arguments)})"


@attrs.frozen
class Rules:
    """All rules between the keywords of one operation.

    Attributes:
        any_of: of each group at least one keyword is needed.
        exclusive: of each group at most one keyword may be given.
        needs: rules that apply under a condition.
    """

    any_of: tuple[tuple[str, ...], ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()
    needs: tuple[Condition, ...] = ()

    @property
    def code(self) -> list[str]:
        """The arguments of the `Operation`."""
        found = []

        if self.any_of:
            found.append(f"any_of=({', '.join(map(tuple_of, self.any_of))},)")
        if self.exclusive:
            found.append(f"exclusive=({', '.join(map(tuple_of, self.exclusive))},)")
        if self.needs:
            found.append(f"needs=({', '.join(one.code for one in self.needs)},)")

        return found


@attrs.frozen
class Method:
    """One operation of a module and the method that calls it.

    Attributes:
        free_body: takes body members that are not declared.
        form: how the body is written; "" is a JSON object of the keywords.
        optional_body: without any body keyword, no body is sent.
        is_start: returns a Job.
        is_call: the workflow's own start, called on the resource itself.
        streams: returns events with ``stream=True``.
        waits: the service replies with 202 until there is a result.
        repeatable: is known to do no more when it is sent twice.
        may_be_empty: writes, and the document declares no content of its reply.
    """

    name: str
    http: str
    path: str
    reply: Reply
    keywords: tuple[Keyword, ...]
    has_body: bool
    free_body: bool
    form: str
    optional_body: bool
    paged: Paged | None
    rules: Rules
    is_start: bool
    is_call: bool
    streams: bool
    waits: bool
    repeatable: bool
    may_be_empty: bool
    doc: str

    @property
    def constant(self) -> str:
        """The name of its `Operation` in the module."""
        return "START" if self.is_call else self.name.upper()

    @property
    def declaration(self) -> list[str]:
        """The arguments of its `Operation`."""
        found = [literal(self.http), literal(self.path), self.reply.decoder]

        for place, argument in _PLACES:
            fields = [one.field for one in self.keywords if one.place == place]
            if fields:
                found.append(f"{argument}=({', '.join(fields)},)")

        if self.has_body:
            found.append("has_body=True")
        if self.form:
            found.append(f"form={literal(self.form)}")
        found += ["optional_body=True"] if self.optional_body and self.keywords_of("body") else []
        if self.paged:
            found.append(f"paging={self.paged.code}")
        found += self.rules.code
        found += ["repeatable=True"] if self.repeatable else []
        return [*found, "may_be_empty=True"] if self.may_be_empty else found

    def keywords_of(self, place: str) -> list[Keyword]:
        """The keywords that are sent in one place."""
        return [one for one in self.keywords if one.place == place]

    @property
    def ordered(self) -> list[Keyword]:
        """The keywords, required ones first, and those of the webhook last."""
        return sorted(self.keywords, key=lambda one: (not one.required, one.name.startswith("webhook_")))

    @property
    def positional(self) -> list[Keyword]:
        """The keywords that may be given without a name: ids in the path, or the only required id."""
        required = [one for one in self.keywords if one.required]
        if len(required) == 1 and required[0].name in ("id", "ids") and not self.is_call:
            return required
        return [one for one in self.keywords if one.place == "path"]

    @property
    def signature(self) -> str:
        """The parameters of the method."""
        return self._signature("")

    @property
    def streaming_signature(self) -> str:
        """The parameters of the overload that streams."""
        return self._signature("Literal[True]")

    @property
    def plain_signature(self) -> str:
        """The parameters of the overload that does not stream."""
        return self._signature("Literal[False] | None = None")

    def _signature(self, stream: str) -> str:
        """The parameters of the method, with a type of its own for ``stream`` if one is given."""
        positional = self.positional
        parts = ["self", *(f"{one.name}: {one.annotation}" for one in positional)]

        named = [
            f"{one.name}: {stream}"
            if stream and one.key == "stream"
            else f"{one.name}: {one.annotation}" + ("" if one.required else " | None = None")
            for one in self.ordered
            if one not in positional
        ]
        if self.free_body:
            named.append(f"body: {FREE} | None = None")
        if self.waits:
            named.append("timeout: float | None = None")

        if named:
            parts.append("*")
        return ", ".join([*parts, *named, "**options: Unpack[CallOptions]"])

    @property
    def values(self) -> str:
        """The expression for the mapping of keywords to values."""
        return "{" + ", ".join(f"{literal(one.name)}: {one.name}" for one in self.ordered) + "}"

    @property
    def options(self) -> str:
        """The expression for the options."""
        return "with_body(body, options)" if self.free_body else "options"


@attrs.frozen
class Attribute:
    """One attribute of a record class."""

    name: str
    key: str
    annotation: str
    doc: str

    @property
    def optional(self) -> str:
        """The annotation of an attribute that may be missing."""
        return self.annotation if self.annotation == "Any" else f"{self.annotation} | None"


@attrs.frozen
class RecordClass:
    """One record class.

    Attributes:
        doc: the first line of its docstring.
        details: what else the document says about it.
    """

    name: str
    base: str
    doc: str
    details: str
    attributes: tuple[Attribute, ...]


@attrs.frozen
class Module:
    """One module of `a2e_async/api`.

    Attributes:
        attribute_doc: the docstring of the client's attribute.
        routes: the methods that a workflow is run with: role -> method name.
        record_type: the record class of its tasks, "" if the resource is not a workflow.
        outputs: the fields of a task record that hold its files, by their names on the wire.
        makes_file: whether a completed task has a file.
    """

    resource: str
    class_name: str
    heading: str
    doc: str
    class_doc: str
    attribute_doc: str
    shapes: tuple[Shape, ...]
    records: tuple[RecordClass, ...]
    methods: tuple[Method, ...]
    routes: dict[str, str]
    record_type: str
    outputs: tuple[str, ...]
    makes_file: bool

    @property
    def route_arguments(self) -> list[str]:
        """The arguments of its `Routes`."""
        constants = {one.name: one.constant for one in self.methods}
        found = [f"{role}={constants[name]}" for role, name in self.routes.items()]

        if self.outputs:
            found.append(f"outputs={tuple_of(self.outputs)}")
        if not self.makes_file:
            found.append("makes_file=False")
        return found

    @property
    def streams(self) -> bool:
        """Whether one of its methods can stream."""
        return any(one.streams for one in self.methods)

    @property
    def exported(self) -> list[str]:
        """The public names of the module."""
        names = [shape.name for shape in self.shapes] + [record.name for record in self.records]
        return sorted([*names, self.class_name])


@attrs.frozen
class Interface:
    """Everything that is generated."""

    modules: tuple[Module, ...]

    @property
    def operations(self) -> int:
        """The number of operations."""
        return sum(len(module.methods) for module in self.modules)
