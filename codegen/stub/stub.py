"""Writes the stub: a class for each class of the async client that has something to await."""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Mapping

from codegen.document.tree import SpecError
from codegen.generate import formatted
from codegen.stub.members import constructor, docstring, members
from codegen.stub.sources import Place, Source, Sources
from codegen.stub.types_without_await import unwound

__all__ = ["stub"]

_HEAD = '''"""The types of the client without await.

Generated from the async client by `make regenerate`. Do not edit.
"""

'''
_CLIENTS = frozenset({"Client", "BulkClient"})
"""Protocols that the client fulfils."""

_FLAT = frozenset({"a2e_async.display", "a2e_async.plain", "a2e_async.hints"})
"""Modules of bases that a stub does not need, or imports."""


def stub(generated: Mapping[str, str]) -> dict[str, str]:
    """The stub in memory: its name and text.

    Args:
        generated: the texts of ``a2e_async/api`` by file name.

    Raises:
        SpecError: an attribute has no declared type.
    """
    return formatted({"sync.pyi": _Stub(Sources(generated)).text()})


class _Stub:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._public = sources.public()
        self._names = {place: name for name, place in self._public.items()}
        self._imports: set[str] = set()
        self._classes: dict[str, str] = {}
        self._waiting: list[Place] = []

    def text(self) -> str:
        live = {name: place for name, place in self._public.items() if self._sources.is_live(place)}
        self._waiting += live.values()
        while self._waiting:
            place = self._waiting.pop(0)
            if place[1] not in self._classes:
                self._classes[place[1]] = ""  # so that it is not written twice
                self._classes[place[1]] = self._class(place)

        data = [name for name in self._public if name not in live]
        lines = [f"from a2e_async import {name} as {name}" for name in data]
        listed = ", ".join(map(repr, self._public))
        bodies = "\n\n".join(self._classes.values())
        imports = "\n".join([*sorted(self._imports), *lines])
        return f"{_HEAD}{imports}\n\n__all__ = [{listed}]\n\n{bodies}"

    def _class(self, place: Place) -> str:
        node = self._sources.class_at(place)
        if node is None:
            raise SpecError(f"{'.'.join(place)} is not a class")

        bases: list[str] = []
        found = self._members(place, node, bases)
        body = docstring(node) + "".join(f"{text}\n" for text in found.values())
        heads = f"({', '.join(dict.fromkeys(bases))})" if bases else ""
        return f"class {node.name}{heads}:\n{textwrap.indent(body or '...', '    ')}\n"

    def _members(self, place: Place, node: ast.ClassDef, bases: list[str]) -> dict[str, str]:
        """The members of a class, and of those bases that are no classes of the stub; notes the others."""
        source = self._sources[place[0]]
        node = _spelled_out(node, self._sources, source)
        found: dict[str, str] = {}

        for base in node.bases:
            inner = base.value if isinstance(base, ast.Subscript) else base
            at = source.place_of(inner.id) if isinstance(inner, ast.Name) else None
            above = self._sources.class_at(at) if at else None
            if at == ("abc", "ABC"):
                continue
            if at is None or above is None or at in self._names:
                bases.append(unwound(base, lambda name: self._named(name, source)))
            elif at == ("a2e_async.plain", "Plain"):
                bases.insert(0, self._named("Plain", source))
            elif at[0] == "a2e_async.api":
                self._waiting.append(at)
                bases.append(at[1])
            elif at[0] not in _FLAT and not _is_protocol(above):
                found |= self._members(at, above, bases)

        for name, text in members(node, lambda name: self._named(name, source)):
            if text.startswith("@overload"):
                self._imports.add("from typing import overload")
                found[name] = found.get(name, "") + text
            else:
                found[name] = text

        if place == self._public["A2E"]:
            found |= self._of_client(node, source)
        return found

    def _of_client(self, node: ast.ClassDef, source: Source) -> dict[str, str]:
        """What the client without await has of its own."""
        client = self._sources["a2e_async._sync.client"]
        own = dict(members(client.classes["A2E"], lambda name: self._named(name, client)))
        own["__init__"] = constructor(node, lambda name: self._named(name, source))
        own.pop("bulk")
        return own

    def _named(self, name: str, source: Source) -> str:
        """How the stub calls a name of a module; notes what it must import or write for that."""
        place = source.place_of(name)
        if name in _CLIENTS:
            return "A2E"
        if place is None:
            if name in ("Iterator", "Iterable", "AbstractContextManager"):
                home = "contextlib" if name.startswith("Abstract") else "collections.abc"
                self._imports.add(f"from {home} import {name}")
            return name
        if not place[1]:
            self._imports.add(f"import {place[0]}")
            return name

        if self._sources.is_live(place):
            self._waiting.append(place)
            return place[1]
        if place[0].startswith("a2e_async.api."):
            self._imports.add(f"import {place[0]} as _{place[0].rpartition('.')[2]}")
            return f"_{place[0].rpartition('.')[2]}.{place[1]}"
        if place in self._names:
            return self._names[place]
        self._imports.add(f"from {place[0]} import {place[1]}")
        return place[1]


def _spelled_out(node: ast.ClassDef, sources: Sources, source: Source) -> ast.ClassDef:
    """The class with the values of constants in the place of their names in its methods' defaults."""

    def spelled(default: ast.expr) -> ast.expr:
        literal = sources.literal(source.name, default.id) if isinstance(default, ast.Name) else None
        return literal or default

    # Every stub reads the same tree. So what changes is copied, and nothing else.
    made = copy.copy(node)
    made.body = [copy.copy(member) for member in node.body]
    for member in made.body:
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
            member.args = copy.copy(member.args)
            member.args.defaults = [spelled(default) for default in member.args.defaults]
            member.args.kw_defaults = [default and spelled(default) for default in member.args.kw_defaults]
    return made


def _is_protocol(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).startswith("Protocol") for base in node.bases)
