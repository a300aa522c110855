"""What there is to call: resources, workflows and methods, found in the generated classes."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from a2e_async._spec.field import hint
from a2e_async._spec.operation import Operation
from a2e_async.api import RESOURCES
from a2e_async.errors import InvalidArgument
from a2e_async.resources import Resource, Workflow

__all__ = ["Call", "call_named", "calls_of", "python_name", "resource_class", "start_named", "workflows"]


@attrs.frozen
class Call:
    """A method of a resource, and the operation behind it.

    Attributes:
        method: its name; ``__call__`` is the workflow's start.
    """

    resource: str
    method: str
    function: Callable[..., Any]
    operation: Operation[Any]

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return self.resource if self.method == "__call__" else f"{self.resource}.{self.method}"

    @property
    def gives(self) -> str:
        """What it returns, as its annotation says."""
        return str(self.function.__annotations__.get("return", ""))

    @property
    def starts(self) -> bool:
        """Whether it gives a Job."""
        return self.gives.startswith("Job[")

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def takes_body(self) -> bool:
        """Whether it takes a free-form body."""
        return "body" in inspect.signature(self.function).parameters and "body" not in self.keywords

    @property
    def waits(self) -> bool:
        """Whether it takes a time to wait, and gives a Result."""
        return self.gives.startswith("Result[")

    @property
    def keywords(self) -> list[str]:
        """The keywords that stand for members of the request."""
        operation = self.operation
        return [field.name for field in (*operation.path_fields, *operation.query, *operation.body)]

    def words(self) -> Mapping[str, str]:
        """What its docstring says about each keyword."""
        found: dict[str, str] = {}
        last = ""
        for line in (inspect.getdoc(self.function) or "").splitlines():
            entry = re.fullmatch(r" {4}(\w+): (.*)", line)
            if entry:
                last = entry[1]
                found[last] = entry[2]
            elif last and line.startswith(" " * 8):
                found[last] += f" {line.strip()}"
            else:
                last = ""
        return found


def python_name(text: str) -> str:
    """A name with underscores, however it was written."""
    return text.replace("-", "_")


def resource_class(name: str) -> type[Resource]:
    """The class of a resource.

    Raises:
        InvalidArgument: there is none of that name.
    """
    place = RESOURCES.get(python_name(name))
    if place is None:
        raise InvalidArgument(name, f"no such resource{hint(python_name(name), RESOURCES)}")
    module, _, attribute = place.partition(":")
    found: type[Resource] = getattr(importlib.import_module(module), attribute)
    return found


def calls_of(name: str) -> dict[str, Call]:
    """All methods of a resource that are operations.

    Raises:
        InvalidArgument: there is no such resource.
    """
    cls = resource_class(name)
    module = sys.modules[cls.__module__]
    found: dict[str, Call] = {}
    for method, function in vars(cls).items():
        operation = getattr(module, "START" if method == "__call__" else method.upper(), None)
        if inspect.isfunction(function) and isinstance(operation, Operation):
            found[method] = Call(cls.name, method, function, operation)
    return found


def call_named(resource: str, method: str) -> Call:
    """One method.

    Raises:
        InvalidArgument: there is none of that name.
    """
    calls = {name: call for name, call in calls_of(resource).items() if name != "__call__"}
    wanted = python_name(method)
    found = calls.get(wanted) or calls.get(f"{wanted}_")
    if found is None:
        raise InvalidArgument(f"{resource} {method}", f"no such method{hint(wanted, calls)}")
    return found


def start_named(name: str) -> Call:
    """The start of a workflow: ``image_to_video``, or ``video_twin.continue_training`` for a further one.

    Raises:
        InvalidArgument: that starts nothing.
    """
    resource, _, method = python_name(name).partition(".")
    calls = calls_of(resource)
    found = calls.get(method or "__call__")
    if found is None or not found.starts:
        starts = [call.name for call in calls.values() if call.starts]
        told = f"; what starts is {', '.join(starts)}" if starts else ""
        raise InvalidArgument(name, f"starts nothing{told}")
    return found


def workflows() -> Iterator[Call]:
    """Every start of every workflow."""
    for name in RESOURCES:
        if issubclass(resource_class(name), Workflow):
            yield from (call for call in calls_of(name).values() if call.starts)
