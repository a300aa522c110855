"""Where an overlay action applies: the names in its target, what has gone, and what is missing."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from jsonpath_ng import Child, DatumInContext, Fields, Index, JSONPath, Root
from jsonpath_ng.ext.parser import parse

from codegen.document.tree import Document, SpecError, pointer

__all__ = ["OF", "Target", "aimed", "same_path", "steps_of"]

OF = "x-a2e-of"
"""The member of an action that names paths; the action leaves with the last of them."""

_GROUP = re.compile(r"\[\s*('(?:[^'\\]|\\.)*'(?:\s*,\s*'(?:[^'\\]|\\.)*')*)\s*\]")
_NAME = re.compile(r"'((?:[^'\\]|\\.)*)'")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@attrs.frozen
class Target:
    """Where one action applies in a document.

    Attributes:
        path: the target without the paths that the document does not have.
        matches: the places.
        gone: paths of the target that the document does not have, and so the action leaves with them.
        moved: path in the target -> the document's path, which has other names in braces.
        missing: what the document does not have although it has the path: a pointer and a reason.
    """

    path: JSONPath
    matches: Sequence[DatumInContext]
    gone: Sequence[str]
    moved: dict[str, str]
    missing: str


def aimed(document: Document, action: Document, label: str) -> Target:
    """Find the places of an action.

    Raises:
        SpecError: the action is none, or its target is not a JSONPath.
    """
    if action.get("remove", False) is not True and "update" not in action:
        raise SpecError(f"{label}: neither an update nor remove: true")

    whole = _parsed(action["target"], label)
    known = _paths(document)
    gone: list[str] = []
    moved: dict[str, str] = {}

    def narrowed(group: re.Match[str]) -> str:
        names = _NAME.findall(group[1])
        lost = [name for name in names if name.startswith("/") and name not in document["paths"]]
        moved.update({name: known[_bare(name)] for name in lost if _bare(name) in known})
        gone.extend(name for name in lost if name not in moved)
        kept = [f"'{moved.get(name, name)}'" for name in names if name not in gone]
        return f"[{','.join(kept)}]"

    text = _GROUP.sub(narrowed, action["target"])
    wanted = [str(one) for one in action.get(OF, ())]
    if "[]" in text or (wanted and not any(_bare(one) in known for one in wanted)):
        return Target(whole, (), gone or wanted, {}, "")

    path = _parsed(text, label)
    matches: list[DatumInContext] = path.find(document)
    return Target(path, matches, gone, moved, _missing(document, path, matches, partly=bool(gone)))


def same_path(document: Document, path: str) -> str | None:
    """The document's path that is this one but for the names in braces."""
    return _paths(document).get(_bare(path))


def _paths(document: Document) -> dict[str, str]:
    return {_bare(path): path for path in document["paths"]}


def _bare(path: str) -> str:
    return _PLACEHOLDER.sub("{}", path)


def _parsed(target: str, label: str) -> JSONPath:
    try:
        return _parse(target)
    except Exception as error:  # the parser raises bare Exception
        raise SpecError(f"{label}: not a JSONPath: {error}") from error


@functools.cache
def _parse(target: str) -> JSONPath:
    return parse(target)


def _missing(document: Document, path: JSONPath, matches: Sequence[DatumInContext], *, partly: bool) -> str:
    if not matches:
        return _first_missing(document, path)
    if partly:
        return ""  # what else is listed may have been for the paths that have gone

    found = {step for match in matches for step in steps_of(match.full_path)}
    lost = [name for name in _listed_names(path) if name not in found]
    return f"{', '.join(map(repr, lost))} {'matches' if len(lost) == 1 else 'match'} nothing" if lost else ""


def _first_missing(document: Document, path: JSONPath) -> str:
    """The last place on the way to the target that the document has, and what is not there."""
    reached, rest = "#", ""

    for part, last in _prefixes(path):
        found = part.find(document)
        if not found:
            rest = str(last)
            break
        reached = pointer(*steps_of(found[0].full_path))

    return f"matches nothing: {reached} has no {rest}" if rest else "matches nothing"


def _prefixes(path: JSONPath) -> Iterator[tuple[JSONPath, JSONPath]]:
    """The path's beginnings, shortest first, with the step that each adds."""
    if isinstance(path, Child):
        yield from _prefixes(path.left)
        yield path, path.right
    elif not isinstance(path, Root):
        yield path, path


def steps_of(path: JSONPath) -> list[Any]:
    """The names and numbers of a place that was found."""
    if isinstance(path, Child):
        return [*steps_of(path.left), *steps_of(path.right)]
    if isinstance(path, Index):
        return list(path.indices)
    return [str(field) for field in path.fields] if isinstance(path, Fields) else []


def _listed_names(path: Any) -> list[str]:
    """The names in brackets such as ``['a', 'b']`` anywhere in a target."""
    names: list[str] = []
    if isinstance(path, Fields) and len(path.fields) > 1:
        names.extend(path.fields)
    for side in ("left", "right"):
        if hasattr(path, side):
            names.extend(_listed_names(getattr(path, side)))
    return names
