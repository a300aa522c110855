"""Features of the client that hang on one route, and what a change of the route means for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from a2e_async._spec.features import FEATURES, Feature
from codegen.changes.compare import Change
from codegen.changes.schemas import members
from codegen.changes.verdict import Verdict
from codegen.document.tree import Document, OperationRef, operations, resolve
from codegen.interface.model import Interface

__all__ = ["broken_features", "with_features"]


def broken_features(
    old: Document, new: Document, features: Sequence[Feature] = FEATURES
) -> Iterator[Verdict]:
    """The features that worked with the old document and do not with the new one."""
    for feature in features:
        if not _problem(old, feature) and (problem := _problem(new, feature)):
            text = f"`{feature.name}` fails with a ConfigurationError: {problem}"
            change = Change(feature.resource, "", "feature", feature.name, "removed")
            yield Verdict(change, True, "Removed", text)


def _problem(document: Document, feature: Feature) -> str:
    """Why a feature cannot work with a document, "" if it can."""
    found = _route(document, feature)
    if found is None:
        return f"it needs `{feature.route}`, which is gone"

    body = resolve(document, found.operation.get("requestBody")) or {}
    known, required = members(document, _schema(body))
    lost = [name for name in feature.needed if known and name not in known]
    new = [name for name in sorted(required) if name not in feature.body]
    if lost or new:
        what = f"lost {', '.join(lost)}" if lost else f"requires {', '.join(new)}"
        return f"the body of `{feature.route}` {what}"

    replies: Document = found.operation.get("responses", {})
    success: Any = next((one for status, one in replies.items() if status.startswith("2")), {})
    data = members(document, _schema(resolve(document, success)))[0].get("data")
    names = members(document, data)[0]
    if names and feature.reply and not set(feature.reply) & set(names):
        return f"the reply of `{feature.route}` has none of {', '.join(feature.reply)}"
    return ""


def _route(document: Document, feature: Feature) -> OperationRef | None:
    wanted = feature.method.lower(), feature.path
    return next((one for one in operations(document) if (one.method, one.path) == wanted), None)


def _schema(holder: Any) -> Any:
    return holder.get("content", {}).get("application/json", {}).get("schema")


def with_features(
    verdicts: Sequence[Verdict], interfaces: Sequence[Interface], features: Sequence[Feature] = FEATURES
) -> list[Verdict]:
    """The verdicts, with the feature named that uses the changed method."""
    users = {
        (module.resource, method.name): feature.name
        for interface in interfaces
        for module in interface.modules
        for method in module.methods
        for feature in features
        if (method.http, method.path) == (feature.method, feature.path)
    }

    found = []
    for one in verdicts:
        user = users.get((one.change.resource, one.change.owner or one.change.name))
        found.append(attrs.evolve(one, text=f"{one.text} (`{user}` uses it)") if user else one)
    return found
