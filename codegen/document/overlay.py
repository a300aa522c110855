"""Applies ``openapi/overlay.yaml`` (OpenAPI Overlay 1.0). An action that matches nothing is an error.

Unlike in the specification, an update does not add an element to a list that has it already, because
upstream may one day list the element itself.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import yaml
from jsonpath_ng import Child, DatumInContext, Fields, JSONPath
from jsonpath_ng.ext.parser import parse as parse_path
from jsonschema import Draft202012Validator
from oas_patch import apply_overlay  # type: ignore[import-untyped]  # the library has no types
from oas_patch.validator import load_schema  # type: ignore[import-untyped]  # the same

from codegen.document.tree import (
    METHODS,
    Document,
    SpecError,
    json_schema,
    merged_properties,
    operations,
    resolve,
)
from codegen.interface.rules import RULE_PARTS

__all__ = ["Overlaid", "Unmatched", "apply", "load"]

Unmatched = Literal["error", "drop"]
"""What to do with an action that matches nothing."""

_RULES = ("x-a2e-any-of", "x-a2e-exclusive", "x-a2e-needs")


@attrs.frozen
class Overlaid:
    """A document with the overlay's actions applied, and notes on them for a maintainer."""

    document: Document
    notes: list[str]


class _StrictLoader(yaml.SafeLoader):
    """A YAML loader that refuses duplicate keys instead of taking the last one."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()

    for key_node, _ in node.value:
        key = (key_node.tag, key_node.value) if isinstance(key_node, yaml.ScalarNode) else key_node
        if key in seen:
            raise yaml.YAMLError(f"the key {key_node.value!r} occurs twice{key_node.start_mark}")
        seen.add(key)

    loader.flatten_mapping(node)
    return dict(loader.construct_mapping(node, deep=True))


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load(path: Path) -> Document:
    """Read an overlay and check it against the Overlay 1.0 schema.

    Raises:
        SpecError: it cannot be read or is not an overlay.
    """
    try:
        overlay = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: not YAML: {error}") from error

    for problem in Draft202012Validator(load_schema("overlay_schema_1.0.0.yml")).iter_errors(overlay):
        place = ".".join(str(step) for step in problem.absolute_path)
        raise SpecError(f"{path}: not an overlay: {place or 'document'}: {problem.message[:200]}")

    return dict(overlay)


def apply(document: Document, overlay: Document, *, unmatched: Unmatched = "error") -> Overlaid:
    """Apply every action in order to a copy of the document.

    Args:
        document: is not changed.
        overlay: from `load`.
        unmatched: "drop" leaves out actions and rules that match nothing, with a note.

    Raises:
        SpecError: an action cannot be read, or it or one of the names in its target matches nothing.
            The message names the action.
    """
    result = copy.deepcopy(document)
    notes: list[str] = []

    for number, action in enumerate(overlay["actions"], 1):
        label = f"overlay action {number} ({action['target']})"
        problem, matches = _matches(result, action, label)

        if problem and unmatched == "error":
            raise SpecError(f"{label}: {problem}; mend it, or leave it out this time with --unmatched=drop")
        if problem:
            notes.append(f"{label}: {problem}: left out")
        if matches:
            result, remarks = _apply_one(result, action, label, matches)
            notes.extend(remarks)

    if unmatched == "drop":
        notes.extend(_drop_stale_rules(result))
    return Overlaid(result, notes)


def _matches(document: Document, action: Document, label: str) -> tuple[str, list[DatumInContext]]:
    """The listed names that match nothing, in words ("" if all match), and the matches."""
    if action.get("remove", False) is not True and "update" not in action:
        raise SpecError(f"{label}: neither an update nor remove: true")

    try:
        path = parse_path(action["target"])
    except Exception as error:  # the parser raises bare Exception
        raise SpecError(f"{label}: not a JSONPath: {error}") from error

    matches: list[DatumInContext] = path.find(document)
    if not matches:
        return "matches nothing", []

    found = {step for match in matches for step in _steps(match.full_path)}
    missing = [name for name in _listed_names(path) if name not in found]
    problem = f"{', '.join(map(repr, missing))} {'matches' if len(missing) == 1 else 'match'} nothing"
    return problem if missing else "", matches


def _apply_one(
    document: Document, action: Document, label: str, matches: Sequence[DatumInContext]
) -> tuple[Document, list[str]]:
    """The changed document, and remarks on the action."""
    before = [(match.full_path, copy.deepcopy(match.value)) for match in matches]

    # YAML anchors, and an update of several matches, would leave parts of the document shared. A later
    # action on one of them would then change the others too. Copies through JSON share nothing.
    try:
        own = json.loads(json.dumps(action))
        result = apply_overlay(document, {"actions": [own]})
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise SpecError(f"{label}: cannot be applied: {error}") from error
    if len(matches) > 1:
        result = json.loads(json.dumps(result))

    if "update" not in action:
        return result, []

    changed = False
    for path, old in before:
        new = path.find(result)[0].value
        _undouble(old, new)
        changed = changed or old != new

    if not changed:
        return result, [f"{label}: changes nothing any more; take it out"]
    return result, list(_redundant(before[0][1], action, label))


def _undouble(before: Any, after: Any) -> None:
    """Remove from each list the elements that the update added although the list had them already."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() & after.keys():
            _undouble(before[name], after[name])
    elif isinstance(before, list) and isinstance(after, list):
        after[len(before) :] = [one for one in after[len(before) :] if one not in before]


def _redundant(paths: Document, action: Document, label: str) -> Iterator[str]:
    """Remarks on operations that the action adds although the document has them by now."""
    if action["target"] == "$.paths":
        for path, item in action["update"].items():
            for method in METHODS:
                if method in item and method in paths.get(path, {}):
                    yield f"{label}: the document has {method.upper()} {path} itself; take it out"


def _drop_stale_rules(document: Document) -> list[str]:
    """Remove, in place, the rules that name members which the body does not have.

    Returns: the removed rules, one line each.
    """
    dropped = []

    for ref in operations(document):
        body = json_schema(resolve(document, ref.operation.get("requestBody")))
        members = set(merged_properties(document, body)[0])
        for extension in _RULES:
            rules = ref.operation.get(extension, [])
            for rule in list(rules):
                missing = sorted(_named_in(rule) - members)
                if missing:
                    rules.remove(rule)
                    dropped.append(f"{ref}: {extension} names {', '.join(missing)}: left out")

    return dropped


def _named_in(rule: Any) -> set[str]:
    """The body members that a rule names."""
    if not isinstance(rule, Mapping):
        return set(rule)
    return {key for part in RULE_PARTS for key in rule.get(part, ())}


def _steps(path: JSONPath) -> list[str]:
    if isinstance(path, Child):
        return [*_steps(path.left), *_steps(path.right)]
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
