"""Read from a task's record whether it has ended, how and why. No I/O.

Each family has its own words for a status. An unknown word never ends a task by itself.
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from a2e_async._spec.routes import Routes
from a2e_async._tasks.outputs import has_declared, has_result, output_urls, urls_in
from a2e_async.records import JSONObject, failure_text_of, task_status_of

__all__ = [
    "CODE_KEYS",
    "RUNNING_WORDS",
    "End",
    "Shown",
    "created_at",
    "end_by_status",
    "end_of",
    "failure_code",
    "failure_reason",
    "fingerprint",
    "inputs_of",
    "progress_in",
    "shown_in",
]

Shown = tuple[str | None, float | None]
"""What a record shows of a task's life: its status and its progress in percent."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SUCCEEDED = _words(
    "completed complete success succeeded succeed successful done finished finish ready trained ok "
    "完成 已完成 成功 生成成功"
)
_FAILED = _words(
    "failed fail failure error errored canceled cancelled rejected timeout expired aborted terminated "
    "失败 生成失败 已取消 已拒绝"
)
RUNNING_WORDS = _words(
    "initialized initializing init created submitted accepted scheduled sent start started starting "
    "queue queued queueing queuing pending pendding waiting wait process processing progress inprogress "
    "running run working generating rendering training uploading downloading copy copying retry retrying "
    "处理中 排队中 生成中"
)
_NEUTRAL = _words("task job image video audio generation status all in with")  # beside such a word
_WORDS = re.compile(r"[^\W_]+")
_REFUSED = re.compile(r"nsfw|nfsw")

# Also used for other texts.
_LOOSE_REASON_KEYS = ("task_status_msg", "reason", "msg", "message", "error", "detail")
CODE_KEYS = ("failed_code", "fail_code", "error_code", "err_code", "failedCode", "errorCode")
"""Where records have the code of a failure."""
_PROGRESS_KEYS = ("progress", "process", "percent", "percentage", "progress_percent", "progressPercent")
_NO_CODE = frozenset({"", "0", "null", "none", "ok", "success"})


class End(enum.Enum):
    """Whether a task has ended, as its record shows.

    Attributes:
        RUNNING: it has not.
        DONE: it has ended well.
        FAILED: it has ended without a result.
        WITHOUT_OUTPUT: it is said to have ended well, but its output is not there (yet).
        UNSETTLED: there is an output, but nothing that says that the task has ended.
    """

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    WITHOUT_OUTPUT = "without output"
    UNSETTLED = "unsettled"


def end_of(
    raw: JSONObject,
    routes: Routes,
    sent: frozenset[str] = frozenset(),
    given: frozenset[str] | None = None,
) -> End:
    """Judge a record of a family.

    The status decides, if it is known. Where none is sent, a filled output or the reason of a failure does.

    Args:
        raw: the record.
        routes: the family's routes: they declare its inputs and its outputs.
        sent: URLs that the start was given.
        given: the names of the fields that it was given; None if they are not known. Records echo them.
    """
    status = task_status_of(raw)
    end = _meaning_of(status) if status else None
    if end is End.RUNNING or end is End.FAILED:
        return end
    if end is End.DONE and not routes.makes_file:
        return end

    inputs = inputs_of(routes) if given is None else given
    certain = has_result(raw, inputs, sent, routes.outputs)
    urls = certain or bool(output_urls(raw, inputs, sent, routes.outputs))
    if end is End.DONE:
        # If the declared field is empty, a preview or a twin is a stopgap: the output itself may follow.
        return End.DONE if certain or (urls and not routes.outputs) else End.WITHOUT_OUTPUT

    if status is None and not _has_odd_status(raw):
        if certain or (not routes.makes_file and has_declared(raw, routes.outputs)):
            return End.DONE
        if failure_text_of(raw) or _error_of(raw) or failure_code(raw):
            return End.FAILED
    return End.UNSETTLED if urls else End.RUNNING


def end_by_status(raw: JSONObject) -> End:
    """Judge a record by its status alone."""
    status = task_status_of(raw)
    return (_meaning_of(status) if status else None) or End.RUNNING


@functools.lru_cache(maxsize=256)
def _meaning_of(status: str) -> End | None:
    """What a status means; None if it is not known."""
    if _REFUSED.search(status):
        return End.FAILED
    words = set(_WORDS.findall(status))
    for known, end in ((_FAILED, End.FAILED), (_SUCCEEDED, End.DONE), (RUNNING_WORDS, End.RUNNING)):
        if words & known and words <= known | _NEUTRAL:
            return end
    return End.FAILED if words == {"timed", "out"} else None


@functools.lru_cache(maxsize=256)
def inputs_of(routes: Routes) -> frozenset[str]:
    """The names of the fields that a family's start takes."""
    return frozenset(field.wire_name for field in routes.start.body)


def _has_odd_status(raw: JSONObject) -> bool:
    """Whether there is a status that is not a text, such as a number of unknown meaning."""
    return any(isinstance(raw.get(key), int | float) for key in ("current_status", "status", "state"))


def fingerprint(raw: JSONObject) -> Sequence[str]:
    """What must not change while an unsettled record settles: its status and its URLs."""
    return (task_status_of(raw) or "", *urls_in(raw))


def shown_in(raw: JSONObject) -> Shown:
    """The status and the progress that a record shows."""
    return task_status_of(raw), progress_in(raw)


def progress_in(raw: JSONObject) -> float | None:
    """The progress in percent that a record shows, whatever the family calls it; None if it shows none."""
    for key in _PROGRESS_KEYS:
        value = raw.get(key)
        if isinstance(value, str):
            value = value.strip().removesuffix("%")
            value = int(value) if value.isascii() and value.isdigit() and len(value) < 4 else None
        if isinstance(value, float) and 0.0 <= value <= 1.0:
            value *= 100.0  # a share
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:
            return float(value)
    return None


def failure_reason(raw: JSONObject) -> str:
    """Why the task failed, in the service's words, with its code; its status if the service says nothing."""
    reason = failure_text_of(raw) or _error_of(raw) or _loose_reason(raw)
    code = failure_code(raw)
    if not reason:
        status = task_status_of(raw)
        return f"{status or 'no reason given'} (code {code})" if code else status or "no reason given"
    return f"{reason} (code {code})" if code and code not in reason else reason


def _error_of(raw: JSONObject) -> str:
    """The text of ``error``, which may be an object."""
    error = raw.get("error")
    if isinstance(error, Mapping):
        error = next((error[key] for key in ("message", "msg", "reason", "detail") if error.get(key)), None)
    return error if isinstance(error, str) and error.lower() not in _NO_CODE else ""


def _loose_reason(raw: JSONObject) -> str:
    values = [raw.get(key) for key in _LOOSE_REASON_KEYS]
    return next((value for value in values if isinstance(value, str) and value.lower() not in _NO_CODE), "")


def failure_code(raw: JSONObject) -> str:
    """The code of the failure; empty if there is none."""
    for key in CODE_KEYS:
        value = raw.get(key)
        if (
            isinstance(value, str | int)
            and not isinstance(value, bool)
            and str(value).lower() not in _NO_CODE
        ):
            return str(value)
    return ""


def created_at(raw: JSONObject) -> float | None:
    """When the service created the record, in seconds since the epoch; None if it is missing or invalid."""
    value = raw.get("createdAt")
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
