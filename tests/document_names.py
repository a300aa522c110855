"""Families and members that tests name by hand, and that the document may lose one day.

The tests are written for the document of their time. Upstream may drop a family or a member any day, and
`make regenerate` must then end without a hand's work. So a test that fails and names something that
`document_names.json` has and the document has not is reported as skipped. As long as the document has
everything, which is so in every release, no failure is ever hidden.

``python -m tests.document_names`` writes the names of the present document down.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["gone", "known", "named_of"]

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "openapi" / "a2e.json"
NAMES = Path(__file__).with_name("document_names.json")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEPTH = 12
_ENGLISH = frozenset({"video", "Video", "voice", "Voice", "user", "User", "storage", "account"})

Names = dict[str, list[str]]
"""For each resource, and each first segment of a path: the words of its tails, parameters and members."""


def names_of(document: Mapping[str, Any]) -> Names:
    """The families of a document with the words that belong to them."""
    from codegen.interface.naming import resource_name

    found: dict[str, set[str]] = {}
    for path, item in document["paths"].items():
        segment, _, tail = path.removeprefix("/api/v1/").partition("/")
        words = {*_WORD.findall(tail), *_members(document, item, 0)}
        for family in (segment, resource_name(path)):
            found.setdefault(family, set()).update(words)
    return {name: sorted(words) for name, words in sorted(found.items())}


def _members(document: Mapping[str, Any], value: Any, depth: int) -> Iterator[str]:
    if depth > _DEPTH or not isinstance(value, dict | list):
        return
    if isinstance(value, list):
        for one in value:
            yield from _members(document, one, depth + 1)
        return

    ref = value.get("$ref")
    if isinstance(ref, str):
        yield from _members(document, document["components"]["schemas"].get(ref.rsplit("/", 1)[1]), depth + 1)
    if isinstance(value.get("properties"), dict):
        yield from value["properties"]
    if value.get("in") in ("query", "path"):
        yield value["name"]
    for key, inner in value.items():
        if key not in ("example", "description"):
            yield from _members(document, inner, depth + 1)


@functools.cache
def known() -> frozenset[str]:
    """The families that the tests were written with. What is newer is not reviewed yet."""
    return frozenset(json.loads(NAMES.read_text(encoding="utf-8")))


@functools.cache
def gone() -> dict[str, frozenset[str]]:
    """What has gone: each family with the members that it lost; "*" stands for the family itself."""
    before: Names = json.loads(NAMES.read_text(encoding="utf-8"))
    now = names_of(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    found = {}
    for family, words in before.items():
        lost = set(words) - set(now[family]) if family in now else {"*"}
        if lost:
            found[family] = frozenset(lost)
    return found


def named_of(text: str) -> str:
    """The first thing in a text that has gone from the document, "" if there is none."""
    lost = gone()
    if not lost:
        return ""

    words = {*_WORD.findall(text), *_WORD.findall(text.replace("-", "_"))}  # also --aspect-ratio
    words |= {word.strip("_") for word in words}
    for family, members in lost.items():
        if not words & _spellings(family) and f"{family}/" not in text:
            continue
        if "*" in members:
            return family
        for member in sorted(members):
            if words & _spellings(member):
                return f"{family}.{member}"
    return ""


@functools.cache
def _spellings(name: str) -> frozenset[str]:
    """A name on the wire, as a resource or keyword in Python, and as a class; no plain English words."""
    from codegen.interface.naming import snake

    plain = snake(name)
    spelled = {name, plain, "".join(part.title() for part in plain.split("_"))}
    return frozenset(spelled - _ENGLISH)


if __name__ == "__main__":
    made = json.dumps(names_of(json.loads(DOCUMENT.read_text(encoding="utf-8"))), indent=1)
    NAMES.write_text(f"{made}\n", encoding="utf-8")
    sys.stdout.write(f"{NAMES}: written\n")
