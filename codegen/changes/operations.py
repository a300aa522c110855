"""Changes of the document's operations that the interface does not show, or does not show alone.

Every difference between the old and the new document of an operation is found here: servers, security,
parameters, bodies, replies, and anything else that is not mere words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from codegen.changes.schemas import Found, differences, other_meaning
from codegen.document.tree import Document, OperationRef, SpecError, operations, resolve

__all__ = ["ALL", "OperationChange", "operation_changes", "paired"]

ALL = ""
"""Stands for every operation."""

_WORDS = frozenset({"summary", "description", "tags", "operationId", "externalDocs"})
_COMPARED = frozenset({"parameters", "requestBody", "responses", "security", "servers", "deprecated"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@attrs.frozen
class OperationChange:
    """One difference of one operation.

    Attributes:
        http, path: the operation as in the new document, both "" for all of them.
        where: the part: "", "query parameter page", "body", "reply 200" and so on.
        key: the place and the name on the wire, of a parameter or of a body.
        found: the difference.
    """

    http: str
    path: str
    where: str
    found: Found
    key: tuple[str, str] = ("", "")


def paired(old: Document, new: Document) -> list[tuple[OperationRef, OperationRef]]:
    """The operations that both documents have; names in braces may differ."""
    known = {(one.method, _bare(one.path)): one for one in operations(old)}
    return [(known[key], one) for one in operations(new) if (key := (one.method, _bare(one.path))) in known]


def _bare(path: str) -> str:
    return _PLACEHOLDER.sub("{}", path)


def operation_changes(old: Document, new: Document) -> Iterator[OperationChange]:
    """All differences of the operations that both documents have."""
    if _urls(old) != _urls(new):
        lost = not set(_urls(old)) <= set(_urls(new))
        yield OperationChange(ALL, ALL, "servers", Found("", "servers", _urls(old), _urls(new), lost))

    schemes = _schemes(old), _schemes(new)
    for name in dict.fromkeys([*schemes[0], *schemes[1]]):
        before, after = schemes[0].get(name), schemes[1].get(name)
        if before != after and name in _used(old) | _used(new):
            found = Found("", "scheme", before, after, before is not None)
            yield OperationChange(ALL, ALL, f"security scheme {name}", found)

    for before, after in paired(old, new):
        yield from _Compared(old, new, before, after).changes()


def _urls(holder: Mapping[str, Any]) -> list[str]:
    return [str(one.get("url")) for one in holder.get("servers", ())]


def _schemes(document: Document) -> dict[str, Any]:
    found = document.get("components", {}).get("securitySchemes", {})
    return {
        name: {key: value for key, value in one.items() if key not in _WORDS} for name, one in found.items()
    }


def _used(document: Document) -> set[str]:
    return {name for ref in operations(document) for one in _security(document, ref) for name in one}


def _security(document: Document, ref: OperationRef) -> list[list[str]]:
    needed = ref.operation.get("security", document.get("security")) or []
    return sorted(sorted(one) for one in needed)


@attrs.frozen
class _Compared:
    """One operation in both documents."""

    old: Document
    new: Document
    before: OperationRef
    after: OperationRef

    def changes(self) -> Iterator[OperationChange]:
        """All differences."""
        before, after = self.before.operation, self.after.operation
        yield from self._own(before, after)
        yield from self._parameters()
        yield from self._body()
        yield from self._replies()

        for name in sorted((before.keys() | after.keys()) - _WORDS - _COMPARED):
            if not name.startswith("x-a2e-") and before.get(name) != after.get(name):
                yield self._plain("", name, before.get(name), after.get(name))

    def _plain(self, where: str, fact: str, old: Any, new: Any, *, breaking: bool = False) -> OperationChange:
        return self._change(where, Found("", fact, old, new, breaking))

    def _change(self, where: str, found: Found, key: tuple[str, str] = ("", "")) -> OperationChange:
        return OperationChange(self.after.method.upper(), self.after.path, where, found, key)

    def _own(self, before: Document, after: Document) -> Iterator[OperationChange]:
        old, new = _security(self.old, self.before), _security(self.new, self.after)
        if old != new:
            harder = bool(new) and not (old and all(one in new for one in old))
            yield self._plain("", "security", old, new, breaking=harder)

        if before.get("deprecated", False) != after.get("deprecated", False):
            yield self._plain("", "deprecated", before.get("deprecated"), after.get("deprecated"))

        urls = [
            _urls(operation) or _urls(document["paths"][ref.path])
            for operation, document, ref in ((before, self.old, self.before), (after, self.new, self.after))
        ]
        if urls[0] != urls[1]:
            yield self._plain("", "servers", *urls, breaking=True)
        if other_meaning(before.get("description"), after.get("description")):
            yield self._plain("", "description", before.get("description"), after.get("description"))

        renamed = [
            (old, new)
            for old, new in zip(_names(self.before.path), _names(self.after.path), strict=True)
            if old != new
        ]
        for one, two in renamed:
            yield self._plain(f"path parameter {two}", "renamed", one, two)

    def _parameters(self) -> Iterator[OperationChange]:
        same = dict(zip(_names(self.after.path), _names(self.before.path), strict=True))
        old = _parameters(self.old, self.before)
        new = {
            (where, same.get(name, name) if where == "path" else name): one
            for (where, name), one in _parameters(self.new, self.after).items()
        }

        for key in dict.fromkeys([*old, *new]):
            place, name = key
            shown = str(new[key]["name"]) if key in new else name
            for found in self._parameter(old.get(key), new.get(key)):
                yield self._change(f"{place} parameter {shown}", found, (place, shown))

    def _parameter(self, old: Document | None, new: Document | None) -> Iterator[Found]:
        if old is None or new is None:
            gone = new is None
            needed = bool(new and new.get("required"))
            yield Found("", "removed" if gone else "added", None, None, gone or needed)
            return

        if bool(old.get("required")) != bool(new.get("required")):
            needed = bool(new.get("required"))
            yield Found("", "required", not needed, needed, needed)
        for fact in ("deprecated", "style", "explode", "allowReserved", "allowEmptyValue"):
            if old.get(fact) != new.get(fact):
                wire = fact in ("style", "explode", "allowReserved")
                yield Found("", fact, old.get(fact), new.get(fact), wire)
        if other_meaning(old.get("description"), new.get("description")):
            yield Found("", "description", old.get("description"), new.get("description"), False)

        yield from self._contents(old, new, "request")
        yield from differences(self.old, self.new, old.get("schema"), new.get("schema"), "request")

    def _contents(self, old: Mapping[str, Any], new: Mapping[str, Any], side: Any) -> Iterator[Found]:
        """Media types that came and went, and the differences of those that stayed."""
        before, after = old.get("content", {}), new.get("content", {})
        gone = [one for one in before if one not in after]
        come = [one for one in after if one not in before]
        if gone or come:
            yield Found("", "content", list(before), list(after), bool(gone))

        for kind in before:
            if kind in after:
                schemas = before[kind].get("schema"), after[kind].get("schema")
                yield from differences(self.old, self.new, *schemas, side)
                if before[kind].get("encoding") != after[kind].get("encoding"):
                    yield Found(
                        "", "encoding", before[kind].get("encoding"), after[kind].get("encoding"), True
                    )

    def _body(self) -> Iterator[OperationChange]:
        old = _followed(self.old, self.before.operation.get("requestBody"))
        new = _followed(self.new, self.after.operation.get("requestBody"))
        if old is None or new is None:
            if old is not new:
                needed = new is not None and bool(new.get("required"))
                yield self._plain(
                    "body", "added" if new else "removed", None, None, breaking=old is not None or needed
                )
            return

        if bool(old.get("required")) != bool(new.get("required")):
            needed = bool(new.get("required"))
            yield self._plain("body", "required", not needed, needed, breaking=needed)
        if other_meaning(old.get("description"), new.get("description")):
            yield self._plain("body", "description", old.get("description"), new.get("description"))
        for found in self._contents(old, new, "request"):
            yield self._change("body", found, ("body", re.split(r"[.\[|]", found.place)[0]))

    def _replies(self) -> Iterator[OperationChange]:
        before = self.before.operation.get("responses", {})
        after = self.after.operation.get("responses", {})

        for status in dict.fromkeys([*before, *after]):
            where = f"reply {status}"
            if status not in after or status not in before:
                gone = status not in after
                fact = "removed" if gone else "added"
                yield self._plain(where, fact, None, None, breaking=gone and status.startswith("2"))
                continue

            old, new = _followed(self.old, before[status]) or {}, _followed(self.new, after[status]) or {}
            if other_meaning(old.get("description"), new.get("description")):
                yield self._plain(where, "description", old.get("description"), new.get("description"))
            for found in [*self._contents(old, new, "reply"), *self._headers(old, new)]:
                yield self._change(
                    where, found if status.startswith("2") else attrs.evolve(found, breaking=False)
                )
            if old.get("links") != new.get("links"):
                yield self._plain(where, "links", old.get("links"), new.get("links"))

    def _headers(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Found]:
        before, after = old.get("headers", {}), new.get("headers", {})

        for name in dict.fromkeys([*before, *after]):
            old_header = _followed(self.old, before.get(name))
            new_header = _followed(self.new, after.get(name))
            if old_header != new_header:
                yield Found(f"header {name}", "header", old_header, new_header, False)


def _names(path: str) -> list[str]:
    return _PLACEHOLDER.findall(path)


def _followed(document: Document, value: Any) -> Document | None:
    try:
        found = resolve(document, value)
    except SpecError:
        return None
    return dict(found) if isinstance(found, Mapping) else None


def _parameters(document: Document, ref: OperationRef) -> dict[tuple[str, str], Document]:
    shared = document["paths"][ref.path].get("parameters", [])
    found = {}
    for one in [*shared, *ref.operation.get("parameters", [])]:
        parameter = _followed(document, one)
        if parameter is not None and "name" in parameter:
            found[str(parameter.get("in")), str(parameter["name"])] = parameter
    return found
