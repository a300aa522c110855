"""Writes an overlay's update into one place of a document."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from codegen.document.touches import node_at
from codegen.document.tree import Document, resolve

__all__ = ["merge", "merge_members", "write_out"]


def merge_members(there: Document, update: Mapping[str, Any]) -> bool:
    """Merge the members of an update into an object.

    Returns: whether that changed it.
    """
    changed = False
    for name, value in update.items():
        changed = merge(there, name, value) or changed
    return changed


def merge(holder: Any, name: Any, update: Any) -> bool:
    """Merge an update into a member: objects by their members, lists by the elements that they lack.

    Returns: whether that changed it.
    """
    is_there = isinstance(holder, list) or name in holder
    there = holder[name] if is_there else None

    if isinstance(there, dict) and isinstance(update, dict):
        return merge_members(there, update)
    if isinstance(there, list):
        new = [one for one in (update if isinstance(update, list) else [update]) if one not in there]
        there.extend(new)
        return bool(new)

    holder[name] = update
    return not is_there or there != update


def write_out(document: Document, steps: tuple[Any, ...], update: Any) -> bool:
    """Replace, in place, the references that an update goes into by copies of what they refer to.

    Returns: whether there was one inside the place.
    """
    if not steps or not isinstance(update, Mapping):
        return False

    holder: Any = node_at(document, steps[:-1])
    return _written_out(document, holder, steps[-1], update)


def _written_out(document: Document, holder: Any, name: Any, update: Mapping[str, Any]) -> bool:
    node = holder[name]
    if isinstance(node, Mapping) and "$ref" in node and "$ref" not in update:
        node = holder[name] = copy.deepcopy(resolve(document, node))

    found = False
    for key, value in update.items():
        if isinstance(value, Mapping) and isinstance(node, Mapping) and key in node:
            inner = node[key]
            found = _written_out(document, node, key, value) or found or node[key] is not inner
    return found
