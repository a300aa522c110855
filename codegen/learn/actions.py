"""The overlay actions that turn one schema into another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import yaml

from codegen.document.conflicts import KEEP

__all__ = ["actions_for", "as_yaml"]

Steps = tuple[Any, ...]


@attrs.define
class _Patch:
    """What an update adds, and what has to be removed before."""

    removed: list[Steps] = attrs.field(factory=list[Steps])
    replaces: bool = False


def actions_for(steps: Steps, old: Any, new: Any, description: str) -> Iterator[dict[str, Any]]:
    """The actions that make a new schema of an old one.

    Args:
        steps: the place of a mapping in the document that is there in any case.
        old: what is at the place.
        new: what should be there; it says everything that the old one does not.
        description: where the facts come from.
    """
    patch = _Patch()
    update = _difference(old, new, (), patch)

    for inside in patch.removed:
        yield {"target": _target((*steps, *inside)), "description": description, "remove": True}
    if update:
        keep = {KEEP: True} if patch.replaces or patch.removed else {}
        yield {"target": _target(steps), "description": description, **keep, "update": update}


def _difference(old: Any, new: Any, steps: Steps, patch: _Patch) -> dict[str, Any]:
    """The part of a new mapping that an old one does not have."""
    for key in old:
        if key not in new:
            patch.removed.append((*steps, key))

    found: dict[str, Any] = {}
    for key, value in new.items():
        there = old.get(key)
        if key not in old or there is None:
            found[key] = value
        elif isinstance(value, dict) and isinstance(there, dict):
            if inner := _difference(there, value, (*steps, key), patch):
                found[key] = inner
        elif isinstance(value, list) and isinstance(there, list) and value[: len(there)] == there:
            if value != there:
                found[key] = value[len(there) :]
        elif value != there:
            if isinstance(there, list):
                patch.removed.append((*steps, key))  # an update would only add to it
            patch.replaces = patch.replaces or not str(key).startswith("x-")
            found[key] = value
    return found


def _target(steps: Steps) -> str:
    plain = (f".{step}" if str(step).isidentifier() else f"['{step}']" for step in steps)
    return f"${''.join(plain)}"


class _Dumper(yaml.SafeDumper):
    """Indents lists, as overlay.yaml does, so that its lines can be put there."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(actions: list[dict[str, Any]]) -> str:
    """An overlay of these actions."""
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "What the live service answered", "version": "1.0.0"},
        "actions": actions,
    }
    return yaml.dump(overlay, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=106)
