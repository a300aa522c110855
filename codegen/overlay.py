"""Applies ``openapi/overlay.yaml`` (OpenAPI Overlay 1.0), strictly: what matches nothing is an error."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml
from jsonpath_ng import Child, Fields, JSONPath
from jsonpath_ng.ext.parser import parse as parse_path
from jsonschema import Draft202012Validator
from oas_patch import apply_overlay  # type: ignore[import-untyped]  # the library has no types
from oas_patch.validator import load_schema  # type: ignore[import-untyped]  # the same

from codegen.document import Document, SpecError

__all__ = ["apply", "load"]


class _StrictLoader(yaml.SafeLoader):
    """YAML without silently doubled keys."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        key = (key_node.tag, key_node.value) if isinstance(key_node, yaml.ScalarNode) else key_node
        if key in seen:
            raise yaml.YAMLError(f"the key {key_node.value!r} stands twice{key_node.start_mark}")
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


def apply(document: Document, overlay: Document) -> Document:
    """A copy of the document with every action applied in order.

    Raises:
        SpecError: an action cannot be read, matches nothing, or one of the names that its target
            lists does not match; it names the action.
    """
    result = copy.deepcopy(document)
    for number, action in enumerate(overlay["actions"], 1):
        result = _apply_one(result, action, f"overlay action {number} ({action['target']})")
    return result


def _apply_one(document: Document, action: Document, label: str) -> Document:
    if action.get("remove", False) is not True and "update" not in action:
        raise SpecError(f"{label}: neither an update nor remove: true")
    try:
        path = parse_path(action["target"])
    except Exception as error:  # the parser raises bare Exception
        raise SpecError(f"{label}: not a JSONPath: {error}") from error
    matches = path.find(document)
    if not matches:
        raise SpecError(f"{label}: matches nothing")
    found = {step for match in matches for step in _steps(match.full_path)}
    for name in _listed_names(path):
        if name not in found:
            raise SpecError(f"{label}: {name!r} matches nothing")
    # On a copy of its own: YAML anchors, and an update of several matches, would otherwise leave
    # members shared, so that a later action on one of them would change the others too.
    try:
        own = json.loads(json.dumps(action))
        changed = apply_overlay(document, {"actions": [own]})
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise SpecError(f"{label}: cannot be applied: {error}") from error
    return dict(json.loads(json.dumps(changed)) if len(matches) > 1 else changed)


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
