"""Replies of operations: record classes, and the decoders of the envelope's data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from codegen.document.complete import record_schema_name
from codegen.document.content import Content, success_content
from codegen.document.merging import is_open, members_of, merged, sole_ref
from codegen.document.reply_data import data_of, list_in, task_path
from codegen.document.tree import Document
from codegen.interface import naming
from codegen.interface.families import Endpoint, Family
from codegen.interface.model import Attribute, RecordClass, Reply
from codegen.interface.prose import sentence
from codegen.interface.spellings import spelled_apart

__all__ = ["Records"]

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_WRAPPERS = ("rows", "list", "data")
LIKELY, CONFIRMS = "x-a2e-likely", "x-a2e-confirms"
_CONFIRMATION = Reply("likely", "Confirmation", doc="What the service says about it.")
_DEEPEST = 12
"""Objects inside each other that get classes, where none of them has a name of its own."""


@attrs.define
class Records:
    """The record classes of one module.

    Attributes:
        document: for references.
        family: the resource.
        taken: class names that are in use.
        task_schema: the component of the workflow's task, "" if the resource is not a workflow.
        found: each class by name; None while its attributes are being read.
        renamed: wire name -> attribute of the task and of all classes, where they differ.
    """

    document: Document
    family: Family
    taken: set[str]
    task_schema: str = ""
    renamed: dict[str, str] = attrs.field(factory=dict[str, str])
    found: dict[str, RecordClass | None] = attrs.field(factory=dict[str, RecordClass | None])
    _names: dict[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])

    def __attrs_post_init__(self) -> None:
        if self.family.start is not None:
            self.task_schema = record_schema_name(self.document, self.family)
            self.renamed.update(naming.TASK_FIELDS)

    @property
    def classes(self) -> list[RecordClass]:
        """The classes that were needed, in the order in which they were."""
        return [one for one in self.found.values() if one is not None]

    def task_record(self) -> str:
        """The record class of the workflow's tasks."""
        return self._class({"$ref": f"#/components/schemas/{self.task_schema}"}, "")

    def reply_of(self, endpoint: Endpoint, *, listing: bool) -> Reply:
        """The reply of an operation. A listing is a list whatever the document declares."""
        if self.family.is_start(endpoint):
            return Reply("one", self.task_record(), doc="The record.")

        reply = self._declared(endpoint, listing=listing)
        if reply.form in ("one", "many") and not listing and endpoint.operation.get(LIKELY) is True:
            return Reply("likely" if reply.form == "one" else "likely_many", reply.element, doc=reply.doc)
        return reply

    def _declared(self, endpoint: Endpoint, *, listing: bool) -> Reply:
        """The reply of an operation that starts nothing, as the document declares it."""
        content = success_content(self.document, endpoint.operation)
        if content is not None and not content.is_json:
            return _plain_reply(content)

        data = data_of(self.document, content.schema if content else None)
        if not listing and self._confirms(endpoint, data):
            return _CONFIRMATION
        if self.family.start is not None and endpoint is self.family.get and self._is_object(data):
            return Reply("one", self.task_record(), ".".join(task_path(self.document, data)), "The record.")

        element, inside = self._elements(data, f"{naming.class_name(endpoint.method_name)}Reply", listing)
        if listing or inside is not None:
            return Reply("many", element or "Record", inside or "", "The records.")
        element = self._class(data, f"{naming.class_name(endpoint.method_name)}Reply")
        if element:
            return Reply("one", element, doc="The record.")

        whole = merged(self.document, data).keywords
        if whole.get("type") == "string":
            return Reply("text", doc=sentence(whole.get("description", "")) or "The text.")
        return Reply("raw")

    def _confirms(self, endpoint: Endpoint, data: Any) -> bool:
        """Whether a reply only says that something was done, as that to a deletion."""
        does = endpoint.ref.method == "delete" or endpoint is self.family.delete
        does = does or endpoint.operation.get(CONFIRMS) is True
        return does and (data is None or is_open(self.document, data))

    def _elements(self, data: Any, name: str, listing: bool) -> tuple[str, str | None]:
        """The record class of a list ("" if it is open), and the member that has the list.

        The member is "" for one that every list may have, and None if the data is no list.
        """
        if data is None:
            return "", None
        whole = merged(self.document, data)
        if whole.keywords.get("type") == "array":
            element = self._class(whole.keywords.get("items", {}), name)
            return element, "" if element else None

        # A reply may be a list or an object with one, such as the records of a page with their number.
        for variant in (one for group in whole.groups for one in group):
            element, inside = self._elements(variant, name, listing)
            if inside is not None:
                return element, inside

        found = members_of(self.document, data)
        lists = {
            key: inner.get("items", {})
            for key, schema in found.properties.items()
            if (inner := merged(self.document, schema).keywords).get("type") == "array"
        }
        for key in _WRAPPERS:
            if key in lists:
                element = self._class(lists[key], name)
                if element:
                    return element, ""
        deeper = list_in(self.document, data) if listing else None
        if deeper is None:
            return "", None
        path, items = deeper
        element = self._class(items, name)
        return element, ".".join(path) if element else None

    def _class(self, schema: Any, name: str, depth: int = 0) -> str:
        """The record class for an object schema, "" if it declares no members."""
        ref = sole_ref(schema)
        depth = 0 if ref else depth
        if schema is None or depth > _DEEPEST:
            return ""
        is_task = bool(self.task_schema) and ref.endswith(f"/{self.task_schema}")
        properties = members_of(self.document, schema).properties
        if not properties and not is_task:
            return ""

        if is_task:
            name = f"{self.family.class_name}Record"
        elif ref:
            name = naming.class_name(naming.snake(ref.rsplit("/", 1)[1]))
        key = ref or repr(schema)
        if (known := self._names.get((key, name))) is not None:
            return known
        wanted = name
        while name in self.taken:
            name = f"{name}Record"
        self.taken.add(name)
        self._names[key, wanted] = name

        # Attributes may need this class again. It is in its place before they are read.
        self.found[name] = None
        attributes = tuple(self._attributes(properties, name, depth, is_task=is_task))
        details = sentence(merged(self.document, schema).keywords.get("description", ""))
        if is_task:
            doc = f"A task of `a2e.{self.family.resource}` as the service reports it."
            self.found[name] = RecordClass(name, "TaskRecord", doc, details, attributes)
        else:
            self.found[name] = RecordClass(name, "Record", details or "One object.", "", attributes)
        return name

    def _attributes(
        self, properties: Mapping[str, Any], owner: str, depth: int, *, is_task: bool
    ) -> list[Attribute]:
        found: dict[str, Attribute] = {}
        common = set(naming.TASK_FIELDS.values()) if is_task else set[str]()

        def name_of(key: str) -> str:
            name = naming.field_name(key)
            return f"{name}_" if name in common else name

        def rank(key: str) -> tuple[bool, ...]:
            return (merged(self.document, properties[key]).keywords.get("deprecated") is True,)

        keys = [key for key in properties if not (is_task and key in naming.TASK_FIELDS)]
        names = spelled_apart(keys, name_of, common | naming.RESERVED_FIELDS, rank)

        for key in keys:
            name, schema = names[key], properties[key]
            doc = sentence(merged(self.document, schema).keywords.get("description", ""))
            found[name] = Attribute(name, key, self._annotation(schema, owner, key, depth), doc)
            if name != key:
                self.renamed[key] = name

        return list(found.values())

    def _annotation(
        self, schema: Any, owner: str, key: str, depth: int, inside: frozenset[str] = frozenset()
    ) -> str:
        whole = merged(self.document, schema)
        if whole.refs & inside and not self._is_object(schema):
            return "Any"
        inside |= whole.refs
        kind = whole.keywords.get("type")
        if kind in _SCALARS:
            return _SCALARS[kind]

        inner_name = (
            f"{owner.removesuffix('Record').removesuffix('Reply')}{naming.class_name(naming.snake(key))}"
        )
        if kind == "array":
            inner = self._annotation(whole.keywords.get("items", {}), owner, key, depth, inside)
            return f"Sequence[{inner}]"
        if whole.groups and "properties" not in whole.keywords:
            variants = [one for group in whole.groups for one in group]
            if not all(self._is_object(one) for one in variants):
                options = [self._annotation(one, owner, key, depth, inside) for one in variants]
                return "Any" if "Any" in options else " | ".join(dict.fromkeys(options))
        if self._is_object(schema):
            return self._class(schema, inner_name, depth + 1) or "Mapping[str, Any]"
        return "Any"

    def _is_object(self, schema: Any) -> bool:
        whole = merged(self.document, schema)
        kind = whole.keywords.get("type")
        inside = [one for group in whole.groups for one in group]
        return kind == "object" or (
            kind is None
            and ("properties" in whole.keywords or bool(inside))
            and all(map(self._is_object, inside))
        )


def _plain_reply(content: Content) -> Reply:
    """The reply of an operation that answers with something else than JSON."""
    is_text = content.type.startswith("text/") or content.type.endswith(("xml", "x-ndjson", "jsonl"))
    if is_text and (content.schema or {}).get("format") != "binary":
        return Reply("plain_text", doc="The text.")
    return Reply("content", doc="The content of the file.")
