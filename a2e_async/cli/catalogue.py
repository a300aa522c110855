"""The resources, workflows and methods that can be called, found in the generated classes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import attrs

from a2e_async._spec.field import hint
from a2e_async._spec.operation import Operation
from a2e_async._spec.schemas import keyword_docs, summary_of
from a2e_async.api import RESOURCES
from a2e_async.catalogue import resource_class
from a2e_async.errors import InvalidArgument
from a2e_async.resources import Resource, Workflow, makes_jobs

__all__ = [
    "Call",
    "call_named",
    "calls_of",
    "deletable",
    "deletion_of",
    "listable",
    "listing_of",
    "readable",
    "resources",
    "start_named",
    "workflow_class",
    "workflows",
]


@attrs.frozen
class Call:
    """A method of a resource, and the operation behind it.

    Attributes:
        resource: the name of the resource.
        method: the name of the method; ``__call__`` is the workflow's start.
        function: the method itself.
        operation: the operation that it sends.
    """

    resource: str
    method: str
    function: Callable[..., Any]
    operation: Operation[Any]

    @property
    def name(self) -> str:
        """Its name on the command line."""
        return self.resource if self.method == "__call__" else f"{self.resource}.{self.method}"

    @property
    def returns(self) -> str:
        """The annotation of its return value."""
        return str(self.function.__annotations__.get("return", ""))

    @property
    def starts(self) -> bool:
        """Whether it returns a Job."""
        return makes_jobs(self.function)

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return summary_of(self.function)

    @property
    def takes_body(self) -> bool:
        """Whether it takes a free-form body."""
        return "body" in inspect.signature(self.function).parameters and "body" not in self.keywords

    @property
    def waits(self) -> bool:
        """Whether it waits for a task and returns a Result."""
        return self.returns.startswith("Result[")

    @property
    def keywords(self) -> list[str]:
        """The keywords for the members of the request."""
        operation = self.operation
        return [field.name for field in operation.fields]

    def keyword_docs(self) -> Mapping[str, str]:
        """The docstring's description of each keyword."""
        return keyword_docs(self.function)


def _python_name(text: str) -> str:
    """The name with underscores instead of hyphens."""
    return text.replace("-", "_")


def _resource_class(name: str) -> type[Resource]:
    """The class of a resource.

    Raises:
        InvalidArgument: there is no resource of that name.
    """
    wanted = _python_name(name)
    if wanted not in RESOURCES:
        raise InvalidArgument(name, f"no such resource{hint(wanted, RESOURCES)}")
    return resource_class(wanted)


def calls_of(name: str) -> dict[str, Call]:
    """The methods of a resource that send an operation, by name.

    Raises:
        InvalidArgument: there is no such resource.
    """
    cls = _resource_class(name)
    module = sys.modules[cls.__module__]
    found: dict[str, Call] = {}
    for method, function in vars(cls).items():
        operation = getattr(module, "START" if method == "__call__" else method.upper(), None)
        if inspect.isfunction(function) and isinstance(operation, Operation):
            found[method] = Call(cls.name, method, function, operation)
    return found


def call_named(resource: str, method: str) -> Call:
    """One method of a resource.

    Raises:
        InvalidArgument: there is no method of that name.
    """
    calls = {name: call for name, call in calls_of(resource).items() if name != "__call__"}
    wanted = _python_name(method)
    found = calls.get(wanted) or calls.get(f"{wanted}_")
    if found is None:
        raise InvalidArgument(f"{resource} {method}", f"no such method{hint(wanted, calls)}")
    return found


def start_named(name: str) -> Call:
    """The start of a workflow: ``image_to_video``, or ``video_twin.continue_training`` for a second start.

    Raises:
        InvalidArgument: nothing of that name starts a task.
    """
    resource, _, method = _python_name(name).partition(".")
    if resource not in RESOURCES:
        raise InvalidArgument(name, f"no such workflow{hint(resource, RESOURCES)}")
    calls = calls_of(resource)
    found = calls.get(method or "__call__")
    if found is None or not found.starts:
        starts = [call.name for call in calls.values() if call.starts]
        others = f"; tasks are started by {', '.join(starts)}" if starts else ""
        raise InvalidArgument(name, f"starts nothing{others}")
    return found


def workflows() -> Iterator[Call]:
    """The starts of all workflows."""
    for name in RESOURCES:
        if issubclass(_resource_class(name), Workflow):
            yield from (call for call in calls_of(name).values() if call.starts)


def workflow_class(name: str) -> type[Workflow[Any]] | None:
    """The class of a workflow; None if it is a resource that starts nothing, or there is none."""
    with suppress(InvalidArgument):
        found = _resource_class(name)
        if issubclass(found, Workflow):
            return found
    return None


def readable() -> Iterator[tuple[str, str]]:
    """The workflows whose tasks can be read back, each with what it makes."""
    return _workflows_with(lambda cls: cls.routes.readable)


def deletable() -> Iterator[tuple[str, str]]:
    """The workflows whose tasks can be deleted, each with what it makes."""
    return _workflows_with(lambda cls: cls.routes.delete is not None)


def _workflows_with(applies: Callable[[type[Workflow[Any]]], bool]) -> Iterator[tuple[str, str]]:
    for name in RESOURCES:
        cls = workflow_class(name)
        if cls is not None and applies(cls):
            yield name, calls_of(name)["__call__"].summary


def deletion_of(name: str) -> Call:
    """The start of a workflow whose tasks can be deleted.

    Raises:
        InvalidArgument: they cannot, or there is no such workflow.
    """
    start = start_named(name)
    cls = workflow_class(start.resource)
    if cls is None or cls.routes.delete is None:
        raise InvalidArgument(name, "the API has no way to delete its tasks")
    return start


def listable() -> Iterator[tuple[str, str]]:
    """The resources that can be listed, each with what the list holds."""
    for name in RESOURCES:
        listing = calls_of(name).get("list")
        if listing is not None:
            yield name, listing.summary


def listing_of(name: str) -> Call:
    """The method that lists a resource.

    Raises:
        InvalidArgument: there is none, or no such resource.
    """
    listing = calls_of(name).get("list")
    if listing is None:
        raise InvalidArgument(name, "the API has no way to list its tasks")
    return listing


def resources() -> Iterator[tuple[str, str]]:
    """The resources with operations that start nothing, each with its methods."""
    for name in RESOURCES:
        methods = [call.method for call in calls_of(name).values() if not call.starts]
        if methods:
            yield name, ", ".join(methods)
