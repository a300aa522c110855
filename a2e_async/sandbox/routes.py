"""Finds the operation for a method and a path.

The routes are a tree of path segments, so the time of a search does not depend on the number of routes.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

import attrs

from a2e_async.sandbox.operations import SpecOperation

__all__ = ["Router"]


@attrs.define
class _Node:
    literal: dict[str, _Node] = attrs.field(factory=dict)
    variable: _Node | None = None
    operations: dict[str, tuple[SpecOperation, tuple[str, ...]]] = attrs.field(factory=dict)


class Router:
    """Finds operations. A literal segment wins over a path parameter."""

    def __init__(self, operations: Iterable[SpecOperation]) -> None:
        self._root = _Node()
        for operation in operations:
            self._add(operation)

    def _add(self, operation: SpecOperation) -> None:
        node, names = self._root, []
        for segment in operation.path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment.strip("{}"))
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literal.setdefault(segment, _Node())
        node.operations[operation.method] = (operation, tuple(names))

    def find(self, method: str, path: str) -> tuple[SpecOperation, dict[str, str]] | None:
        """The operation and its path parameters; None if there is no such route.

        Args:
            method: ``GET``, ``POST``, …
            path: the path as it was sent. It is still escaped, so an escaped slash does not separate.
        """
        return self._walk(self._root, method, path.split("/")[1:], ())

    def _walk(
        self, node: _Node, method: str, segments: list[str], values: tuple[str, ...]
    ) -> tuple[SpecOperation, dict[str, str]] | None:
        if not segments:
            if method not in node.operations:
                return None
            operation, names = node.operations[method]
            return operation, dict(zip(names, values, strict=True))

        head, rest = segments[0], segments[1:]
        if head in node.literal:
            found = self._walk(node.literal[head], method, rest, values)
            if found is not None:
                return found
        if node.variable is not None and head:
            return self._walk(node.variable, method, rest, (*values, unquote(head)))
        return None
