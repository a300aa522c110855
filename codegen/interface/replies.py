"""Replies of operations: record classes, and the decoders of the envelope's data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from codegen.document.complete import record_schema_name
from codegen.document.tree import Document, SpecError, merged_properties, resolve, success_schema
from codegen.interface import naming
from codegen.interface.families import Endpoint, Family
from codegen.interface.model import Attribute, RecordClass, Reply
from codegen.interface.prose import sentence

__all__ = ["Records"]

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_WRAPPERS = ("rows", "list", "data")


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
            return Reply("one", self.task_record(), "The record.")

        schema = success_schema(self.document, endpoint.operation)
        data = merged_properties(self.document, schema)[0].get("data") if schema else None
        element, is_list = self._element(data, f"{naming.class_name(endpoint.method_name)}Reply")

        if listing or (is_list and element):
            return Reply("many", element or "Record", "The records.")
        if element:
            return Reply("one", element, "The record.")

        resolved = resolve(self.document, data)
        if isinstance(resolved, Mapping) and resolved.get("type") == "string":
            return Reply("text", doc=sentence(resolved.get("description", "")) or "The text.")
        return Reply("raw")

    def _element(self, data: Any, name: str) -> tuple[str, bool]:
        """The record class of the data ("" if there is none), and whether the data is a list."""
        resolved = resolve(self.document, data)
        if not isinstance(resolved, Mapping):
            return "", False

        for variants in (resolved.get("anyOf"), resolved.get("oneOf")):
            if variants:
                elements = [self._element(one, name) for one in variants]
                known = [one for one in elements if one[0]]
                return (known[0][0], any(one[1] for one in known)) if known else ("", False)

        if resolved.get("type") == "array":
            return self._class(resolved.get("items", {}), name), True

        properties, _ = merged_properties(self.document, resolved)
        for key in _WRAPPERS:
            inner = resolve(self.document, properties.get(key))
            if isinstance(inner, Mapping) and inner.get("type") == "array":
                element = self._class(inner.get("items", {}), name)
                if element:
                    return element, True

        return self._class(data, name), False

    def _class(self, schema: Any, name: str) -> str:
        """The record class for an object schema, "" if it declares no members."""
        ref = schema.get("$ref", "") if isinstance(schema, Mapping) else ""
        resolved = resolve(self.document, schema)
        properties, _ = merged_properties(self.document, resolved)
        is_task = ref.endswith(f"/{self.task_schema}") and bool(self.task_schema)
        if not properties and not is_task:
            return ""

        if is_task:
            name = f"{self.family.class_name}Record"
        elif ref:
            name = naming.class_name(naming.snake(ref.rsplit("/", 1)[1]))
        if name in self.found:
            return name
        while name in self.taken:
            name = f"{name}Record"
        self.taken.add(name)

        # Attributes may need this class again. It is in its place before they are read.
        self.found[name] = None
        attributes = tuple(self._attributes(properties, name, is_task=is_task))
        details = sentence(resolved.get("description", ""))
        if is_task:
            doc = f"A task of `a2e.{self.family.resource}` as the service reports it."
            self.found[name] = RecordClass(name, "TaskRecord", doc, details, attributes)
        else:
            self.found[name] = RecordClass(name, "Record", details or "One object.", "", attributes)
        return name

    def _attributes(self, properties: Mapping[str, Any], owner: str, *, is_task: bool) -> list[Attribute]:
        found: dict[str, Attribute] = {}
        common = set(naming.TASK_FIELDS.values()) if is_task else set[str]()

        for key, schema in properties.items():
            if is_task and key in naming.TASK_FIELDS:
                continue

            name = naming.field_name(key)
            if name in common:
                name = f"{name}_"
            if name in found:
                raise SpecError(f"{owner}: {found[name].key!r} and {key!r} would both be {name!r}")

            doc = sentence(resolve(self.document, schema).get("description", ""))
            found[name] = Attribute(name, key, self._annotation(schema, owner, key), doc)
            if name != key:
                self.renamed[key] = name

        return list(found.values())

    def _annotation(self, schema: Any, owner: str, key: str) -> str:
        resolved = resolve(self.document, schema)
        variants = resolved.get("oneOf") or resolved.get("anyOf")
        if variants:
            options = [self._annotation(one, owner, key) for one in variants]
            return "Any" if "Any" in options else " | ".join(dict.fromkeys(options))

        kind = resolved.get("type")
        if kind in _SCALARS:
            return _SCALARS[kind]

        inner_name = (
            f"{owner.removesuffix('Record').removesuffix('Reply')}{naming.class_name(naming.snake(key))}"
        )
        if kind == "array":
            inner = self._annotation(resolved.get("items", {}), owner, key)
            return f"Sequence[{inner}]"
        if kind == "object" or "allOf" in resolved or "properties" in resolved:
            return self._class(schema, inner_name) or "Mapping[str, Any]"
        return "Any"
