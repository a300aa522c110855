"""The meaning of generated modules for users, read from their text: code without order and words.

It parses the modules and does not use codegen. From docstrings it keeps the server's defaults and
deprecations, which are nowhere else.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["fingerprint"]

_ENTRY = re.compile(r"^ {0,4}(\S+): (.*)")


def fingerprint(files: Mapping[str, str]) -> Any:
    """A value that is equal for two packages if and only if they are the same for users."""
    trees = {name: ast.parse(text) for name, text in files.items()}
    if "__init__.py" in trees:
        _remove_words(trees["__init__.py"])
    return {name: _module(tree) for name, tree in trees.items()}


def _remove_words(tree: ast.Module) -> None:
    """Remove the docstrings of functions: here they repeat what the modules of the resources say."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [one for one in node.body if not _is_words(one)]


def _module(tree: ast.Module) -> Any:
    return sorted(repr(_meaning(node)) for node in tree.body if not _is_words(node))


def _is_words(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _meaning(node: Any) -> Any:
    """A node as nested tuples, sorted where order has no meaning."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        words = _facts_of_words(ast.get_docstring(node) or "")
        body = sorted(repr(_meaning(one)) for one in node.body if not _is_words(one))
        rest = {name: value for name, value in ast.iter_fields(node) if name != "body"}
        return (
            type(node).__name__,
            words,
            body,
            sorted((name, repr(_meaning(value))) for name, value in rest.items()),
        )

    if isinstance(node, ast.arguments):
        named = zip(node.kwonlyargs, node.kw_defaults, strict=True)
        plain = [_meaning(one) for one in (*node.posonlyargs, *node.args, node.vararg, node.kwarg)]
        return plain, sorted(repr((_meaning(one), _meaning(default))) for one, default in named)

    if isinstance(node, ast.Dict):
        return "dict", sorted(
            repr((_meaning(k), _meaning(v))) for k, v in zip(node.keys, node.values, strict=True)
        )
    if isinstance(node, ast.Tuple | ast.List):
        return "elements", sorted(repr(_meaning(one)) for one in node.elts)
    if isinstance(node, ast.Call):
        keywords = sorted((str(one.arg), repr(_meaning(one.value))) for one in node.keywords)
        return "call", _meaning(node.func), [_meaning(one) for one in node.args], keywords

    if isinstance(node, ast.AST):
        return type(node).__name__, [(name, _meaning(value)) for name, value in ast.iter_fields(node)]
    return [_meaning(one) for one in node] if isinstance(node, list) else repr(node)


def _facts_of_words(doc: str) -> Any:
    """The server's default of each argument or member, and whether it is deprecated."""
    found = []
    for name, text in _entries(inspect.cleandoc(doc)):
        default = re.search(r"Server default: (.*?)\.(?: Deprecated\.)?$", text)
        facts = default[1] if default else None, text.endswith("Deprecated.")
        if any(facts):
            found.append((name, *facts))
    return sorted(found)


def _entries(doc: str) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for line in doc.splitlines():
        start = _ENTRY.match(line)
        if start:
            entries.append((start[1], start[2]))
        elif entries and line.startswith("    "):
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}")
    return entries
