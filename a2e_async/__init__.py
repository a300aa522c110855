"""Async-first SDK for the A2E media generation API.

Everything public is here; each name is loaded when it is first used, so importing the package costs
next to nothing. With the environment variable A2E_ASYNC_EAGER=1 everything is loaded at once: for
servers, whose event loop the first request would hold for some 40 ms, for freezing tools, and to find
broken imports.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2e_async._bulk.open_run import OpenRun
    from a2e_async._bulk.outcomes import Outcome, Summary, WorkflowSummary
    from a2e_async._bulk.run import BulkRun
    from a2e_async._files.destination import SavedFile
    from a2e_async._files.reading import FileStream
    from a2e_async._files.sources import Source
    from a2e_async._gallery.writing import gallery
    from a2e_async._journal.uncertain import UncertainStart
    from a2e_async._spec.media import Media, Upload
    from a2e_async._spec.operation import CallOptions
    from a2e_async.client import A2E
    from a2e_async.clock import Clock, SystemClock
    from a2e_async.errors import (
        A2EError,
        APIError,
        AuthenticationError,
        BudgetReached,
        ConfigurationError,
        ConnectionFailed,
        DownloadError,
        InsufficientCredits,
        InvalidArgument,
        InvalidRequest,
        JournalError,
        ModerationError,
        NotFound,
        NotReady,
        OutputMissing,
        PermissionDenied,
        PlanRequired,
        RateLimited,
        RequestTimeout,
        ServerError,
        SubmissionUncertain,
        TaskError,
        TaskFailed,
        TaskNotFound,
        TaskRejected,
        TransportError,
        UnexpectedReply,
        UploadError,
        WaitTimeout,
        WebhookError,
    )
    from a2e_async.events import Event, Events
    from a2e_async.hooks import TaskHook
    from a2e_async.jobs import Job
    from a2e_async.pages import Pages
    from a2e_async.policies import Lateness, RetryPolicy, StartPolicy
    from a2e_async.quotes import Quote
    from a2e_async.records import Confirmation, Record, TaskRecord
    from a2e_async.resources import Resource, Workflow
    from a2e_async.tasks import Result, Task
    from a2e_async.webhooks import Webhooks

__all__ = [
    "A2E",
    "A2EError",
    "APIError",
    "AuthenticationError",
    "BudgetReached",
    "BulkRun",
    "CallOptions",
    "Clock",
    "ConfigurationError",
    "Confirmation",
    "ConnectionFailed",
    "DownloadError",
    "Event",
    "Events",
    "FileStream",
    "InsufficientCredits",
    "InvalidArgument",
    "InvalidRequest",
    "Job",
    "JournalError",
    "Lateness",
    "Media",
    "ModerationError",
    "NotFound",
    "NotReady",
    "OpenRun",
    "Outcome",
    "OutputMissing",
    "Pages",
    "PermissionDenied",
    "PlanRequired",
    "Quote",
    "RateLimited",
    "Record",
    "RequestTimeout",
    "Resource",
    "Result",
    "RetryPolicy",
    "SavedFile",
    "ServerError",
    "Source",
    "StartPolicy",
    "SubmissionUncertain",
    "Summary",
    "SystemClock",
    "Task",
    "TaskError",
    "TaskFailed",
    "TaskHook",
    "TaskNotFound",
    "TaskRecord",
    "TaskRejected",
    "TransportError",
    "UncertainStart",
    "UnexpectedReply",
    "Upload",
    "UploadError",
    "WaitTimeout",
    "WebhookError",
    "Webhooks",
    "Workflow",
    "WorkflowSummary",
    "gallery",
]

_HOMES = {
    "A2E": "client",
    "BulkRun": "_bulk.run",
    "CallOptions": "_spec.operation",
    "Clock": "clock",
    "Confirmation": "records",
    "Event": "events",
    "Events": "events",
    "FileStream": "_files.reading",
    "Job": "jobs",
    "Lateness": "policies",
    "Media": "_spec.media",
    "OpenRun": "_bulk.open_run",
    "Outcome": "_bulk.outcomes",
    "Pages": "pages",
    "Quote": "quotes",
    "Record": "records",
    "Resource": "resources",
    "Result": "tasks",
    "RetryPolicy": "policies",
    "SavedFile": "_files.destination",
    "Source": "_files.sources",
    "StartPolicy": "policies",
    "Summary": "_bulk.outcomes",
    "SystemClock": "clock",
    "Task": "tasks",
    "TaskHook": "hooks",
    "TaskRecord": "records",
    "UncertainStart": "_journal.uncertain",
    "Upload": "_spec.media",
    "Webhooks": "webhooks",
    "Workflow": "resources",
    "WorkflowSummary": "_bulk.outcomes",
    "gallery": "_gallery.writing",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("a2e-async")
    elif name in __all__:
        value = getattr(importlib.import_module(f"a2e_async.{_HOMES.get(name, 'errors')}"), name)
    else:
        raise AttributeError(f"module 'a2e_async' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def _load_everything() -> None:
    for name in __all__:
        __getattr__(name)
    for module in importlib.import_module("a2e_async.api").RESOURCES.values():
        importlib.import_module(module.partition(":")[0])
    importlib.import_module("a2e_async.runtime")
    importlib.import_module("a2e_async.sessions")
    importlib.import_module("a2e_async._transport.library").load()


if os.environ.get("A2E_ASYNC_EAGER") == "1":
    _load_everything()
