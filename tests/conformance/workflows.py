"""The workflows of the package, found by importing it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from a2e_async import Workflow
from a2e_async._spec.operation import Operation
from a2e_async.api import RESOURCES
from tests.conformance.samples import media_url

__all__ = ["BESIDES", "READABLE", "WORKFLOWS", "operations_of", "resource_class"]


def resource_class(resource: str) -> type[Any]:
    """The class of a resource."""
    module, _, name = RESOURCES[resource].partition(":")
    found: type[Any] = getattr(importlib.import_module(module), name)
    return found


WORKFLOWS: Mapping[str, type[Workflow[Any]]] = {
    resource: resource_class(resource)
    for resource in RESOURCES
    if issubclass(resource_class(resource), Workflow)
}
READABLE = [resource for resource, cls in WORKFLOWS.items() if cls.routes.readable]

# Arguments that only prose asks for: a quote is for another operation, 1080p needs 16:9, and dubbing
# declares none as required.
BESIDES: Mapping[str, Mapping[str, Any]] = {
    "/api/v1/generation/quote": {"endpoint": "/api/v1/userText2Image/start", "request_body": {"prompt": "x"}},
    "/api/v1/veoVideo/start": {"aspect_ratio": "16:9"},
    "/api/v1/userDubbing/startDubbing": {"source_url": media_url("a")},
    "/api/v1/userWan30/start": {"input": {"prompt": "a red kite"}},
    "/api/v1/token/status": {"enabled": True},
}


def operations_of(resource: str) -> dict[str, Operation[Any]]:
    """The operations of a resource, by the names of their constants."""
    module = importlib.import_module(RESOURCES[resource].partition(":")[0])
    return {name: value for name, value in vars(module).items() if isinstance(value, Operation)}
