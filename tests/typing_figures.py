"""How much of the generated interface is typed and described, and the page that shows it.

    python -m tests.typing_figures      write docs/replies.md anew

Only what somebody has looked at is counted. Families, operations and keywords that are newer than
`tests/document_names.json` are upstream's own words until the overlay has better ones.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from a2e_async._spec.operation import Operation
from a2e_async.api import RESOURCES
from a2e_async.records import Record
from codegen.interface.naming import field_name, keyword_name
from tests.document_names import DOCUMENT, NAMES

__all__ = ["MOST", "PAGE", "Figures", "figures", "page"]

MOST: Mapping[str, int] = {
    "operations that answer Any": 8,
    "lists of bare Record": 0,
    "keywords without words": 0,
    "members of inputs without words": 0,
    "members of records without words": 0,
}
"""The numbers may only become smaller."""

PAGE = Path(__file__).parents[1] / "docs" / "replies.md"

_MECHANICAL = re.compile(
    r"Not documented\.|(?:A|Each a) URL, a Path, bytes, an `Upload` or a `Result`\."
    r"|A file: a Path, bytes or an open file\."
    r"|One of .*?\.(?= |$)|At (?:most|least) [^.]*\.|Exactly [^.]*\.|-?[\d.]+ to [\d.]+(?: \w+)?\.|Or \S*\."
    r"|Server default: .*?\.(?= |$)|Deprecated\."
)
"""What the generator says of any value: its limits, its default, that a file may be given."""


@attrs.frozen
class Figures:
    """The names behind each number of `MOST`."""

    operations: int
    keywords: int
    lacking: Mapping[str, list[str]]


_KNOWN: Mapping[str, list[str]] = json.loads(NAMES.read_text(encoding="utf-8"))
_LOOKED_AT = {
    family: {spelled for word in words for spelled in (word, keyword_name(word), field_name(word))}
    for family, words in _KNOWN.items()
}


def figures() -> Figures:
    """Look through the generated modules."""
    lacking: dict[str, list[str]] = {name: [] for name in MOST}
    operations = keywords = 0

    for resource in sorted(set(RESOURCES) & set(_LOOKED_AT)):
        module = importlib.import_module(RESOURCES[resource].partition(":")[0])
        looked_at = _LOOKED_AT[resource] | {"body", "timeout"}
        for place, function in _methods(module, resource):
            signature = inspect.signature(function)
            given = [one for one in signature.parameters if one in looked_at]
            operations, keywords = operations + 1, keywords + len(given)
            returns = str(signature.return_annotation)
            if returns == "Any":
                lacking["operations that answer Any"].append(place)
            if returns in ("Record", "Pages[Record]", "Sequence[Record]"):
                lacking["lists of bare Record"].append(place)
            words = _words(function.__doc__)
            lacking["keywords without words"] += [f"{place}({one})" for one in given if not words.get(one)]

        for cls in _own_classes(module):
            kind = "records" if issubclass(cls, Record) else "inputs"
            words = _words(cls.__doc__)
            names = [one for one in cls.__annotations__ if one in looked_at and not words.get(one)]
            lacking[f"members of {kind} without words"] += [
                f"{resource}.{cls.__name__}.{one}" for one in names
            ]

    return Figures(operations, keywords, lacking)


def _methods(module: Any, resource: str) -> Iterator[tuple[str, Any]]:
    """The methods of a resource that were looked at, with their names."""
    cls = getattr(module, RESOURCES[resource].partition(":")[2])
    for name, function in vars(cls).items():
        operation = vars(module).get("START" if name == "__call__" else name.upper())
        if inspect.isfunction(function) and isinstance(operation, Operation):
            tail = re.findall(r"[A-Za-z_]\w*", operation.path.removeprefix("/api/v1/").partition("/")[2])
            if set(tail) <= _LOOKED_AT[resource]:
                yield resource if name == "__call__" else f"{resource}.{name}", function


def _own_classes(module: Any) -> Iterator[type[Any]]:
    """The records and the inputs of a module."""
    for cls in vars(module).values():
        own = isinstance(cls, type) and cls.__module__ == module.__name__
        if own and (issubclass(cls, Record) or hasattr(cls, "__total__")):
            yield cls


def _words(docstring: str | None) -> dict[str, str]:
    """For each name in a docstring's list: what is said of it besides the mechanical."""
    found: dict[str, str] = {}
    last, depth = "", 0

    for line in inspect.cleandoc(docstring or "").splitlines():
        entry = re.match(r" *(\w+): ", line)
        indent = len(line) - len(line.lstrip())
        if entry and not (last and indent > depth):
            last, depth = entry[1], indent
            found.setdefault(last, line[entry.end() :])
        elif last and indent > depth and line.strip():
            found[last] += f" {line.strip()}"
        else:
            last = ""

    return {name: _MECHANICAL.sub("", words).strip() for name, words in found.items()}


def page() -> str:
    """The page: what is known of replies, and how sure that is."""
    found = figures()
    open_ones = found.lacking["operations that answer Any"]

    lines = [
        "# What is known of replies",
        "",
        "Upstream's document says little about what the service answers. What the vendor's pages and public",
        "clients show is in `openapi/overlay.yaml`, with how sure each fact is. This page is written by",
        "`python -m tests.typing_figures`.",
        "",
        "A record never loses what the service sent: members that are not declared, or have another type,",
        "are in `raw`.",
        "",
        "## Not known",
        "",
        "Nobody has published these replies. They are returned as decoded JSON (`Any`).",
        "",
        *(f"- `a2e.{one}()`" for one in open_ones),
        "",
        "## Guesses",
        "",
        "These replies have not been seen either, but other operations show what they probably are. Data of",
        "another shape is not refused: it is in `raw`.",
        "",
        *(f"- `a2e.{place}()`: `{record}`" for place, record in _likely()),
        "",
        "A deletion, a rename or a mark returns a `Confirmation`: that it was done is sure, what else the",
        "service says is not.",
        "",
        "## How sure records are",
        "",
        "High: vendor documentation with an example, or seen live. Medium: several clients agree, or vendor",
        "prose. Low: one client, or an inference.",
        "",
        "| record | how sure |",
        "|---|---|",
        *(f"| `{name}` | {' '.join(sure.split())} |" for name, sure in _confidence()),
    ]

    return "\n".join(lines) + "\n"


def _likely() -> Iterator[tuple[str, str]]:
    for resource in sorted(set(RESOURCES) & set(_LOOKED_AT)):
        module = importlib.import_module(RESOURCES[resource].partition(":")[0])
        guessed = {
            f"{resource}.{name.lower()}"
            for name, one in vars(module).items()
            if isinstance(one, Operation) and one.reply.__qualname__.startswith("likely")
        }
        for place, function in _methods(module, resource):
            returns = str(inspect.signature(function).return_annotation)
            if place in guessed and returns != "Confirmation":
                yield place, returns


def _confidence() -> Iterator[tuple[str, str]]:
    schemas = json.loads(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
    for name, schema in sorted(schemas.items()):
        if schema.get("x-a2e-confidence", "unknown") != "unknown":
            yield name, schema["x-a2e-confidence"]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}: written\n")
