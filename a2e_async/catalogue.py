"""What can be started: the names, words and keywords of all workflows."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import attrs

from a2e_async._spec.schemas import summary_of
from a2e_async.api import RESOURCES
from a2e_async.resources import Resource, Workflow, makes_jobs

__all__ = ["WorkflowInfo", "resource_class", "workflows"]


@attrs.frozen
class WorkflowInfo:
    """What one workflow makes, and what it takes.

    Attributes:
        name: its name; ``video_twin.continue_training`` for a second way to start tasks.
        summary: what it makes.
        required: the keywords that must be given.
        keywords: all keywords.
    """

    name: str
    summary: str
    required: tuple[str, ...]
    keywords: tuple[str, ...] = attrs.field(repr=False)

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its keywords; see `Workflow.schema`."""
        resource, _, method = self.name.partition(".")
        found: Any = resource_class(resource)(None)
        schema: dict[str, Any] = found.schema(method or None)
        return schema


@cache
def workflows() -> Mapping[str, WorkflowInfo]:
    """All workflows by name. The first call loads the modules of all."""
    found: dict[str, WorkflowInfo] = {}
    for resource in RESOURCES:
        cls = resource_class(resource)
        if not issubclass(cls, Workflow):
            continue

        for method, function in vars(cls).items():
            if not makes_jobs(function):
                continue

            operation = cls(None).start_operation(None if method == "__call__" else method)
            name = resource if method == "__call__" else f"{resource}.{method}"
            required = tuple(field.name for field in operation.fields if field.required)
            keywords = tuple(field.name for field in operation.fields)
            found[name] = WorkflowInfo(name, summary_of(function), required, keywords)
    return MappingProxyType(found)


def resource_class(name: str) -> type[Resource]:
    """The class of a resource. Its module is loaded."""
    module, _, attribute = RESOURCES[name].partition(":")
    found: type[Resource] = getattr(importlib.import_module(module), attribute)
    return found
