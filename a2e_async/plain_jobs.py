"""Jobs from plain data, the other way round of `Job.to_dict`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from a2e_async._spec.field import hint, shown
from a2e_async._spec.media import Upload
from a2e_async._spec.operation import Operation, check_options
from a2e_async.api import RESOURCES
from a2e_async.by_convention import job_of
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job
from a2e_async.protocols import Client
from a2e_async.resources import Workflow

__all__ = ["job_from", "workflow_named"]

_MEMBERS = frozenset({"workflow", "method", "by_convention", "body", "key", "quote"})
_OPTIONS = frozenset({"extra_body", "extra_query", "extra_headers", "request_timeout"})


def job_from(client: Client, given: Any) -> Job[Any]:
    """Make a Job of a mapping, or take up the Job of another client; see `A2E.job`."""
    if isinstance(given, Job):
        return given.with_client(client)
    if not isinstance(given, Mapping):
        raise InvalidArgument("job", f"{shown(given)} is not a Job, or a mapping like that of Job.to_dict()")
    _check_names(given)

    body = given.get("body", {})
    if not isinstance(body, Mapping):
        raise InvalidArgument("body", f"{shown(body)} is not a mapping")
    options = {name: given[name] for name in _OPTIONS if name in given}
    check_options(options, ())
    if "extra_body" in options:
        options["extra_body"] = _with_files(options["extra_body"], "extra_body")

    job = _made(client, given, _with_files(body, "body"), options)
    job = job if given.get("key") is None else job.with_key(given["key"])
    return job if given.get("quote") is None else job.with_quote(given["quote"])


def _made(client: Client, given: Mapping[str, Any], body: Mapping[str, Any], options: Any) -> Job[Any]:
    name = given.get("workflow")
    if given.get("by_convention"):
        if name is None or given.get("method") is not None:
            raise InvalidArgument("workflow", "a family by convention has a name and no methods")
        return job_of(client, name, {**body, **options.pop("extra_body", {})}, options)

    workflow = _workflow(client, name)
    operation = workflow.start_operation(given.get("method"))
    return Job(workflow, operation, operation.call(_keywords(operation, body), options))


def workflow_named(client: Client, name: Any) -> tuple[Workflow[Any], Operation[Any]]:
    """The workflow of a name, and what starts its tasks.

    Args:
        client: the client.
        name: ``image_to_video``; ``video_twin.continue_training`` for a second start; or the workflow itself.

    Raises:
        InvalidArgument: there is no such workflow.
    """
    if isinstance(name, Workflow):
        return name, name.routes.start
    if name is None:
        raise InvalidArgument(
            "workflow", "is missing: give workflow=... for all rows, or a column of this name"
        )
    if not isinstance(name, str):
        raise InvalidArgument("workflow", f"{shown(name)} is not the name of a workflow")

    resource, _, method = name.strip().replace("-", "_").partition(".")
    workflow = _workflow(client, resource)
    return workflow, workflow.start_operation(method or None)


def _workflow(client: Client, name: Any) -> Workflow[Any]:
    workflow = getattr(client, name) if isinstance(name, str) and name in RESOURCES else None
    if not isinstance(workflow, Workflow):
        near = "" if isinstance(name, str) and name in RESOURCES else hint(name, RESOURCES)
        raise InvalidArgument("workflow", f"{shown(name)} is not a workflow{near}")
    return workflow


def _check_names(given: Mapping[Any, Any]) -> None:
    for name in given:
        if name not in _MEMBERS | _OPTIONS:
            known: Iterable[str] = sorted(_MEMBERS | _OPTIONS)
            raise InvalidArgument(shown(name), f"unknown; a job has {', '.join(known)}{hint(name, known)}")


def _keywords(operation: Operation[Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of a body, which may be called as the API calls them or as Python does.

    Raises:
        InvalidArgument: one is unknown, or given under both names.
    """
    names = {field.name: field.name for field in operation.body}
    names |= {field.wire_name: field.name for field in operation.body}

    keywords: dict[str, Any] = {}
    for name, value in body.items():
        if name not in names:
            raise InvalidArgument(
                f"body.{name}",
                f"unknown{hint(name, names)}; what the service takes besides goes into extra_body",
            )
        keyword = names[name]
        if keyword in keywords:
            raise InvalidArgument(f"body.{name}", "is given twice")
        keywords[keyword] = value
    return keywords


def _with_files(value: Any, where: str) -> Any:
    """The value with the files in their places that `Job.to_dict` names."""
    if isinstance(value, Mapping):
        if value.keys() == {"$path"} and isinstance(value["$path"], str):
            return Path(value["$path"])
        if value.keys() == {"$upload"}:
            return _upload(value["$upload"], where)
        return {name: _with_files(each, f"{where}.{name}") for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_files(each, f"{where}[{index}]") for index, each in enumerate(value)]
    return value


def _upload(facts: Any, where: str) -> Upload:
    names = ("url", "sha256", "size", "content_type")
    if not isinstance(facts, Mapping) or facts.keys() != set(names):
        raise InvalidArgument(where, f"{shown(facts)} is not an upload with {', '.join(names)}")
    url, sha256, size, content_type = (facts[name] for name in names)
    if not all(isinstance(text, str) for text in (url, sha256, content_type)) or type(size) is not int:
        raise InvalidArgument(where, f"{shown(facts)} has values of another type")
    return Upload(url, sha256, size, content_type)
