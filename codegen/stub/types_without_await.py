"""Annotations of the async client, as they are without await."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

__all__ = ["unwound"]

_ONE = {
    "AsyncIterator": "Iterator",
    "AsyncIterable": "Iterable",
    "AbstractAsyncContextManager": "AbstractContextManager",
}
"""Types that have a counterpart."""


def unwound(annotation: ast.expr, named: Callable[[str], str]) -> str:
    """The annotation as text.

    Args:
        annotation: of the async client.
        named: how the stub calls what an annotation names.
    """
    if isinstance(annotation, ast.Name):
        return _called(annotation.id, named)
    return ast.unparse(ast.fix_missing_locations(_Unwinding(named).visit(_copy(annotation))))


def _called(name: str, named: Callable[[str], str]) -> str:
    return named(_ONE.get(name, name))


def _copy(annotation: ast.expr) -> ast.expr:
    return _expression(ast.unparse(annotation))


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


class _Unwinding(ast.NodeTransformer):
    def __init__(self, named: Callable[[str], str]) -> None:
        self._named = named

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _expression(_called(node.id, self._named))

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        name = ast.unparse(node.value)
        if name in ("Coroutine", "Awaitable"):
            inner = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
            return self._visited(inner)
        if name == "AsyncGenerator":
            inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            return ast.Subscript(self._visited(ast.Name("Iterator")), self._visited(inner))
        if name == "Literal":
            return ast.Subscript(self._visited(node.value), node.slice)
        return ast.Subscript(self._visited(node.value), self._visited(node.slice))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        members = {ast.unparse(each): each for each in map(self._visited, _members(node))}
        return _joined(list(members.values()))

    def _visited(self, node: ast.expr) -> ast.expr:
        visited: ast.expr = self.visit(node)
        return visited


def _members(union: ast.expr) -> list[ast.expr]:
    if isinstance(union, ast.BinOp):
        return [*_members(union.left), *_members(union.right)]
    return [union]


def _joined(members: Sequence[ast.expr]) -> ast.expr:
    joined = members[0]
    for member in members[1:]:
        joined = ast.BinOp(joined, ast.BitOr(), member)
    return joined
